"""Tables of objects: CSV files and workbooks."""

from __future__ import annotations

import csv
from datetime import datetime
from json import dumps
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from .serializable_mixin import plain
from .xlsx import write_workbook


def write_csv(
    data: Iterable[Any],
    file_path: str,
    *,
    columns: Optional[Sequence[str]] = None,
    header: bool = True,
    na_rep: str = "",
    encoding: str = "utf-8-sig",
) -> None:
    """Writes a table, every value in quotes, with a mark at its begin that tells spreadsheets that it is UTF-8.

    A value that is missing is empty, or `na_rep`. What a spreadsheet would take for a formula gets an apostrophe.
    """
    names, rows = table(data, columns)
    with open(_ending(file_path, ".csv"), "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        if header:
            writer.writerow(names)
        writer.writerows([na_rep if value is None else _harmless(_text(value)) for value in row] for row in rows)


def write_excel(
    data: Iterable[Any],
    file_path: str,
    *,
    columns: Optional[Sequence[str]] = None,
    header: bool = True,
    sheet_name: str = "Sheet1",
) -> None:
    """Writes a workbook of one sheet. More rows, or longer texts, than a sheet holds are refused, not cut."""
    names, rows = table(data, columns)
    lines = [[_cell(value) for value in row] for row in rows]
    write_workbook(_ending(file_path, ".xlsx"), sheet_name, [list(names)] + lines if header else lines)


def table(data: Iterable[Any], columns: Optional[Sequence[str]] = None) -> Tuple[List[str], List[List[Any]]]:
    """Names and rows; a name that only later objects have stands at the end."""
    items = list(data)
    bad = [index for index, item in enumerate(items) if not hasattr(item, "to_dict") and not isinstance(item, dict)]
    if bad:
        raise ValueError(f"these are no objects with a to_dict method, by their index: {bad[:10]}")
    rows: List[Dict[str, Any]] = [item if isinstance(item, dict) else item.to_dict() for item in items]
    names = list(columns) if columns is not None else list(dict.fromkeys(name for row in rows for name in row))
    return names, [[row.get(name) for name in names] for row in rows]


def _ending(path: str, ending: str) -> str:
    path = str(path)
    return path if path.lower().endswith(ending) else path + ending


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return dumps(plain(value))
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return str(value)


def _harmless(text: str) -> str:
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str, datetime)):
        return value
    return _text(value)
