"""Rows of a listing: one by one, page by page, all at once, or as Arrow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Optional, Sequence

from . import _html
from ._native import ArrowStream, Pages
from .errors import PartialError
from .progress import Progress, ProgressLike

if TYPE_CHECKING:
    from ._native import Report

Row = Dict[str, Any]
"""A row as the service sent it, by the names of the wire."""

__all__ = ["Row", "RowList", "Rows", "Table"]


class Table(List[Row]):
    """Rows in a list. Notebooks show them as a table, without what is secret."""

    def __init__(self, rows: Iterable[Row] = (), hidden: Iterable[str] = ()) -> None:
        super().__init__(rows)
        self._hidden = frozenset(hidden)

    def __repr__(self) -> str:
        return _html.text(self, len(self), self._hidden)

    def _repr_html_(self) -> str:
        return _html.table(self, len(self), self._hidden)


class RowList(Table):
    """All rows of a listing."""

    report: "Report"
    """How many rows came, of how many."""

    def __init__(self, rows: Iterable[Row], report: "Report", hidden: Iterable[str] = ()) -> None:
        super().__init__(rows, hidden)
        self.report = report

    def __reduce__(self) -> Any:
        return (RowList, (list(self), self.report, tuple(self._hidden)))


class Rows(Iterator[Row]):
    """The rows of a listing, read while one goes through them.

    Iterating gives dicts. `arrow()`, and whatever takes Arrow's C stream interface (`polars.DataFrame(rows)`,
    `pyarrow.table(rows)`, `duckdb`), gets record batches of typed columns instead. The rows are read once. What is
    missing at the end is an exception behind all rows that came, unless `tolerate_shortfall` was asked for; `report`
    tells it in any case.
    """

    def __init__(self, pages: Pages, *, progress: ProgressLike = None, hidden: Sequence[str] = ()) -> None:
        self._pages = pages
        self._rows: Iterator[Row] = iter(())
        self._progress = Progress.of(progress, pages.operation)
        self._hidden = tuple(hidden)

    def __iter__(self) -> "Rows":
        return self

    def __next__(self) -> Row:
        while True:
            for row in self._rows:
                return row
            self._rows = iter(self._next_page())

    def _next_raw(self) -> List[bytes]:
        try:
            page = next(self._pages)
        except BaseException as e:
            self._progress.end()
            if isinstance(e, PartialError):
                e.report = self._pages.report
            raise
        report = self._pages.report
        self._progress.rows(report["received"], report["total"])
        return page

    def _next_page(self) -> List[Row]:
        return decoded(self._next_raw(), self._pages.lead)

    def pages(self) -> Iterator[List[Row]]:
        """The rows that are still to come, page by page."""
        rest = list(self._rows)
        self._rows = iter(())
        if rest:
            yield rest
        while True:
            try:
                page = self._next_page()
            except StopIteration:
                return
            yield page

    def raw(self) -> Iterator[bytes]:
        """The rows of the pages that are still to come, each the JSON text as it came."""
        while True:
            try:
                page = self._next_raw()
            except StopIteration:
                return
            yield from page

    def all(self) -> RowList:
        """All rows that are still to come."""
        rows = list(self)
        return RowList(rows, self.report, self._hidden)

    def first(self) -> Optional[Row]:
        """The next row, or None."""
        return next(self, None)

    @property
    def report(self) -> "Report":
        """How many rows came, of how many. Final once the rows have ended."""
        return self._pages.report

    def arrow(
        self, columns: Optional[Sequence[str]] = None, *, raw: bool = False, batch_rows: Optional[int] = None
    ) -> ArrowStream:
        """The rows that are still to come as record batches, of all columns or of those chosen.

        Columns that lead into nested values are named with dots (`vulnerabilityStats.totalVulnerability`). What has
        no column is in `extra`; `raw` adds each row as it came.
        """
        return self._pages.arrow(list(columns) if columns is not None else None, raw=raw, batch_rows=batch_rows)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.arrow().__arrow_c_stream__(requested_schema)

    def to_polars(self, columns: Optional[Sequence[str]] = None) -> Any:
        """The rows that are still to come as a `polars.DataFrame`."""
        from ._frames import to_polars

        return to_polars(self.arrow(columns))

    def to_pandas(self, columns: Optional[Sequence[str]] = None) -> Any:
        """The rows that are still to come as a `pandas.DataFrame`."""
        from ._frames import to_pandas

        return to_pandas(self.arrow(columns))

    def to_pyarrow(self, columns: Optional[Sequence[str]] = None) -> Any:
        """The rows that are still to come as a `pyarrow.Table`."""
        from ._frames import to_pyarrow

        return to_pyarrow(self.arrow(columns))

    def __repr__(self) -> str:
        report = self.report
        total = "" if report["total"] is None else " of {}".format(report["total"])
        return "<totalcloud.Rows of {}: {}{} so far>".format(self._pages.operation, report["received"], total)


def decoded(page: Sequence[bytes], lead: Dict[str, str]) -> List[Row]:
    """The rows of a page, with what they are of in front of them."""
    rows: List[Row] = json.loads(b"[" + b",".join(page) + b"]")
    if lead:
        # What a row says itself goes first.
        return [{**lead, **row} if isinstance(row, dict) else row for row in rows]
    return rows
