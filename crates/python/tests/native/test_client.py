"""The client: sign-in, listings, any operation."""

from __future__ import annotations

import copy
import json
import pickle
import threading
import warnings
from typing import Any, Dict, List, Tuple

import pytest

import totalcloud
from totalcloud import Client, errors


def test_settings_come_from_arguments_and_then_from_the_environment(
    simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(errors.ConfigError, match="no platform"):
        Client()
    monkeypatch.setenv("TOTALCLOUD_URL", simulator.url)
    with pytest.raises(errors.ConfigError, match="no credentials"):
        Client()
    monkeypatch.setenv("TOTALCLOUD_USERNAME", simulator.username)
    monkeypatch.setenv("TOTALCLOUD_PASSWORD", simulator.password)
    assert Client.from_env().connectors("aws").first() is not None
    assert Client(username="other").auth == "basic"
    # Credentials that are given are not mixed with those of another kind that happen to be set.
    monkeypatch.setenv("TOTALCLOUD_TOKEN", "canary")
    with pytest.raises(errors.ConfigError, match="say which"):
        Client()
    client = Client(username=simulator.username)
    assert client.auth == "basic" and client.url == simulator.url + "/"
    # So is a place.
    assert "qg3" in Client(platform="qg3", username="u").url


def test_what_is_no_setting_is_refused() -> None:
    with pytest.raises(TypeError, match="did you mean username"):
        Client(user_name="x")  # type: ignore[call-arg]
    cases: List[Tuple[Dict[str, Any], str]] = [
        ({"retry": {"attempt": 1}}, "'retry' has no 'attempt'"),
        ({"retry": 0}, "whole number"),
        ({"timeout": -1}, "number of seconds"),
        ({"hosts": {"portal": "x"}}, "'hosts' has no 'portal'"),
        ({"auth": "magic"}, "no way to sign in"),
        ({"username": 7}, "is a text"),
        ({"url": "http://192.0.2.1"}, "plain http"),
        ({"ca_bundle": "/nowhere/ca.pem"}, "cannot be read"),
    ]
    for wrong, said in cases:
        given: Dict[str, Any] = {"url": "https://localhost", "username": "u", "password": "canary-password"}
        with pytest.raises(errors.TotalCloudError, match=said) as caught:
            Client(**{**given, **wrong})
        assert isinstance(caught.value, ValueError)
        assert "canary" not in str(caught.value)


def test_each_way_to_sign_in(simulator: Any) -> None:
    ready = simulator.ready
    ways: List[Dict[str, Any]] = [
        {"auth": "basic"},
        {"auth": "gateway"},
        {"auth": "jwt"},
    ]
    for way in ways:
        assert simulator.client(**way).check()["module"] is None
    oidc = Client(url=simulator.url, client_id=ready["client_id"], client_secret=ready["client_secret"])
    assert oidc.auth == "oidc" and oidc.check()["module"] is None
    token = simulator.client(auth="gateway").token()
    by_token = Client(url=simulator.url, token=token)
    assert by_token.auth == "token" and by_token.connectors("aws").first() is not None
    assert token not in repr(by_token)


def test_a_client_shows_and_pickles_no_secret(simulator: Any) -> None:
    client = simulator.client()
    assert simulator.password not in repr(client) + str(vars(client))
    assert repr(client) == "<totalcloud.Client of {}/ by basic>".format(simulator.url)
    for attempt in (lambda: pickle.dumps(client), lambda: copy.copy(client), lambda: copy.deepcopy(client)):
        with pytest.raises(TypeError, match="not pickled"):
            attempt()


def test_listings_come_whole(simulator: Any) -> None:
    client = simulator.client()
    rows = client.resources("ec2", provider="aws").all()
    assert len(rows) == simulator.totals["aws/EC2_INSTANCE"]
    assert rows.report["complete"] and rows.report["total"] == len(rows)
    assert len({row["uuid"] for row in rows}) == len(rows)
    pages = list(client.resources("ec2", provider="aws", page_size=7, limit=20).pages())
    assert [len(page) for page in pages] == [7, 7, 6]
    assert [row for page in pages for row in page] == rows[:20]
    raw = list(client.resources("ec2", provider="aws", limit=3).raw())
    assert [json.loads(row) for row in raw] == rows[:3]


def test_several_listings_are_one(simulator: Any) -> None:
    client = simulator.client()
    machines = client.resources(["vm", "vm_instance"]).all()
    clouds = [row["provider"] for row in machines]
    assert len(machines) == sum(simulator.totals[t] for t in ("azure/VIRTUAL_MACHINE", "gcp/VM_INSTANCE"))
    assert set(clouds) == {"azure", "gcp"}
    assert machines.report["complete"] and len(machines.report["split"]) == 2
    some = client.resources(["ec2", "s3"], provider="aws", limit=simulator.totals["aws/EC2_INSTANCE"] + 1).all()
    assert len(some) == simulator.totals["aws/EC2_INSTANCE"] + 1
    with pytest.raises(errors.UsageError, match="nearest: EC2_INSTANCE"):
        client.resources("ec2_instnce", provider="aws")
    accounts = client.connectors(["aws", "azure"]).all()
    assert {row["provider"].lower() for row in accounts} == {"aws", "azure"}


def test_posture_of_all_accounts(simulator: Any) -> None:
    client = simulator.client()
    rows = client.evaluations("aws").all()
    accounts = {row["account"] for row in rows}
    assert len(accounts) == len({row["awsAccountId"] for row in client.connectors("aws")})
    one = client.evaluations("aws", sorted(accounts)[0]).all()
    assert 0 < len(one) < len(rows) and "account" not in one[0]
    assert client.calls > 3 and client.quota()


def test_any_operation(simulator: Any) -> None:
    client = simulator.client()
    listed = client.call("connectors.list", provider="aws")
    assert listed == list(client.connectors("aws"))
    envelope = json.loads(client.call("connectors.list", provider="aws", page_size=1, raw=True))
    assert len(envelope["content"]) == 1 and envelope["totalElements"] == len(listed)
    assert client.call("connectors.get", {"provider": "aws", "connectorId": listed[0]["connectorId"]})["name"]
    assert isinstance(client.call("connectors.template", awsCloudType="Global", externalId="1234567890"), bytes)
    assert client.call("auth.check").startswith("<?xml")
    with pytest.raises(errors.UsageError, match="given twice"):
        client.call("connectors.list", {"provider": "aws"}, provider="aws")
    with pytest.raises(errors.UsageError, match="cannot be sent"):
        client.call("connectors.list", provider=object())


def test_what_is_written_is_there(start_simulator: Any) -> None:
    client = start_simulator("--size", "tiny").client()
    made = client.call("groups.create", groupName="from-python")
    assert made
    assert "from-python" in {group["name"] if "name" in group else group["groupName"] for group in client.groups()}


def test_filters_are_looked_at(simulator: Any) -> None:
    client = simulator.client()
    with pytest.warns(UserWarning, match="lastSynced"):
        rows = client.connectors("aws", filter="lastSynced:[2020-01-01T00:00:00Z .. 2040-01-01T00:00:00Z]").all()
    assert rows
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.resources("ec2", provider="aws", filter="region:us-east-1", limit=1).all()


def test_rows_that_came_are_given_before_the_error(start_simulator: Any) -> None:
    simulator = start_simulator("--size", "small", "--fault", "op=resources.list,nth=3..99,do=status:500")
    client = simulator.client(retry=False)
    rows = client.resources("ec2", provider="aws", page_size=50, concurrency=1)
    came = []
    with pytest.raises(errors.UnavailableError) as caught:
        for row in rows:
            came.append(row)
    assert len(came) == 100 and caught.value.status == 500
    assert isinstance(caught.value, ConnectionError)
    assert not rows.report["complete"] and rows.report["received"] == 100
    # The end comes once.
    assert list(rows) == []


def test_data_cut_short_is_no_silence(start_simulator: Any) -> None:
    simulator = start_simulator("--size", "tiny", "--fault", "op=resources.list,do=total:+5")
    client = simulator.client()
    whole = simulator.totals["aws/EC2_INSTANCE"]
    rows = client.resources("ec2", provider="aws")
    came = []
    with pytest.raises(errors.PartialError):
        came.extend(rows)
        for row in rows:
            came.append(row)
    tolerant = client.resources("ec2", provider="aws", tolerate_shortfall=True).all()
    assert len(tolerant) == whole
    assert not tolerant.report["complete"] and tolerant.report["missing"] == 5 and tolerant.report["reason"]


def test_threads_share_a_client(simulator: Any) -> None:
    client = simulator.client()
    wanted = {"ec2": "EC2_INSTANCE", "s3": "BUCKET", "vpc": "VPC", "lambda": "LAMBDA"}
    found: Dict[str, int] = {}

    def count(name: str) -> None:
        found[name] = len(client.resources(name, provider="aws").all())

    threads = [threading.Thread(target=count, args=(name,)) for name in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: simulator.totals["aws/" + kind] for name, kind in wanted.items()}
    # One reading shared by several threads gives each row once.
    rows = client.resources("ec2", provider="aws", page_size=50)
    seen: List[Any] = []
    pages = rows._pages
    readers = [threading.Thread(target=lambda: seen.extend(row for page in pages for row in page)) for _ in range(4)]
    for thread in readers:
        thread.start()
    for thread in readers:
        thread.join()
    assert len(set(seen)) == len(seen) == simulator.totals["aws/EC2_INSTANCE"]


def test_lists_show_themselves_without_secrets(simulator: Any) -> None:
    rows = simulator.client().resources("ec2", provider="aws", limit=30).all()
    shown = rows._repr_html_()
    assert shown.count("<tr>") == 21 and "30 rows, 20 shown" in shown and rows[0]["instanceId"] in shown
    assert "30 in all" in repr(rows)
    secret = totalcloud.RowList([{"name": "<a>", "inner": [{"key": "canary"}]}], rows.report, ["key"])
    assert "canary" not in repr(secret) + secret._repr_html_() and "&lt;a&gt;" in secret._repr_html_()


def test_progress_is_told_on_request(simulator: Any, capfd: pytest.CaptureFixture[str]) -> None:
    told: List[Any] = []
    total = simulator.totals["aws/EC2_INSTANCE"]
    simulator.client().resources("ec2", provider="aws", page_size=50, progress=lambda *at: told.append(at)).all()
    assert told[-1] == (total, total) and told == sorted(told) and len(told) > 1
    simulator.client().resources("ec2", provider="aws", progress=True).all()
    simulator.client().resources("ec2", provider="aws").all()
    assert capfd.readouterr().out == ""

    def stop(*_: Any) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        simulator.client().resources("ec2", provider="aws", progress=stop).all()
