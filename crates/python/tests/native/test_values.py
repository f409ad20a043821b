"""The lenient readers, and what is declared."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

import totalcloud
from totalcloud import _native

UTC = timezone.utc


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2024-01-01T22:54:12+0000", datetime(2024, 1, 1, 22, 54, 12, tzinfo=UTC)),
        ("2024-01-01T22:54:12.5+0530", datetime(2024, 1, 1, 17, 24, 12, 500000, tzinfo=UTC)),
        ("Tue Mar 05 10:11:12 UTC 2024", datetime(2024, 3, 5, 10, 11, 12, tzinfo=UTC)),
        ("1703001007000", datetime(2023, 12, 19, 15, 50, 7, tzinfo=UTC)),
        (1703001007, datetime(2023, 12, 19, 15, 50, 7, tzinfo=UTC)),
        (1703001007000, datetime(2023, 12, 19, 15, 50, 7, tzinfo=UTC)),
        ("2024-02-01", datetime(2024, 2, 1, tzinfo=UTC)),
        ("soon", None),
        ("", None),
        (None, None),
        ([], None),
        (10**30, None),
        (float("nan"), None),
        (True, None),
    ],
)
def test_timestamps_are_read_in_any_form(value: Any, read: Any) -> None:
    assert _native.read_timestamp(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [(True, True), ("TRUE", True), ("false", False), (1, True), (0, False), (2, None), ("", None), (None, None)],
)
def test_booleans_are_read_in_any_form(value: Any, read: Any) -> None:
    assert _native.read_bool(value) is read


@pytest.mark.parametrize(
    ("value", "read"), [(7, 7), ("7", 7), (" 7 ", 7), ("7.0", 7), (7.5, None), ("x", None), (2**70, None), (None, None)]
)
def test_whole_numbers_are_read_in_any_form(value: Any, read: Any) -> None:
    assert _native.read_int(value) == read


def test_the_registry_knows_all_types_and_their_columns() -> None:
    types = {(kind["provider"], kind["api_name"]): kind for kind in totalcloud.registry()}
    assert len(types) >= 43
    instance = types["aws", "EC2_INSTANCE"]
    assert instance["table"] == "aws_ec2_instance" and "ec2" in instance["aliases"]
    columns = {column["wire"]: column for column in instance["columns"]}
    assert columns["instanceId"]["kind"] == "text" and columns["instanceId"]["doc"]
    assert columns["tags"]["list"] and columns["tags"]["nested"]
    for name in totalcloud.shapes():
        assert totalcloud.shape(name)
    with pytest.raises(totalcloud.UsageError, match="did you mean"):
        totalcloud.shape("Conector")


def test_each_operation_tells_its_parameters() -> None:
    operations = {operation["name"]: operation for operation in totalcloud.operations()}
    assert len(operations) >= 80
    listing = operations["resources.list"]
    assert listing["paged"] and listing["effect"] == "reads" and listing["answer"] == "rows"
    assert {"type", "provider"} <= {param["name"] for param in listing["params"] if param["required"]}
    # What `call` takes beside parameters must be none of theirs.
    names = {param["name"] for operation in operations.values() for param in operation["params"]}
    assert not names & {"operation", "params", "raw"}


def test_the_variables_are_those_of_the_command() -> None:
    pages = (parent / "docs/reference/settings.md" for parent in Path(__file__).resolve().parents)
    page = next((page for page in pages if page.is_file()), None)
    if page is None:
        pytest.skip("the reference is not at hand")
    known = page.read_text(encoding="utf-8")
    for _, variable in _native.variables():
        assert "`{}`".format(variable) in known
