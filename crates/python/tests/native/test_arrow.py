"""Record batches, and who takes them."""

from __future__ import annotations

from datetime import timezone
from typing import Any

import pytest

from totalcloud import Rows, errors

duckdb = pytest.importorskip("duckdb")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")


def test_each_library_takes_rows_as_they_are(simulator: Any) -> None:
    client = simulator.client()
    wanted = [row["instanceId"] for row in client.resources("ec2", provider="aws")]

    def listing() -> Rows:
        rows: Rows = client.resources("ec2", provider="aws")
        return rows

    assert pyarrow.table(listing())["instanceId"].to_pylist() == wanted
    assert polars.DataFrame(listing())["instanceId"].to_list() == wanted
    assert listing().to_polars()["instanceId"].to_list() == wanted
    assert list(listing().to_pandas()["instanceId"]) == wanted
    assert listing().to_pyarrow().num_rows == len(wanted)
    rows = listing().arrow()
    assert duckdb.sql("select count(*) from rows").fetchall() == [(len(wanted),)]


def test_columns_have_types(simulator: Any) -> None:
    table = simulator.client().resources("ec2", provider="aws").to_pyarrow()
    assert table.schema.field("created").type == pyarrow.timestamp("us", "UTC") or "created" not in table.schema.names
    times = [field for field in table.schema if pyarrow.types.is_timestamp(field.type)]
    assert times and all(field.type.tz == "UTC" for field in times)
    assert all(field.metadata is None or b"comment" in field.metadata for field in table.schema)
    tags = table.schema.field("tags").type
    assert pyarrow.types.is_list(tags) and pyarrow.types.is_struct(tags.value_type)


def test_columns_can_be_chosen_and_batches_bounded(simulator: Any) -> None:
    client = simulator.client()
    total = simulator.totals["aws/EC2_INSTANCE"]
    stream = client.resources("ec2", provider="aws").arrow(["instanceId", "region", "raw"], batch_rows=100)
    assert stream.columns == ["instanceId", "region", "raw"]
    sizes = [len(batch) for batch in stream]
    assert sum(sizes) == total and set(sizes[:-1]) <= {100}
    assert list(stream) == []
    with pytest.raises(errors.UsageError, match="read already"):
        pyarrow.table(stream)
    with pytest.raises(errors.UsageError, match="colour"):
        client.resources("ec2", provider="aws").arrow(["colour"])
    (batch,) = client.resources("ec2", provider="aws", limit=5).arrow(["instanceId"])
    assert pyarrow.record_batch(batch).num_rows == 5
    assert pyarrow.table(batch).num_rows == 5
    assert batch.rows() == pyarrow.table(batch).to_pylist()


def test_rows_without_a_package_are_those_of_pyarrow(simulator: Any) -> None:
    (batch,) = simulator.client().resources("ec2", provider="aws", limit=50).arrow(raw=True)
    ours, theirs = batch.rows(), pyarrow.table(batch).to_pylist()
    assert ours == theirs
    times = [value for row in ours for value in row.values() if hasattr(value, "tzinfo")]
    assert times and all(time.tzinfo is timezone.utc for time in times)


def test_several_listings_say_which_one_a_row_is_of(simulator: Any) -> None:
    client = simulator.client()
    table = client.resources(["vm", "vm_instance"]).to_pyarrow()
    assert table.schema.names[0] == "provider"
    assert table.num_rows == sum(simulator.totals[t] for t in ("azure/VIRTUAL_MACHINE", "gcp/VM_INSTANCE"))
    assert set(table["provider"].to_pylist()) == {"azure", "gcp"}
    both = client.resources(["ec2", "s3"], provider="aws").to_pyarrow()
    assert both.num_rows == sum(simulator.totals[t] for t in ("aws/EC2_INSTANCE", "aws/BUCKET"))
    assert both["instanceId"].null_count == simulator.totals["aws/BUCKET"]
    posture = client.evaluations("aws").to_pyarrow()
    assert posture.schema.names[:2] == ["provider", "account"]
    assert None not in posture["account"].to_pylist()


def test_nothing_is_lost_on_the_way_to_columns(start_simulator: Any) -> None:
    simulator = start_simulator("--size", "tiny", "--fault", "op=resources.list,do=new-fields")
    table = simulator.client().resources("ec2", provider="aws").to_pyarrow()
    assert None not in table["extra"].to_pylist()
    strict = start_simulator("--size", "tiny", "--fault", "op=resources.list,do=odd-dates").client(strict=True)
    with pytest.raises(errors.DecodeError):
        strict.resources("ec2", provider="aws").to_polars()


def test_batches_that_came_are_given_before_the_error(start_simulator: Any) -> None:
    simulator = start_simulator("--size", "small", "--fault", "op=resources.list,nth=3..99,do=status:500")
    client = simulator.client(retry=False)
    rows = 0
    with pytest.raises(errors.UnavailableError):
        for batch in client.resources("ec2", provider="aws", page_size=50, concurrency=1).arrow(batch_rows=30):
            rows += len(batch)
    assert rows == 100


@pytest.mark.parametrize("way", ["to_polars", "to_pandas", "to_pyarrow"])
def test_frames_raise_what_went_wrong(start_simulator: Any, way: str) -> None:
    client = start_simulator("--size", "tiny", "--fault", "op=resources.list,do=status:403").client()
    with pytest.raises(errors.PermissionDeniedError) as caught:
        getattr(client.resources("ec2", provider="aws"), way)()
    assert caught.value.status == 403
    stream = client.resources("ec2", provider="aws").arrow()
    with pytest.raises(Exception, match="PermissionDeniedError"):
        pyarrow.RecordBatchReader.from_stream(stream).read_all()
    assert isinstance(stream.error, errors.PermissionDeniedError)
