"""The functions: which pages, which rows, which class, and what they refuse."""

from __future__ import annotations

import json
import threading
import urllib.parse
import urllib.request
from base64 import b64encode
from typing import Any, Callable, Dict

import pytest

import totalcloud as package
from scripted import Asked, Reply, Scripted, page, reply
from totalcloud.qualysdk import BaseList, BasicAuth, exceptions, totalcloud
from totalcloud.qualysdk.totalcloud.data_classes import classes


def answered(simulator: Any, path: str, **query: Any) -> Any:
    """What the service itself says."""
    url = f"{simulator.url}/cloudview-api/rest/v1/{path}?{urllib.parse.urlencode(query)}"
    held = b64encode(f"{simulator.username}:{simulator.password}".encode()).decode()
    asked = urllib.request.Request(url, headers={"Authorization": f"Basic {held}", "Accept": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)


def test_every_type_of_every_provider(simulator: Any, capfd: pytest.CaptureFixture[str]) -> None:
    auth = simulator.basic()
    for (provider, kind), cls in classes.RESOURCES.items():
        rows = totalcloud.get_inventory(auth, provider, kind)
        assert len(rows) == simulator.totals[f"{provider}/{kind}"], (provider, kind)
        assert type(rows) is BaseList and all(type(row) is cls for row in rows)
        one = totalcloud.get_resource_details(auth, provider.upper(), kind.lower(), rows[0].uuid)
        assert type(one) is cls and one.uuid == rows[0].uuid
        for row in rows[:20]:
            assert type(row).from_dict(row.to_dict()).to_dict() == row.to_dict()
            assert json.loads(row.dump_json())["uuid"] == row.uuid
    assert capfd.readouterr().out == ""


def test_names_of_types(simulator: Any) -> None:
    auth = simulator.basic()
    for provider, names in {
        "aws": ("EC2_INSTANCE", "ec2 instance", "ec2-instance", "EC2", "Instance"),
        "azure": ("VIRTUAL_MACHINE", "vm", "Virtual Machine"),
    }.items():
        counts = {len(totalcloud.get_inventory(auth, provider, name)) for name in names}
        assert len(counts) == 1 and counts.pop() > 0
    for wrong in ("", "a/b", "é"):
        with pytest.raises(ValueError):
            totalcloud.get_inventory(auth, "aws", wrong)


def test_more_rows_than_a_query_reaches(start_simulator: Callable[..., Any]) -> None:
    simulator = start_simulator(
        "--seed", "3", "--size", "tiny", "--rows", "aws/EC2_INSTANCE=12345", "--accounts", "aws=7"
    )
    rows = totalcloud.get_inventory(simulator.basic(), "aws", "ec2")
    assert len(rows) == len({row.uuid for row in rows}) == 12_345


def test_pages(simulator: Any) -> None:
    auth = simulator.basic()
    every = [row.uuid for row in totalcloud.get_inventory(auth, "aws", "ec2")]

    def uuids(**given: Any) -> Any:
        return [row.uuid for row in totalcloud.get_inventory(auth, "aws", "ec2", **given)]

    assert uuids(page_count=2) == every[:100]
    assert uuids(page_count=1, pageNo=3, pageSize=10) == every[30:40]
    assert uuids(pageNo=2, pageSize=100) == every[200:]
    assert uuids(page_count=10_000) == every and uuids(page_count="all", thread_count=1) == every
    for wrong in (
        {"page_count": 0},
        {"page_count": "some"},
        {"pageNo": -1},
        {"pageSize": 0},
        {"thread_count": 0},
        {"page_count": True},
    ):
        with pytest.raises(exceptions.QualysAPIError) as caught:
            uuids(**wrong)
        assert isinstance(caught.value, ValueError)
    with pytest.raises(TypeError, match="page_size"):
        uuids(page_size=1)


def test_filters_are_sent(simulator: Any) -> None:
    auth = simulator.basic()
    for given in ({"filter": "region:us-east-1"}, {"updated": "[now-30d ... now]"}):
        wanted = answered(simulator, "resource/EC2_INSTANCE/AWS", pageSize=1, **given)["totalElements"]
        assert len(totalcloud.get_inventory(auth, "aws", "ec2", **given)) == wanted > 0
    wanted = answered(simulator, "aws/connectors", pageSize=1, filter="state:SUCCESS")["totalElements"]
    assert len(totalcloud.get_connectors(auth, "aws", filter="state:success")) == wanted > 0
    found = totalcloud.get_control_metadata(auth, filter="provider:aws and control.criticality:high")
    assert found and all((row.provider, row.criticality) == ("AWS", "HIGH") for row in found)


def test_connectors(simulator: Any) -> None:
    auth = simulator.basic()
    for provider, field in {"aws": "awsAccountId", "azure": "subscriptionId", "gcp": "projectId"}.items():
        rows = totalcloud.get_connectors(auth, provider)
        assert len(rows) == answered(simulator, f"{provider}/connectors")["totalElements"]
        assert all(type(row) is classes.CONNECTORS[provider] and getattr(row, field) for row in rows)
        assert totalcloud.get_connector_details(auth, provider, rows[0].connectorId) == rows[0]
    assert [type(row).__name__ for row in totalcloud.get_connectors(auth, "oci")[:1]] == ["OCIConnector"]
    first = totalcloud.get_connectors(auth, "aws", sort="lastSyncedOn:asc")
    wanted = answered(simulator, "aws/connectors", sort="lastSyncedOn:asc")["content"]
    assert [row.connectorId for row in first] == [row["connectorId"] for row in wanted]


def test_controls_and_what_they_found(simulator: Any) -> None:
    auth = simulator.basic()
    controls = totalcloud.get_control_metadata(auth)
    assert len(controls) == len(set(map(int, controls))) > 100
    assert len(totalcloud.get_control_metadata(auth, page_count=2, pageSize=30)) == 60
    for provider in ("aws", "azure", "gcp"):
        connector = totalcloud.get_connectors(auth, provider)[0]
        account = getattr(connector, {"aws": "awsAccountId", "azure": "subscriptionId", "gcp": "projectId"}[provider])
        rows = totalcloud.get_account_evaluation(auth, provider, account)
        assert len(rows) == answered(simulator, f"{provider}/evaluations/{account}", pageSize=1)["totalElements"]
        most = max(rows, key=lambda row: row.passedResources + row.failedResources)
        found = totalcloud.get_resources_evaluated_by_control(auth, provider, account, most.controlId)
        assert len(found) == most.passedResources + most.failedResources + most.passWithExceptionResources
        assert all(row.accountId == account for row in found)
        one = totalcloud.get_evaluation(auth, provider, int(most), connector.connectorId, found[0].resourceId)
        assert one.lastEvaluated == found[0].evaluationDates.lastEvaluated and one.dateReopened == one.dateReopen
        other = totalcloud.get_control_stats_by_resource(
            auth,
            provider,
            controlId=str(most.controlId),
            connectorId=connector.connectorId,
            resourceId=found[0].resourceId,
        )
        assert other == one
    failed = totalcloud.get_account_evaluation(
        auth, "gcp", account, filter="control.result:FAIL", page_count=1, pageSize=3
    )
    assert len(failed) <= 3


def test_an_account_that_lost_its_zeros() -> None:
    with Scripted(lambda asked: reply(page([], asked.page, asked.size()))) as service:
        auth = BasicAuth("u", "p", override_platform=service.hosts, check=False)
        assert totalcloud.get_account_evaluation(auth, "aws", 12345678901) == []
        assert service.asked[-1].path.endswith("/aws/evaluations/012345678901")


def test_tenancies(simulator: Any) -> None:
    auth = simulator.basic()
    tenancy = totalcloud.get_inventory(auth, "oci", "instance", page_count=1)[0].tenantId
    rows = totalcloud.get_account_evaluation(auth, "oci", tenancy)
    assert all(type(row) is classes.AccountLevelControl for row in rows)
    with pytest.raises(exceptions.QualysAPIError, match="oci"):
        totalcloud.get_evaluation(auth, "oci", 1, "c", "r")


def test_activities(simulator: Any) -> None:
    auth = simulator.basic()
    for provider in ("aws", "azure"):
        rows = totalcloud.get_remediation_activities(auth, provider)
        wanted = answered(simulator, "remediation/activity", cloudType=provider.upper(), pageSize=1)["totalElements"]
        assert len(rows) == wanted > 0 and all(row.triggeredOn.tzinfo for row in rows)
    assert len(totalcloud.get_remediation_activities(auth, "aws", page_count=1, pageSize=3)) == 3


def test_details_by_either_name(simulator: Any) -> None:
    auth = simulator.basic()
    uuid = totalcloud.get_inventory(auth, "aws", "ec2", page_count=1)[0].uuid
    one = totalcloud.get_resource_details(auth, "aws", "ec2", uuid)
    assert one == totalcloud.get_resource_details(auth, "aws", "ec2", resourceId=uuid, page_count=1, filter="x:y")
    assert one == totalcloud.get_resource_details(auth, "aws", "ec2", resourceUuid=uuid)
    for given in ({}, {"resourceId": uuid, "resourceUuid": uuid}):
        with pytest.raises(ValueError, match="resourceId"):
            totalcloud.get_resource_details(auth, "aws", "ec2", **given)


def test_providers_that_do_not_exist(simulator: Any) -> None:
    auth = simulator.basic()
    calls: Dict[str, Callable[[], Any]] = {
        "inventory": lambda: totalcloud.get_inventory(auth, "ibm", "ec2"),
        "connectors": lambda: totalcloud.get_connectors(auth, "ibm"),
        "activities": lambda: totalcloud.get_remediation_activities(auth, "oci"),
        "none": lambda: totalcloud.get_connectors(auth, None),  # type: ignore[arg-type]
    }
    for name, call in calls.items():
        with pytest.raises(exceptions.QualysAPIError, match="no provider") as caught:
            call()
        assert isinstance(caught.value, ValueError), name


def test_errors_are_of_both_worlds(simulator: Any) -> None:
    auth = simulator.basic()
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(exceptions.QualysAPIError) as caught:
        totalcloud.get_connector_details(auth, "aws", nobody)
    error = caught.value
    assert isinstance(error, package.NotFoundError) and isinstance(error, FileNotFoundError)
    assert (error.kind, error.status, error.operation) == ("not-found", 404, "connectors.get")
    assert error.message == str(error) and error.__cause__ is None
    import pickle

    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and (again.status, str(again)) == (404, str(error))


def test_what_came_before_an_error_is_not_lost() -> None:
    rows = [{"uuid": str(number)} for number in range(300)]

    def script(asked: Asked) -> Reply:
        if asked.page >= 2:
            return reply({"errorCode": "403", "message": "no more"}, 403)
        return reply(page(rows, asked.page, asked.size(100)))

    with Scripted(script) as service:
        auth = BasicAuth("u", "p", override_platform=service.hosts, check=False)
        with pytest.raises(package.PermissionDeniedError) as caught:
            totalcloud.get_inventory(auth, "aws", "ec2")
        assert [row.uuid for row in caught.value.rows] == [row["uuid"] for row in rows[:200]]


def test_two_inventories_at_once(simulator: Any) -> None:
    auth = simulator.basic()
    counts: Dict[str, int] = {}

    def read(kind: str) -> None:
        counts[kind] = len(totalcloud.get_inventory(auth, "aws", kind))

    threads = [threading.Thread(target=read, args=(kind,)) for kind in ("EC2_INSTANCE", "VPC", "EBS", "IAM_ROLE")]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert counts == {kind: simulator.totals[f"aws/{kind}"] for kind in ("EC2_INSTANCE", "VPC", "EBS", "IAM_ROLE")}


def test_the_star_imports_the_functions() -> None:
    held: Dict[str, Any] = {}
    exec("from totalcloud.qualysdk.totalcloud import *", held)
    assert {name for name in held if name.startswith("get_")} == set(totalcloud.__all__)
