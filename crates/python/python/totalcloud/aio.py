"""The client for `asyncio`."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Union,
)

from . import _nouns
from ._native import ArrowBatch, Pages
from ._nouns import Nouns, Text
from .client import Client
from .errors import PartialError
from .estate import Estate
from .progress import Progress, ProgressLike
from .rows import Row, RowList, decoded

if TYPE_CHECKING:
    from ._native import Report, SyncReport

__all__ = ["AsyncClient", "AsyncRows"]


class AsyncRows(AsyncIterator[Row]):
    """The rows of a listing, read while one goes through them: `async for row in rows`, or `await rows.all()`.

    What is missing at the end is an exception behind all rows that came. A step that is cancelled loses nothing: the
    next one goes on where it was.
    """

    def __init__(
        self,
        pages: Callable[[], Awaitable[Pages]],
        name: str,
        *,
        progress: ProgressLike = None,
        hidden: Sequence[str] = (),
    ) -> None:
        self._open = pages
        self._pages: Optional[Pages] = None
        self._next: "Optional[asyncio.Future[List[bytes]]]" = None
        self._rows: List[Row] = []
        self._at = 0
        self._name = name
        self._progress = Progress.of(progress, name)
        self._hidden = tuple(hidden)

    def __aiter__(self) -> "AsyncRows":
        return self

    async def __anext__(self) -> Row:
        while self._at >= len(self._rows):
            self._rows, self._at = await self._page(), 0
        row = self._rows[self._at]
        self._at += 1
        return row

    async def _opened(self) -> Pages:
        if self._pages is None:
            self._pages = await self._open()
        return self._pages

    async def _page(self) -> List[Row]:
        pages = await self._opened()
        # Whoever is cancelled here must not take the page along.
        if self._next is None:
            self._next = asyncio.ensure_future(pages.__anext__())
        step = self._next
        try:
            page = await asyncio.shield(step)
        except asyncio.CancelledError:
            if step.done() and self._next is step and step.cancelled():
                self._next = None
            raise
        except BaseException as e:
            self._next = None
            self._progress.end()
            if isinstance(e, PartialError):
                e.report = pages.report
            raise
        self._next = None
        report = pages.report
        self._progress.rows(report["received"], report["total"])
        return decoded(page, pages.lead)

    async def pages(self) -> AsyncIterator[List[Row]]:
        """The rows that are still to come, page by page."""
        if self._at < len(self._rows):
            rest = self._rows[self._at :]
            self._at = len(self._rows)
            yield rest
        while True:
            try:
                page = await self._page()
            except StopAsyncIteration:
                return
            yield page

    async def all(self) -> RowList:
        """All rows that are still to come."""
        rows = [row async for page in self.pages() for row in page]
        return RowList(rows, self.report, self._hidden)

    async def first(self) -> Optional[Row]:
        """The next row, or None."""
        async for row in self:
            return row
        return None

    @property
    def report(self) -> "Report":
        """How many rows came, of how many. Final once the rows have ended."""
        if self._pages is None:
            raise RuntimeError("no page was asked for yet")
        return self._pages.report

    async def batches(
        self, columns: Optional[Sequence[str]] = None, *, raw: bool = False, batch_rows: Optional[int] = None
    ) -> AsyncIterator[ArrowBatch]:
        """The rows that are still to come as Arrow record batches."""
        pages = await self._opened()
        names = list(columns) if columns is not None else None
        async for batch in pages.arrow(names, raw=raw, batch_rows=batch_rows):
            yield batch

    def __repr__(self) -> str:
        received = 0 if self._pages is None else self._pages.report["received"]
        return "<totalcloud.AsyncRows of {}: {} rows so far>".format(self._name, received)


class AsyncClient(Nouns[AsyncRows, Awaitable[Row], Awaitable[Any]]):
    """A client for `asyncio`, with the arguments of `Client`.

    Listings are async iterators over rows, single objects are awaited.
    """

    def __init__(self, **settings: Any) -> None:
        self._client = Client(**settings)

    @classmethod
    def from_env(cls) -> "AsyncClient":
        """A client of what the environment says."""
        return cls()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: Any) -> None:
        return None

    @property
    def client(self) -> Client:
        """The client of the same sign-in for code that does not await."""
        return self._client

    def rows(
        self,
        operation: str,
        params: Union[Mapping[str, Any], Iterable[Mapping[str, Any]], None] = None,
        **options: Any,
    ) -> AsyncRows:
        """The rows of any operation that has rows. See `Client.rows`."""
        progress = options.pop("progress", None)
        # What is wrong with the arguments is told at once.
        pages = self._client.rows(operation, params, **options)._pages

        async def opened() -> Pages:
            return pages

        return AsyncRows(opened, operation, progress=progress, hidden=_nouns.secrets(operation))

    async def call(
        self, operation: str, params: Optional[Mapping[str, Any]] = None, *, raw: bool = False, **more: Any
    ) -> Any:
        """Calls any operation of the service. See `Client.call`."""
        given = dict(params) if params is not None else None
        return await self._client._call_async(operation, given, raw=raw, **more)

    async def _one(self, operation: str, params: Mapping[str, Any]) -> Row:
        found: Row = await self.call(operation, params)
        return found

    async def _any(self, operation: str, params: Mapping[str, Any]) -> Any:
        return await self.call(operation, params)

    def _each_account(
        self, operation: str, provider: Text, params: Mapping[str, Any], options: Dict[str, Any]
    ) -> AsyncRows:
        progress = options.pop("progress", None)

        async def opened() -> Pages:
            parts: List[Dict[str, Any]] = []
            for cloud in _nouns.providers_of("connectors.list", provider):
                connectors = self._client._pages("connectors.list", {"provider": cloud})
                rows = [row async for page in connectors for row in page]
                parts.extend(_nouns.accounts(cloud, rows, params))
            return self._client.rows(operation, parts, lead=["provider", "account"], **options)._pages

        return AsyncRows(opened, operation, progress=progress, hidden=_nouns.secrets(operation))

    async def sync(self, path: Union[str, "os.PathLike[str]", Estate], **options: Any) -> "SyncReport":
        """Reads what the service has into an estate. See `Client.sync`. Where it is cancelled, what came is kept."""
        stop = threading.Event()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(None, lambda: self._client.sync(path, stopped=stop.is_set, **options))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            # It writes what came, which does not take long.
            await asyncio.wait([work])
            work.exception()
            raise

    def __repr__(self) -> str:
        return "<totalcloud.AsyncClient of {} by {}>".format(self._client.url, self._client.auth)

    def __reduce__(self) -> Any:
        return self._client.__reduce__()
