"""A workbook of one sheet, written without help: an XLSX file is a ZIP archive of a few XML files."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any, Iterable, List
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

MOST_ROWS, MOST_COLUMNS, MOST_TEXT = 1_048_576, 16_384, 32_767
# Integers beyond this lose digits in the cell's floating point.
MOST_EXACT = 2**53
EPOCH = datetime(1899, 12, 30, tzinfo=timezone.utc)
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
BAD_IN_NAME = re.compile(r"[\[\]:*?/\\]")

PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def write_workbook(path: str, sheet_name: str, rows: List[List[Any]]) -> None:
    """Writes the rows; raises `ValueError` before anything is written where a sheet cannot hold them."""
    if len(rows) > MOST_ROWS:
        raise ValueError(f"{len(rows):,} rows; a sheet holds {MOST_ROWS:,}: write CSV or Parquet")
    if any(len(row) > MOST_COLUMNS for row in rows):
        raise ValueError(f"a sheet holds {MOST_COLUMNS:,} columns")
    if not 0 < len(sheet_name) <= 31 or BAD_IN_NAME.search(sheet_name):
        raise ValueError(r"the name of a sheet has 1 to 31 characters and none of []:*?/\ ")
    for number, row in enumerate(rows, 1):
        for value in row:
            if isinstance(value, str) and len(value) > MOST_TEXT:
                raise ValueError(f"row {number}: a text of {len(value):,} characters; a cell holds {MOST_TEXT:,}")
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, text in _parts(sheet_name):
            archive.writestr(name, HEAD + text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write((HEAD + f'<worksheet xmlns="{SHEETS}"><sheetData>').encode())
            for number, row in enumerate(rows, 1):
                sheet.write(_row(number, row).encode())
            sheet.write(b"</sheetData></worksheet>")


def _parts(sheet_name: str) -> Iterable[Any]:
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/></Types>',
    )
    yield (
        "_rels/.rels",
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{SHEETS}" xmlns:r="{DOCUMENT}"><sheets>'
        f'<sheet name={quoteattr(sheet_name)} sheetId="1" r:id="rId1"/></sheets></workbook>',
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{DOCUMENT}/styles" Target="styles.xml"/></Relationships>',
    )
    yield (
        "xl/styles.xml",
        f'<styleSheet xmlns="{SHEETS}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
        '</numFmts><fonts count="1"><font/></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/>'
        '<xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    )


def _row(number: int, row: List[Any]) -> str:
    cells = "".join(_cell(f"{_column(index)}{number}", value) for index, value in enumerate(row) if value is not None)
    return f'<row r="{number}">{cells}</row>'


def _cell(place: str, value: Any) -> str:
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)) and abs(value) <= MOST_EXACT:
        return (
            f'<c r="{place}"><v>{float(value)!r}</v></c>'
            if isinstance(value, float)
            else f'<c r="{place}"><v>{value}</v></c>'
        )
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        days = (at - EPOCH).total_seconds() / 86_400
        if days >= 61:
            return f'<c r="{place}" s="1"><v>{days!r}</v></c>'
    text = escape(NOT_XML.sub("\ufffd", str(value)))
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _column(index: int) -> str:
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
