"""The classes of Azure, and what they share."""

from .classes import *  # noqa: F403
from .classes import AzureResource as AzureResource

BaseResource = AzureResource
