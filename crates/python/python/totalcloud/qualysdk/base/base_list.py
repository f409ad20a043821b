"""The list that every function returns."""

from __future__ import annotations

import html
from typing import Any, Iterable, List, SupportsIndex, TypeVar, Union, overload

from .serializable_mixin import SerializableMixin

T = TypeVar("T")

#: Rows and columns that a notebook shows of a list.
SHOWN_ROWS, SHOWN_COLUMNS = 20, 8


class BaseList(List[T], SerializableMixin):
    """A list that stays of its kind when it is cut, joined or copied, and prints as its members with commas."""

    def __str__(self) -> str:
        return ", ".join(str(item) for item in self) if self else "[]"

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...

    @overload
    def __getitem__(self, index: slice, /) -> BaseList[T]: ...

    def __getitem__(self, index: Union[SupportsIndex, slice], /) -> Any:
        found = super().__getitem__(index)
        return BaseList(found) if isinstance(index, slice) else found

    def __add__(self, other: Iterable[Any]) -> BaseList[Any]:  # type: ignore[override]
        if not isinstance(other, list):
            return NotImplemented
        return BaseList(super().__add__(other))

    def __radd__(self, other: List[Any]) -> BaseList[Any]:
        if not isinstance(other, list):
            return NotImplemented
        return BaseList(other + list(self))

    def __mul__(self, times: SupportsIndex) -> BaseList[T]:
        return BaseList(super().__mul__(times))

    __rmul__ = __mul__

    def copy(self) -> BaseList[T]:
        return BaseList(self)

    def write_csv(self, file_path: str, **options: Any) -> None:
        """Writes the objects as a table; see `totalcloud.qualysdk.write_csv`."""
        from .csv_export import write_csv

        write_csv(self, file_path, **options)

    def write_excel(self, file_path: str, **options: Any) -> None:
        """Writes the objects as a workbook; see `totalcloud.qualysdk.write_excel`."""
        from .csv_export import write_excel

        write_excel(self, file_path, **options)

    def write_json(self, output: str) -> None:
        """Writes the objects as JSON; see `totalcloud.qualysdk.write_json`."""
        from .json_export import write_json

        write_json(self, output)

    def _repr_html_(self) -> str:
        """The first rows as a table, for notebooks."""
        rows = [item.to_dict() for item in self[:SHOWN_ROWS] if hasattr(item, "to_dict")]
        if not rows:
            return f"<pre>{html.escape(repr(list(self[:SHOWN_ROWS])))}</pre>"
        filled = [name for name in rows[0] if any(row.get(name) not in (None, "", [], {}) for row in rows)]
        names = filled[:SHOWN_COLUMNS]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_short(row.get(name)))}</td>" for name in names) + "</tr>" for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{len(self):,} rows</p>"


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
