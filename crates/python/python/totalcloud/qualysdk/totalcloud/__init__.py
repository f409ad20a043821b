"""The functions and objects of TotalCloud, under the names that users of the older package know."""

from .connectors import get_aws_base_account, get_connector_details, get_connectors
from .controls import get_control_metadata
from .evaluations import (
    get_account_evaluation,
    get_control_stats_by_resource,
    get_evaluation,
    get_resources_evaluated_by_control,
)
from .inventory import get_inventory, get_resource_details
from .remediation import get_remediation_activities

__all__ = [
    "get_account_evaluation",
    "get_aws_base_account",
    "get_connector_details",
    "get_connectors",
    "get_control_metadata",
    "get_control_stats_by_resource",
    "get_evaluation",
    "get_inventory",
    "get_remediation_activities",
    "get_resource_details",
    "get_resources_evaluated_by_control",
]
