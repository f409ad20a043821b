"""Objects of rows: what is read, what is kept, and what is hidden."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import sys
import threading
from datetime import datetime, timezone
from typing import Any, Dict

import pytest

from totalcloud.qualysdk import totalcloud
from totalcloud.qualysdk.base import DONT_EXPAND, BaseList, base_class, packed
from totalcloud.qualysdk.totalcloud.data_classes import (
    AWSConnector,
    AWSEC2Instance,
    AWSIAMUser,
    AWSResource,
    Control,
    Evaluation,
    Resource,
)

ROW: Dict[str, Any] = {
    "resourceId": "i-1",
    "instanceId": "i-1",
    "uuid": "u-1",
    "cloudAccountId": "012345678901",
    "created": "2024-05-10T08:00:00+0000",
    "tags": [{"key": "Name", "value": "web"}],
    "remediationEnabled": "true",
    "vulnerabilityStats": {"severity": {"1": 0, "5": 2}, "typeDetected": {"Confirmed": 4}, "totalVulnerability": 6},
    "iamInstanceProfile": {"name": "p", "arn": "arn:p"},
    "securityGroups": [{"groupId": "sg-1", "groupName": "web"}],
}


def of(row: Dict[str, Any], cls: Any = AWSEC2Instance) -> Any:
    (one,) = base_class.made(cls, [json.dumps(row).encode()])
    return one


def test_attributes_are_read_from_the_row() -> None:
    one = of(ROW)
    assert one.instanceId == "i-1" and one.publicIpAddress is None
    assert one.cloudAccountId == "012345678901"
    assert one.created == datetime(2024, 5, 10, 8, tzinfo=timezone.utc)
    assert one.tags == ["Name:web"] and isinstance(one.tags, BaseList)
    assert one.remediationEnabled is True
    assert (one.vulnerabilityStats_severity_5, one.vulnerabilityStats_severity_2) == (2, 0)
    assert one.vulnerabilityStats_typeDetected_Confirmed == 4
    assert one.vulnerabilityStats_typeDetected_totalVulnerability == 6
    assert one.vulnerabilityStats is None and one.iamInstanceProfile is None
    assert one.iamInstanceProfile_arn == "arn:p"
    assert one.securityGroups == ["(groupId: sg-1, groupName: web)"]
    with pytest.raises(AttributeError, match="AWSEC2Instance.*'nothing'"):
        one.nothing


def test_fields_of_tomorrow_are_attributes() -> None:
    one = of({**ROW, "newField": {"a": 1}, "iamInstanceProfile": {"arn": "a", "since": {"year": 2}}, "type": "t"})
    assert one.newField == {"a": 1} and one.type == "t"
    assert one.iamInstanceProfile_since == {"year": 2} and one.iamInstanceProfile_since_year == 2
    held = one.to_dict()
    assert held["newField"] == {"a": 1} and held["iamInstanceProfile_since"] == {"year": 2} and held["type"] == "t"
    assert "newField={'a': 1}" in repr(one) and "newField" in dir(one)


def test_what_does_not_fit_stays_as_it_came() -> None:
    one = of({**ROW, "created": "N/A", "tags": ["a", "b"], "remediationEnabled": 1, "iamInstanceProfile": "none"})
    assert (one.created, one.tags, one.remediationEnabled) == ("N/A", ["a", "b"], 1)
    assert one.iamInstanceProfile == "none" and one.iamInstanceProfile_arn is None
    assert of({**ROW, "tags": {"key": "k", "value": "v"}}).tags == ["k:v"]


@pytest.mark.parametrize("raw", [b"null", b"7", b'"text"', b"[1]"])
def test_a_row_that_is_no_object_is_not_lost(raw: bytes) -> None:
    (one,) = base_class.made(AWSEC2Instance, [raw])
    assert one.uuid is None and one.value == json.loads(raw) and one.to_raw() == {"value": json.loads(raw)}


def test_changes_stay_with_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_class, "KEPT_READ", 2)
    one = of(ROW)
    one.tags.append("more")
    one.name, one.mine = "new", [1]
    one["region"] = "here"
    for other in [of(ROW) for _ in range(5)]:
        assert other.uuid == "u-1"
    assert (one.tags, one.name, one.mine, one["region"]) == (["Name:web", "more"], "new", [1], "here")
    assert one.to_dict()["mine"] == [1] and one != of(ROW)
    with pytest.raises(KeyError):
        one["nothing"]


def test_only_the_last_rows_stay_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_class, "KEPT_READ", 3)
    base_class._read.clear()
    rows = [of({**ROW, "uuid": str(number)}) for number in range(20)]
    assert [row.uuid for row in rows] == [str(number) for number in range(20)]
    assert sum(row._row is not None for row in rows) == 3
    assert [row.uuid for row in rows] == [str(number) for number in range(20)]


def test_copies_and_pickles_are_equal() -> None:
    one = of(ROW)
    one.mine = 1
    for other in (
        pickle.loads(pickle.dumps(one)),
        copy.copy(one),
        copy.deepcopy(one),
        AWSEC2Instance.from_dict(one.to_dict()),
    ):
        assert other == one and other.to_dict() == one.to_dict() and type(other) is AWSEC2Instance
    assert of(ROW) == of(ROW) and of(ROW) != of({**ROW, "uuid": "u-2"})
    assert of(ROW) != of(ROW, Resource) and of(ROW) != 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)
    with pytest.raises(TypeError):
        iter(one)


def test_objects_are_made_by_hand() -> None:
    control = Control(7, controlName="c", evaluation={"passMessage": "fine"})
    assert int(control) == 7 and control.evaluation_passMessage == "fine" and control.evaluation is None
    assert Control.from_dict({"cid": 7}).cid == 7
    with pytest.raises(TypeError, match="twice"):
        Control(7, cid=8)
    with pytest.raises(TypeError, match="at most"):
        Evaluation(*range(99))


def test_the_repr_is_that_of_a_dataclass() -> None:
    text = repr(Evaluation(firstEvaluated="2024-05-10T00:00:00+0000"))
    assert text.startswith(
        "Evaluation(firstEvaluated=datetime.datetime(2024, 5, 10, 0, 0, tzinfo=datetime.timezone.utc), "
    )
    assert "dateReopen=None, dateFixed=None" in text


def test_dataclass_functions_know_the_attributes() -> None:
    one = of(ROW)
    assert dataclasses.is_dataclass(one)
    # Asking a class for its attributes does not settle those of the classes made of it.
    assert len(dataclasses.fields(AWSResource)) < len(dataclasses.fields(AWSEC2Instance))
    names = [field.name for field in dataclasses.fields(one)]
    assert names[:3] == ["resourceId", "name", "connectorUuids"] and "vulnerabilityStats_severity_5" in names
    assert dataclasses.asdict(one)["tags"] == ["Name:web"]
    assert dataclasses.replace(one, name="other").name == "other"


def test_evaluations_print_what_is_newest() -> None:
    one = Evaluation(firstEvaluated="2024-05-10T00:00:00+0000")
    assert str(one) == "First evaluated on 2024-05-10 00:00:00+00:00"
    one.dateFixed = datetime(2024, 5, 15, tzinfo=timezone.utc)
    assert str(one) == "Fixed as of 2024-05-15 00:00:00+00:00"
    assert str(Evaluation()) == "Not evaluated"
    assert Evaluation(dateReopen="2024-05-16T00:00:00Z").dateReopened == datetime(2024, 5, 16, tzinfo=timezone.utc)


def test_json_is_plain() -> None:
    one = of(
        {**ROW, "vulnerabilities": [{"qid": 5, "firstFound": "2024-05-10T00:00:00+0000", "exploitability": "---"}]}
    )
    assert int(one.vulnerabilities[0]) == 5 and one.vulnerabilities[0].exploitability is None
    held = json.loads(one.dump_json())
    assert held["created"] == "2024-05-10T08:00:00+00:00"
    assert held["vulnerabilities"][0]["firstFound"] == "2024-05-10T00:00:00+00:00"
    assert json.loads(BaseList([one]).dump_json(indent=None))[0]["uuid"] == "u-1"


def test_nested_values_stay_whole_where_that_is_asked_for() -> None:
    DONT_EXPAND.flag = True
    try:
        one = of(ROW)
    finally:
        DONT_EXPAND.flag = False
    assert one.vulnerabilityStats["severity"]["5"] == 2 and one.tags == ROW["tags"]
    assert one.vulnerabilityStats_severity_5 == 0 and one.created.year == 2024
    assert pickle.loads(pickle.dumps(one)).tags == ROW["tags"]
    assert of(ROW).to_raw() == ROW


def test_credentials_are_shown_only_by_name() -> None:
    row = {
        **ROW,
        "secrets": [{"name": "k", "value": "canary"}],
        "additionalDetails": None,
        "more": {"Password": "canary"},
    }
    one = of(row)
    assert one.secrets[0]["value"] == "canary" and one.more["Password"] == "canary"
    rows = BaseList([one, AWSEC2Instance.from_dict(row)])
    for text in (repr(one), str(one), repr(rows), json.dumps(rows.serialized()), rows._repr_html_()):
        assert "canary" not in text
    assert rows[1].to_dict()["secrets"] == "[redacted]"
    assert of({**ROW, "secrets": []}).to_dict()["secrets"] == []
    escaped = base_class.made(AWSEC2Instance, [b'{"\\u0070assword":"canary"}'])
    assert "canary" not in repr(escaped)


def test_ids_of_accounts_keep_their_zeros() -> None:
    assert AWSConnector(awsAccountId=12345678901).awsAccountId == "012345678901"
    assert AWSConnector(awsAccountId="001").awsAccountId == "001"


def test_times_in_milliseconds_are_utc() -> None:
    one = AWSIAMUser(
        userDto={
            "createdDate": "1703001007000",
            "passwordLastUsed": "N/A",
            "mfaActive": "True",
            "accessKeys": [{"accessKeyId": "k", "createDate": 1703001007000, "status": "Active"}],
        }
    )
    assert one.userDto_createdDate == datetime(2023, 12, 19, 15, 50, 7, tzinfo=timezone.utc)
    assert one.userDto_passwordLastUsed == "N/A" and one.userDto_mfaActive is True
    assert one.userDto_accessKeys == ["(accessKeyId: k, createDate: 2023-12-19 15:50:07, status: Active)"]


def test_many_rows_are_packed_and_read_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "KEPT_BLOCKS", 2)
    rows = [json.dumps({"uuid": str(number), "name": "x\n" * number}, indent=1).encode() for number in range(100)]
    made = base_class.made(AWSEC2Instance, rows)
    assert made[3].uuid == "3"
    base_class.pack(made[:70])
    base_class.pack(made[70:])
    assert len({id(one._raw) for one in made}) == 7 and made[0]._raw is made[packed.BLOCK_ROWS - 1]._raw
    for number in [*range(99, -1, -7), *range(100)]:
        assert (made[number].uuid, made[number].name) == (str(number), "x\n" * number)
    assert pickle.loads(pickle.dumps(made)) == made
    assert made[50].to_raw()["uuid"] == "50"


def test_large_lists_are_packed(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = totalcloud.get_inventory(simulator.basic(), "aws", "ec2")
    assert all(type(row._raw) is bytes for row in whole)
    monkeypatch.setattr(packed, "PLAIN_BYTES", 200_000)
    rows = totalcloud.get_inventory(simulator.basic(), "aws", "ec2")
    assert all(type(row._raw) is packed.Packed for row in rows)
    assert rows == whole and [row.tags for row in rows] == [row.tags for row in whole]


def test_lists_that_nobody_changed_or_holds_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_class, "KEPT_READ", 1)
    base_class._read.clear()
    let_go, changed, held, emptied = (of(ROW) for _ in range(4))
    assert let_go.tags == ["Name:web"] and let_go.securityGroups
    changed.tags.append("more")
    kept = held.tags
    emptied.tags.clear()
    assert emptied.tags == []
    for _ in range(3):
        assert of(ROW).uuid == "u-1"
    assert [row._own for row in (let_go, changed, held, emptied)] == [
        None,
        {"tags": ["Name:web", "more"]},
        {"tags": ["Name:web"]},
        {"tags": []},
    ]
    kept.append("later")
    assert held.tags is kept and held.tags == ["Name:web", "later"] and let_go.tags == ["Name:web"]


def test_threads_may_read_the_same_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_class, "KEPT_READ", 3)
    monkeypatch.setattr(packed, "KEPT_BLOCKS", 2)
    rows = [of({**ROW, "uuid": str(number), "name": f"n{number}"}) for number in range(200)]
    base_class.pack(rows[:100])
    wrong = []

    def read(step: int) -> None:
        for turn in range(3 * len(rows)):
            number = turn * step % len(rows)
            one = rows[number]
            got = (one.uuid, one.name, list(one.tags), one.vulnerabilityStats_severity_5, one.created.year)
            if got != (str(number), f"n{number}", ["Name:web"], 2, 2024):
                wrong.append(got)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=read, args=(step,)) for step in (1, 3, 7, 9, 11, 13)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(timeout=60)
    finally:
        sys.setswitchinterval(before)
    assert not wrong and not any(each.is_alive() for each in threads)
