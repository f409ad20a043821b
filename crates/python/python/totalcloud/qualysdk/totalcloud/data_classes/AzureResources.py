"""The classes of Azure, and what they share."""

from . import classes as _classes
from .classes import *  # noqa: F403
from .classes import AzureResource

BaseResource = AzureResource
__all__ = [
    "BaseResource",
    *(name for name in _classes.__all__ if name.startswith("Azure") and name != "AzureConnector"),
]
