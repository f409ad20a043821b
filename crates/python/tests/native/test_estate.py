"""Syncs and estates."""

from __future__ import annotations

import pickle
from datetime import date, datetime, timedelta, timezone
from typing import Any, List

import pytest

import totalcloud
from totalcloud import Estate, errors

ONLY = ["connectors", "aws_vpc", "aws_ec2_instance"]


@pytest.fixture(scope="module")
def estate(simulator: Any, tmp_path_factory: pytest.TempPathFactory) -> Estate:
    estate = Estate(tmp_path_factory.mktemp("estate"))
    report = simulator.client().sync(estate, only=ONLY)
    assert report["complete"] and report["first"] and report["run"] is not None
    return estate


def test_an_estate_is_asked_in_sql(estate: Estate, simulator: Any) -> None:
    total = simulator.totals["aws/EC2_INSTANCE"]
    assert estate.query("select count(*) as n from aws_ec2_instance").all() == [{"n": total}]
    by_region = estate.query("select region, count(*) as n from aws_ec2_instance group by region order by region")
    assert by_region.columns == ["region", "n"]
    assert sum(row["n"] for row in by_region) == total
    some = estate.query('select "instanceId" from aws_ec2_instance where region = $region limit $1', {"region": "x", "1": 3})
    assert some.all() == []
    assert len(estate.query("select * from aws_ec2_instance limit $1", [3]).all()) == 3
    assert "aws_vpc" in estate.explain("select * from aws_vpc") or estate.explain("select * from aws_vpc")


def test_answers_are_frames(estate: Estate, simulator: Any) -> None:
    polars = pytest.importorskip("polars")
    total = simulator.totals["aws/EC2_INSTANCE"]
    sql = 'select "instanceId", region from aws_ec2_instance'
    assert estate.query(sql).to_polars().shape == (total, 2)
    assert polars.DataFrame(estate.query(sql)).shape == (total, 2)
    assert estate.query(sql).to_pandas().shape == (total, 2)
    assert estate.query(sql).to_pyarrow().num_rows == total
    assert polars.DataFrame(estate.query("select * from aws_ec2_instance")).height == total


def test_wrong_questions_are_told_with_their_place(estate: Estate) -> None:
    with pytest.raises(errors.UsageError, match=r"(?s)no column.*\^|instanceIdd") as caught:
        estate.query("select instanceIdd from aws_ec2_instance")
    assert "^" in str(caught.value)
    with pytest.raises(errors.NotFoundError):
        estate.query("select * from azure_virtual_machine")
    with pytest.raises(errors.UsageError):
        estate.query("delete from aws_vpc")
    with pytest.raises(errors.UsageError, match="no parameter"):
        estate.query("select 1", {"days": 3})
    with pytest.raises(errors.UsageError, match="without a zone"):
        estate.query("select 1", as_of=datetime(2024, 1, 1))
    with pytest.raises(errors.UsageError):
        estate.query("select 1", as_of=99)


def test_ready_questions(estate: Estate) -> None:
    names = {question["name"] for question in totalcloud.questions()}
    assert "regions-in-use" in names
    assert estate.ask("how-fresh").all()
    with pytest.raises(errors.UsageError, match="did you mean"):
        estate.ask("how-fesh")
    with pytest.raises(errors.UsageError, match="no parameter"):
        estate.ask("how-fresh", {"colour": "red"})


def test_what_there_is(estate: Estate) -> None:
    tables = {row["table"]: row for row in estate.tables()}
    assert tables["aws_vpc"]["syncedAt"].tzinfo is timezone.utc
    assert "instanceId" in {row["column"] for row in estate.columns("AWS_EC2_INSTANCE")}
    assert [row["run"] for row in estate.runs()] == sorted(row["run"] for row in estate.runs())


def test_what_changed(simulator: Any, tmp_path: Any) -> None:
    client = simulator.client()
    estate = Estate(tmp_path)
    first = client.sync(estate, only=["aws_vpc"])
    second = client.sync(tmp_path, only=["aws_vpc", "aws_ec2_instance"], full=True)
    changes = estate.diff(first["run"], second["run"])
    assert (changes.before, changes.after, changes.incomplete) == (first["run"], second["run"], [])
    assert changes == estate.diff(first["run"])
    assert "from sync" in repr(changes) and "<table>" in changes._repr_html_()
    old = estate.query("select count(*) as n from aws_vpc", as_of=first["run"]).all()
    assert old == estate.query("select count(*) as n from aws_vpc", as_of=datetime.now(timezone.utc)).all()
    for long_ago in (timedelta(days=400), date(2020, 1, 1)):
        with pytest.raises(errors.UsageError):
            estate.query("select 1 from aws_vpc", as_of=long_ago).all()


def test_live_tables_ask_the_service(estate: Estate, simulator: Any) -> None:
    client = simulator.client()
    answer = estate.query('select count(*) as n from live.aws_vpc', client=client)
    assert answer.all() == [{"n": simulator.totals["aws/VPC"]}]
    assert client.calls > 0
    assert "costs" in estate.explain("select * from live.aws_vpc", client=client)
    with pytest.raises(errors.TotalCloudError):
        estate.query("select * from live.aws_vpc")


def test_a_sync_tells_how_far_it_is(simulator: Any, tmp_path: Any) -> None:
    told: List[Any] = []
    client = simulator.client()
    plan = client.sync_plan(tmp_path, only=["aws_vpc"])
    assert plan["calls"] >= 1 and [table["table"] for table in plan["tables"]] == ["aws_vpc"]
    report = client.sync(tmp_path, only=["aws_vpc"], progress=lambda *at: told.append(at))
    assert told[-1][:2] == ("aws_vpc", simulator.totals["aws/VPC"])
    assert report["calls"] >= 1 and report["rowsRead"] == simulator.totals["aws/VPC"]

    def stop(*_: Any) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        client.sync(tmp_path, only=["aws_subnet"], progress=stop)


def test_an_incomplete_sync_is_an_error_with_its_report(start_simulator: Any, tmp_path: Any) -> None:
    simulator = start_simulator("--size", "tiny", "--fault", "op=resources.list,do=total:+3")
    client = simulator.client()
    with pytest.raises(errors.PartialError) as caught:
        client.sync(tmp_path, only=["aws_vpc"])
    report = getattr(caught.value, "report")
    assert not report["complete"] and report["run"] is not None
    again = client.sync(tmp_path, only=["aws_vpc"], tolerate_shortfall=True)
    assert not again["complete"]
    (row,) = Estate(tmp_path).query("select count(*) as n from aws_vpc").all()
    assert row == {"n": simulator.totals["aws/VPC"]}


def test_an_estate_is_its_path(estate: Estate) -> None:
    again = pickle.loads(pickle.dumps(estate))
    assert again.path == estate.path and isinstance(again, Estate)
    assert again.query("select 1 as one").all() == [{"one": 1}]
