"""The inventory: the resources that the service found."""

from __future__ import annotations

from typing import Any, Optional, Union

from ... import _native
from ..base.base_list import BaseList
from ..exceptions.Exceptions import usage
from .asking import asking, cloud, collect, one
from .data_classes.classes import class_of


def get_inventory(
    auth: Any,
    provider: str,
    resourceType: str,
    page_count: Union[int, str] = "all",
    thread_count: int = 5,
    *,
    sort: Optional[str] = None,
    updated: Optional[str] = None,
    filter: Optional[str] = None,
    pageNo: Optional[int] = None,
    pageSize: Optional[int] = None,
) -> BaseList[Any]:
    """The resources of a type: all of them, also past the 10,000 that one query reaches.

    Args:
        auth: The sign-in.
        provider: `aws`, `azure`, `gcp` or `oci`.
        resourceType: A type by any of its names, such as `EC2_INSTANCE`, `ec2 instance` or `ec2`.
        page_count: How many pages; `all` by default.
        thread_count: Calls at the same time, at most.
        sort: `lastSyncedOn:asc` or `lastSyncedOn:desc`.
        updated: When it was last updated, such as `[now-30d .. now]`.
        filter: QQL over the resource.
        pageNo: The first page, from 0.
        pageSize: Rows a page; 50 where pages are counted.
    """
    name = cloud(provider)
    kind = _kind(name, resourceType)
    return collect(
        auth,
        "resources.list",
        {"type": kind, "provider": name, "filter": filter, "sort": sort, "updated": updated},
        class_of(name, kind),
        page_count=page_count,
        page_no=pageNo,
        page_size=pageSize,
        threads=thread_count,
    )


def get_resource_details(
    auth: Any,
    provider: str,
    resourceType: str,
    resourceUuid: Optional[str] = None,
    *,
    resourceId: Optional[str] = None,
    page_count: Union[int, str] = "all",
    pageNo: Optional[int] = None,
    pageSize: Optional[int] = None,
    filter: Optional[str] = None,
    sort: Optional[str] = None,
    updated: Optional[str] = None,
) -> Any:
    """One resource with all its details, by the `uuid` of an object of the inventory.

    `resourceId` is another name of `resourceUuid`. The rest of the arguments are taken for the sake of older scripts;
    there is one answer, which they do not change.
    """
    if (resourceUuid is None) == (resourceId is None):
        raise usage("give the uuid of the resource, as resourceUuid or as resourceId")
    name = cloud(provider)
    kind = _kind(name, resourceType)
    uuid = resourceUuid if resourceId is None else resourceId
    return one(
        auth,
        "resources.get",
        class_of(name, kind),
        f"there is no {kind} with the uuid {uuid}",
        type=kind,
        uuid=uuid,
        provider=name,
    )


def _kind(provider: str, name: str) -> str:
    with asking():
        found: str = _native.resource_type(provider, name, unlisted=True)
    return found
