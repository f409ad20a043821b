"""Estates: what was synced of a subscription, asked in SQL and compared over time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any, Iterator, List, Mapping, Optional, Sequence, Union

from . import _native
from ._native import ArrowBatch, ArrowStream
from .rows import Row, Table

if TYPE_CHECKING:
    from ._native import Change, Question

__all__ = ["Answer", "Changes", "Estate", "Moment"]

Moment = Union[int, datetime, date, timedelta, None]
"""A state of an estate: the number of a sync, an instant, a day (its first second in UTC), or how long ago."""

Params = Union[Mapping[str, Any], Sequence[Any], None]
"""Values for `$name`, or for `$1`, `$2`, …"""


def moment(at: Moment) -> Union[int, datetime, None]:
    """A state as the native module takes it."""
    if isinstance(at, timedelta):
        return datetime.now(timezone.utc) - at
    if isinstance(at, date) and not isinstance(at, datetime):
        return datetime.combine(at, time(), timezone.utc)
    return at


class Answer:
    """The answer to a query, read once: as Arrow, as a data frame, or as rows.

    Whatever takes Arrow's C stream interface takes it as it is: `polars.DataFrame(answer)`, `pyarrow.table(answer)`,
    `duckdb.sql("select * from answer")`.
    """

    def __init__(self, stream: ArrowStream) -> None:
        self._stream = stream

    @property
    def columns(self) -> List[str]:
        """The names of the columns."""
        return self._stream.columns

    def arrow(self) -> ArrowStream:
        """The record batches."""
        return self._stream

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._stream.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        return self._stream.__arrow_c_schema__()

    def __iter__(self) -> Iterator[Row]:
        for batch in self._stream:
            yield from batch.rows()

    def batches(self) -> Iterator[ArrowBatch]:
        """The record batches, one by one."""
        return iter(self._stream)

    def all(self) -> Table:
        """All rows, each a dict. Instants are datetimes in UTC."""
        return Table(self)

    def to_polars(self) -> Any:
        """The answer as a `polars.DataFrame`."""
        from ._frames import to_polars

        return to_polars(self._stream)

    def to_pandas(self) -> Any:
        """The answer as a `pandas.DataFrame`."""
        from ._frames import to_pandas

        return to_pandas(self._stream)

    def to_pyarrow(self) -> Any:
        """The answer as a `pyarrow.Table`."""
        from ._frames import to_pyarrow

        return to_pyarrow(self._stream)

    def __repr__(self) -> str:
        return "<totalcloud.Answer with {}>".format(", ".join(self.columns))


class Changes(Table):
    """What changed from one sync to another."""

    before: int
    """The number of the sync from which on."""
    after: int
    """The number of the sync up to which."""
    incomplete: List[int]
    """Syncs in between that were not complete: what they could not read may have changed as well."""

    def __init__(self, found: "Change") -> None:
        super().__init__(found["changes"])
        self.before = found["before"]
        self.after = found["after"]
        self.incomplete = found["incomplete"]

    def __repr__(self) -> str:
        return "<totalcloud.Changes from sync {} to {}: {}>".format(self.before, self.after, len(self))

    def __reduce__(self) -> Any:
        found = {"changes": list(self), "before": self.before, "after": self.after, "incomplete": self.incomplete}
        return (Changes, (found,))


class Estate(_native.Estate):
    """Everything that was synced of a subscription: a folder, or `s3://`, `az://` or `gs://` with a prefix.

    Each question opens it anew, so one sees what was synced meanwhile. It may be used from several threads at once.
    """

    def query(
        self,
        sql: str,
        params: Params = None,
        *,
        as_of: Moment = None,
        memory: Optional[int] = None,
        client: Optional[_native.Client] = None,
        allow_cost: bool = False,
    ) -> Answer:
        """Asks in SQL. `as_of` asks an earlier state, `memory` bounds the bytes a query may use before it goes on on
        disk. With a client, the tables of the schema `live` are those of the service itself; `allow_cost` agrees to
        what they cost in calls."""
        stream = self._query(
            sql, params, as_of=moment(as_of), memory=memory, client=client, allow_cost=allow_cost
        )
        return Answer(stream)

    def ask(self, name: str, params: Optional[Mapping[str, Any]] = None, *, as_of: Moment = None) -> Answer:
        """Asks one of the ready questions; `totalcloud.questions()` lists them."""
        return Answer(self._ask(name, params, as_of=moment(as_of)))

    def diff(self, before: Moment = None, after: Moment = None, *, tables: Sequence[str] = ()) -> Changes:
        """What appeared, vanished, changed, failed and got fixed between two syncs; by default since yesterday."""
        return Changes(self._diff(moment(before), moment(after), list(tables)))

    def tables(self) -> Table:
        """The tables there are: name, rows, when they were synced, and what they hold."""
        return self.query("SHOW TABLES").all()

    def columns(self, table: str) -> Table:
        """The columns of a table."""
        return self.query(
            'SELECT "column", type, doc FROM columns WHERE lower("table") = lower($1) AND schema = \'estate\'', [table]
        ).all()

    def runs(self) -> Table:
        """The syncs so far, newest last."""
        return self.query("SELECT * FROM sync_runs ORDER BY run").all()


def questions() -> List["Question"]:
    """The ready questions."""
    return _native.questions()
