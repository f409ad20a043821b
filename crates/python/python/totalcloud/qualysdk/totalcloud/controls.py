"""Controls: what the service checks clouds for."""

from __future__ import annotations

from typing import Any, Optional, Union

from ..base.base_list import BaseList
from .asking import collect
from .data_classes.classes import Control
from .filters import CONTROLS as UPPER
from .filters import raised

#: Rows of a page where nobody says how many.
PAGE = 100


def get_control_metadata(
    auth: Any,
    page_count: Union[int, str] = "all",
    *,
    pageNo: Optional[int] = None,
    pageSize: Optional[int] = None,
    filter: Optional[str] = None,
) -> BaseList[Control]:
    """The controls, by any filter over `control.name`, `resource.type`, `service.type`, `cid`, `provider`,
    `control.criticality`, `control.type`, `policy.name`, `createdDate`, `modifiedDate`, `isCustomizable`, `qflow.name`
    and `qflow.id`.
    """
    return collect(
        auth,
        "controls.list",
        {"filter": raised(filter, UPPER)},
        Control,
        page_count=page_count,
        page_no=pageNo,
        page_size=pageSize,
        page=PAGE,
    )
