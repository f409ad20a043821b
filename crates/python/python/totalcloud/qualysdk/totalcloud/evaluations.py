"""Evaluations: what controls found in accounts and on resources."""

from __future__ import annotations

from typing import Any, Optional, Union

from ..base.base_list import BaseList
from .asking import cloud, collect, one
from .data_classes.classes import AccountLevelControl, AccountLevelEvaluation, Evaluation

WITH_RESOURCES = ("aws", "azure", "gcp")

#: Rows of a page of an account where nobody says how many.
PAGE = 300


def get_evaluation(
    auth: Any, provider: str, controlId: Union[str, int], connectorId: str, resourceId: str
) -> Evaluation:
    """When a control was evaluated on a resource, and whether what it found is fixed or open again."""
    return one(
        auth,
        "evaluations.stats",
        Evaluation,
        "No data found for the control on the resource.",
        provider=cloud(provider, WITH_RESOURCES),
        controlId=controlId,
        connectorId=connectorId,
        resourceId=resourceId,
    )


#: Another name of `get_evaluation`, which guides print.
get_control_stats_by_resource = get_evaluation


def get_account_evaluation(
    auth: Any,
    provider: str,
    accountId: Union[int, str],
    *,
    filter: Optional[str] = None,
    page_count: Union[int, str] = "all",
    pageNo: Optional[int] = None,
    pageSize: Optional[int] = None,
) -> BaseList[AccountLevelControl]:
    """What all controls found in an account, a subscription, a project or a tenancy."""
    name = cloud(provider)
    account = _account(name, accountId)
    operation, params = ("evaluations.account", {"provider": name, "account": account})
    if name == "oci":
        operation, params = ("evaluations.oci-account", {"tenantId": account})
    return collect(
        auth,
        operation,
        {**params, "filter": filter},
        AccountLevelControl,
        page_count=page_count,
        page_no=pageNo,
        page_size=pageSize,
        page=PAGE,
    )


def get_resources_evaluated_by_control(
    auth: Any,
    provider: str,
    accountId: Union[int, str],
    controlId: Union[int, str],
    *,
    filter: Optional[str] = None,
    page_count: Union[int, str] = "all",
    pageNo: Optional[int] = None,
    pageSize: Optional[int] = None,
) -> BaseList[AccountLevelEvaluation]:
    """The resources of an account that a control looked at, with what it found."""
    name = cloud(provider, WITH_RESOURCES)
    return collect(
        auth,
        "evaluations.resources",
        {"provider": name, "account": _account(name, accountId), "controlId": controlId, "filter": filter},
        AccountLevelEvaluation,
        page_count=page_count,
        page_no=pageNo,
        page_size=pageSize,
    )


def _account(provider: str, account: Union[int, str]) -> str:
    # A number has lost the zeros it began with.
    return str(account).zfill(12) if provider == "aws" and isinstance(account, int) else str(account)
