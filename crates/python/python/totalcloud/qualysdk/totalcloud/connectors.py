"""Connectors: the cloud accounts that are registered with the service."""

from __future__ import annotations

from typing import Any, Dict, Optional, Union

from ..base.base_list import BaseList
from .asking import asking, client_of, cloud, collect, one
from .data_classes.classes import CONNECTORS
from .filters import CONNECTORS as UPPER
from .filters import raised


def get_connectors(
    auth: Any,
    provider: str,
    page_count: Union[int, str] = "all",
    *,
    pageNo: Optional[int] = None,
    pageSize: Optional[int] = None,
    filter: Optional[str] = None,
    sort: Optional[str] = None,
) -> BaseList[Any]:
    """The connectors of a provider.

    Args:
        auth: The sign-in.
        provider: `aws`, `azure`, `gcp` or `oci`.
        page_count: How many pages; `all` by default.
        pageNo: The first page, from 0.
        pageSize: Rows a page.
        filter: QQL over `name`, `description`, `state`, `connector.uuid`, `lastSyncedOn`.
        sort: `lastSyncedOn:asc` or `lastSyncedOn:desc`.
    """
    name = cloud(provider)
    paging: Dict[str, Any] = {"page_count": page_count, "page_no": pageNo, "page_size": pageSize}
    if name == "oci":
        # OCI is listed by another operation, which takes neither.
        given = {"filter": filter, "sort": sort}
        return collect(auth, "connectors.list-managed", {"provider": name, **given}, CONNECTORS[name], **paging)
    params = {"provider": name, "filter": raised(filter, UPPER), "sort": sort}
    return collect(auth, "connectors.list", params, CONNECTORS[name], **paging)


def get_connector_details(auth: Any, provider: str, connectorId: str) -> Any:
    """One connector, by its id."""
    name = cloud(provider, ("aws", "azure", "gcp"))
    nothing = f"there is no connector {connectorId}"
    return one(auth, "connectors.get", CONNECTORS[name], nothing, provider=name, connectorId=connectorId)


def get_aws_base_account(auth: Any) -> Dict[str, Any]:
    """The accounts from which AWS connectors are reached."""
    with asking():
        found: Dict[str, Any] = client_of(auth).call("connectors.base-account")
    return found
