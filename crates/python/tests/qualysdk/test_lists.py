"""Lists of objects, and the files they are written to."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, List
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

from totalcloud.qualysdk import BaseList, write_csv, write_excel, write_json
from totalcloud.qualysdk.base import xlsx
from totalcloud.qualysdk.totalcloud.data_classes import QID, AWSEC2Instance


def test_a_list_stays_of_its_kind() -> None:
    some: BaseList[int] = BaseList([3, 1, 2])
    for made in (some[:2], some + [4], [4] + some, some * 2, 2 * some, some.copy(), some[::-1]):
        assert type(made) is BaseList
    assert some + [4] == [3, 1, 2, 4] and [4] + some == [4, 3, 1, 2] and some[0] == 3
    some += [5]
    some.sort()
    assert type(some) is BaseList and some == [1, 2, 3, 5] and sorted(some, reverse=True) == [5, 3, 2, 1]
    assert str(some) == "1, 2, 3, 5" and str(BaseList()) == "[]" and repr(some) == "[1, 2, 3, 5]"
    with pytest.raises(TypeError):
        some + 1  # type: ignore[operator]


def rows() -> BaseList[Any]:
    return BaseList(
        [
            AWSEC2Instance(
                uuid="a",
                name='=cmd("x"), ü',
                controlsFailed=7,
                created="2024-05-10T08:00:00+0000",
                tags=[{"key": "k", "value": "v"}],
            ),
            AWSEC2Instance(uuid="b", name="-5", more={"x": 1}),
        ]
    )


def test_csv(tmp_path: Path) -> None:
    rows().write_csv(str(tmp_path / "out"))
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf"resourceId"')
    with open(tmp_path / "out.csv", encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    # What a spreadsheet would run is text; what is a number stays one.
    assert (first["name"], second["name"]) == ('\'=cmd("x"), ü', "-5")
    assert (first["controlsFailed"], second["controlsFailed"]) == ("7", "")
    assert (first["tags"], first["created"]) == ("k:v", "2024-05-10 08:00:00+00:00")
    assert (first["more"], second["more"]) == ("", '{"x": 1}')
    write_csv(
        rows(), str(tmp_path / "some.csv"), columns=["uuid", "region"], header=False, na_rep="-", encoding="utf-8"
    )
    assert (tmp_path / "some.csv").read_text() == '"a","-"\n"b","-"\n'
    with pytest.raises(ValueError, match=r"\[1\]"):
        write_csv([QID(qid=1), "text"], str(tmp_path / "bad.csv"))
    assert not (tmp_path / "bad.csv").exists()


def cells(path: Path) -> List[List[str]]:
    space = {"m": xlsx.SHEETS}
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iterfind(".//m:row", space)]


def test_a_workbook(tmp_path: Path) -> None:
    write_excel(rows(), str(tmp_path / "out"), columns=["uuid", "name", "controlsFailed", "created"])
    assert cells(tmp_path / "out.xlsx") == [
        ["uuid", "name", "controlsFailed", "created"],
        ["a", '=cmd("x"), ü', "7", repr((datetime(2024, 5, 10, 8) - datetime(1899, 12, 30)).total_seconds() / 86400)],
        ["b", "-5"],
    ]
    odd = [{"a": "\x00<&>\ud800", "b": True, "c": 10**20, "d": 1.5, "e": datetime(1890, 1, 1, tzinfo=timezone.utc)}]
    write_excel(odd, str(tmp_path / "odd.xlsx"), header=False, sheet_name="<x>")
    assert cells(tmp_path / "odd.xlsx") == [["\ufffd<&>\ufffd", "1", str(10**20), "1.5", "1890-01-01 00:00:00+00:00"]]


def test_what_a_sheet_cannot_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "out.xlsx")
    for data, name, said in [
        ([{"a": "x" * 32_768}], "s", "32,768 characters"),
        ([{"a": 1}], "a/b", "name of a sheet"),
        ([{str(n): n for n in range(16_385)}], "s", "columns"),
    ]:
        with pytest.raises(ValueError, match=said):
            write_excel(data, path, sheet_name=name)
    monkeypatch.setattr(xlsx, "MOST_ROWS", 2)
    with pytest.raises(ValueError, match="3 rows"):
        write_excel(rows(), path)
    assert not Path(path).exists()


def test_columns_have_letters() -> None:
    assert [xlsx._column(index) for index in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_json(tmp_path: Path) -> None:
    for data in (rows(), rows().serialized()):
        write_json(data, str(tmp_path / "out.json"))
        held = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
        assert [row["uuid"] for row in held] == ["a", "b"] and held[0]["created"] == "2024-05-10T08:00:00+00:00"


def test_notebooks_show_a_table() -> None:
    shown = BaseList([AWSEC2Instance(uuid="<b>", name="n")] * 50)._repr_html_()
    assert "&lt;b&gt;" in shown and "<th>uuid</th>" in shown and "publicIpAddress" not in shown
    assert shown.count("<tr>") == 21 and "50 rows" in shown
    assert "1" in BaseList([1])._repr_html_()
