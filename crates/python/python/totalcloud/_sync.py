"""Syncs, as the clients do them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Union

from . import _native
from ._nouns import Text, words
from .errors import PartialError
from .progress import Progress

if TYPE_CHECKING:
    from ._native import Asked, SyncReport

Seconds = Union[float, timedelta]
ProgressLike = Union[bool, Callable[[str, int, Optional[int]], Any], None]
"""True for a line on standard error, or a function that gets a table, its rows so far and how many it has."""

CONCURRENCY = 5
PROVIDERS = ("aws", "azure", "gcp", "oci")


def seconds(span: Optional[Seconds]) -> Optional[float]:
    if isinstance(span, timedelta):
        return span.total_seconds()
    return None if span is None else float(span)


def skipped(skip: Text, provider: Text) -> List[str]:
    """What is left out: that and all other providers than those asked for."""
    wanted = [one.lower() for one in words(provider)]
    return words(skip) + [one for one in PROVIDERS if wanted and one not in wanted]


class _Tables:
    """Turns the events of a sync into how far each table is."""

    def __init__(self, progress: ProgressLike) -> None:
        self._tell = progress if callable(progress) else None
        self._all = Progress.of(progress is True, "sync")
        self._rows: Dict[str, int] = {}
        self._expected: Dict[str, int] = {}

    def __call__(self, event: str, table: str, number: int) -> None:
        if event == "expects":
            self._expected[table] = self._expected.get(table, 0) + number
        elif event == "rows":
            self._rows[table] = self._rows.get(table, 0) + number
        else:
            return
        if self._tell is not None:
            self._tell(table, self._rows.get(table, 0), self._expected.get(table))
        else:
            self._all.rows(sum(self._rows.values()), sum(self._expected.values()) or None)

    def end(self) -> None:
        self._all.end()


def asked(
    *,
    only: Text,
    skip: Text,
    with_: Text,
    provider: Text,
    full: bool,
    reconcile_after: Optional[Seconds],
    recheck_after: Optional[Seconds],
    concurrency: Optional[int],
    wait: Seconds = 0.0,
) -> "Asked":
    """What a sync is asked for."""
    return {
        "only": words(only),
        "skip": skipped(skip, provider),
        "with_": words(with_),
        "full": full,
        "reconcile_after": seconds(reconcile_after),
        "recheck_after": seconds(recheck_after),
        "wait": seconds(wait) or 0.0,
        "concurrency": concurrency or CONCURRENCY,
    }


def sync(
    client: _native.Client,
    estate: _native.Estate,
    what: "Asked",
    *,
    tolerate_shortfall: bool,
    progress: ProgressLike,
    stopped: Optional[Callable[[], bool]],
) -> "SyncReport":
    tables = _Tables(progress)
    try:
        report = _native.sync_estate(client, estate, what, tables if progress else None, stopped)
    finally:
        tables.end()
    if not report["complete"] and not tolerate_shortfall:
        raise _incomplete(report)
    return report


def _incomplete(report: "SyncReport") -> PartialError:
    missing = [table["table"] for table in report["tables"] if table["state"] != "complete"]
    said = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
    error = PartialError(
        "the sync is not complete: {}".format(said),
        hint="what came is kept, and nothing was taken for gone where rows are missing; the same call goes on",
    )
    error.report = report
    return error
