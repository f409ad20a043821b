"""The client: what there is at the service, by the nouns of the command."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Mapping, Optional, Sequence, Union

from . import _native, _nouns, _sync
from ._nouns import Nouns, Text
from ._sync import Seconds
from .estate import Estate
from .progress import ProgressLike
from .rows import Row, Rows

if TYPE_CHECKING:
    from ._native import Forecast, SyncReport

__all__ = ["Client"]


class Client(_native.Client, Nouns[Rows, Row, Any]):
    """A client of one subscription.

    What is not given comes from the environment (TOTALCLOUD_PLATFORM, TOTALCLOUD_USERNAME, TOTALCLOUD_PASSWORD, …, the
    variables of the command); what is given goes before it. Nothing is sent before the first call. It may be used
    from several threads at once; in a process made by `fork` make a new one.
    """

    def __init__(
        self,
        *,
        platform: Optional[str] = None,
        url: Optional[str] = None,
        hosts: Optional[Mapping[str, str]] = None,
        auth: Optional[str] = None,
        username: Optional[str] = None,
        password: Optional[str] = None,
        client_id: Optional[str] = None,
        client_secret: Optional[str] = None,
        token: Optional[str] = None,
        token_command: Optional[str] = None,
        idp: Optional[Mapping[str, Optional[str]]] = None,
        ca_bundle: Union[str, "os.PathLike[str]", bytes, None] = None,
        client_cert: Union[str, "os.PathLike[str]", bytes, None] = None,
        client_key: Union[str, "os.PathLike[str]", bytes, None] = None,
        proxy: Optional[str] = None,
        no_proxy: Optional[str] = None,
        timeout: Optional[Seconds] = None,
        concurrency: Optional[int] = None,
        deadline: Union[Seconds, datetime, None] = None,
        state_dir: Union[str, "os.PathLike[str]", None] = None,
        strict: bool = False,
        retry: Union[int, bool, Mapping[str, Any], None] = None,
        http2: Optional[bool] = None,
        allow_http: Optional[bool] = None,
    ) -> None:
        # All of it was taken by the native class; this is its signature.
        super().__init__()
        self._concurrency = concurrency

    @classmethod
    def from_env(cls) -> "Client":
        """A client of what the environment says."""
        return cls()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    # What every listing takes.

    def rows(
        self,
        operation: str,
        params: Union[Mapping[str, Any], Iterable[Mapping[str, Any]], None] = None,
        *,
        lead: Optional[Sequence[str]] = None,
        limit: Optional[int] = None,
        page_count: Optional[int] = None,
        page_no: Optional[int] = None,
        page_size: Optional[int] = None,
        concurrency: Optional[int] = None,
        one_query: bool = False,
        tolerate_shortfall: bool = False,
        inventory_api: Optional[str] = None,
        progress: ProgressLike = None,
        **more: Any,
    ) -> Rows:
        """The rows of any operation that has rows, by its name and parameters.

        Several listings, one for each dict of a list of parameters, come one after the other; `lead` names the
        parameters that are put in front of each row, to say which listing it is of. `limit` counts rows; no page is
        asked for that is not needed.
        """
        parts: Any = params
        if params is None or isinstance(params, Mapping):
            parts = {**(params or {}), **more}
        else:
            parts = [{**part, **more} for part in params]
        pages = self._pages(
            operation,
            parts,
            lead=list(lead) if lead else None,
            page_count=page_count,
            page_no=page_no,
            page_size=page_size,
            limit=limit,
            concurrency=concurrency,
            one_query=one_query,
            tolerate_shortfall=tolerate_shortfall,
            inventory_api=inventory_api,
        )
        return Rows(pages, progress=progress, hidden=_nouns.secrets(operation))

    def _one(self, operation: str, params: Mapping[str, Any]) -> Row:
        found: Row = self.call(operation, dict(params))
        return found

    def _any(self, operation: str, params: Mapping[str, Any]) -> Any:
        return self.call(operation, dict(params))

    def _each_account(
        self, operation: str, provider: Text, params: Mapping[str, Any], options: Dict[str, Any]
    ) -> Rows:
        parts = []
        for cloud in _nouns.providers_of("connectors.list", provider):
            connectors = self._pages("connectors.list", {"provider": cloud})
            parts.extend(_nouns.accounts(cloud, (row for page in connectors for row in page), params))
        return self.rows(operation, parts, lead=["provider", "account"], **options)

    # The estate.

    def sync(
        self,
        path: Union[str, "os.PathLike[str]", Estate],
        *,
        only: Text = None,
        skip: Text = None,
        with_: Text = None,
        provider: Text = None,
        full: bool = False,
        reconcile_after: Optional[Seconds] = None,
        recheck_after: Optional[Seconds] = None,
        wait: Seconds = 1800.0,
        tolerate_shortfall: bool = False,
        progress: _sync.ProgressLike = None,
        stopped: Optional[Callable[[], bool]] = None,
    ) -> "SyncReport":
        """Reads what the service has into an estate; only what may have changed is read.

        Families of tables are chosen by `only`, `skip` and `with_`, as for the command. It waits for the quota as
        long as it takes. What came is kept in any case; if something is missing at the end, it raises a
        `PartialError` whose `report` is the report, unless that is tolerated. `stopped` is a function that says
        whether to come to an end, such as `is_set` of an event.
        """
        estate = path if isinstance(path, Estate) else Estate(path)
        asked = _sync.asked(
            only=only,
            skip=skip,
            with_=with_,
            provider=provider,
            full=full,
            reconcile_after=reconcile_after,
            recheck_after=recheck_after,
            concurrency=self._concurrency,
            wait=wait,
        )
        return _sync.sync(
            self, estate, asked, tolerate_shortfall=tolerate_shortfall, progress=progress, stopped=stopped
        )

    def sync_plan(
        self,
        path: Union[str, "os.PathLike[str]", Estate],
        *,
        only: Text = None,
        skip: Text = None,
        with_: Text = None,
        provider: Text = None,
        full: bool = False,
        reconcile_after: Optional[Seconds] = None,
        recheck_after: Optional[Seconds] = None,
    ) -> "Forecast":
        """What a sync would read and what it costs in calls. Nothing is written."""
        estate = path if isinstance(path, Estate) else Estate(path)
        asked = _sync.asked(
            only=only,
            skip=skip,
            with_=with_,
            provider=provider,
            full=full,
            reconcile_after=reconcile_after,
            recheck_after=recheck_after,
            concurrency=self._concurrency,
        )
        return _native.sync_plan(self, estate, asked)
