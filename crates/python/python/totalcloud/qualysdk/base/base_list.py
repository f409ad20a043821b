"""The list that every function returns."""

from __future__ import annotations

from typing import Any, Iterable, List, SupportsIndex, TypeVar, Union, overload

from ... import _html
from .serializable_mixin import SerializableMixin

T = TypeVar("T")


class BaseList(List[T], SerializableMixin):
    """A list that stays of its kind when it is cut, joined or copied, and prints as its members with commas."""

    def __str__(self) -> str:
        return ", ".join(str(item) for item in self) if self else "[]"

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...

    @overload
    def __getitem__(self, index: slice, /) -> BaseList[T]: ...

    def __getitem__(self, index: Union[SupportsIndex, slice], /) -> Any:
        if isinstance(index, slice):
            return BaseList(super().__getitem__(index))
        return super().__getitem__(index)

    def __add__(self, other: Iterable[Any]) -> BaseList[Any]:
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
        rows = [
            item.to_dict() if hasattr(item, "to_dict") else {"value": str(item)} for item in self[: _html.SHOWN_ROWS]
        ]
        filled = {name for row in rows for name, value in row.items() if value not in (None, "", [], {})}
        return _html.table([{name: row[name] for name in row if name in filled} for row in rows], len(self))
