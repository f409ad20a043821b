"""What was done to remediate."""

from __future__ import annotations

from typing import Any, Optional, Union

from ..base.base_list import BaseList
from .asking import cloud, collect
from .data_classes.classes import RemediationActivity


def get_remediation_activities(
    auth: Any,
    provider: str,
    page_count: Union[int, str] = "all",
    *,
    filter: Optional[str] = None,
    pageNo: Optional[int] = None,
    pageSize: Optional[int] = None,
) -> BaseList[RemediationActivity]:
    """What was done to remediate in the accounts of a provider."""
    return collect(
        auth,
        "remediation.list",
        {"cloudType": cloud(provider, ("aws", "azure", "gcp")), "filter": filter},
        RemediationActivity,
        page_count=page_count,
        page_no=pageNo,
        page_size=pageSize,
    )
