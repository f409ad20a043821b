"""The classes of AWS, and what they share."""

from . import classes as _classes
from .classes import *  # noqa: F403
from .classes import QID, AWSResource

BaseResource = AWSResource
__all__ = [
    "QID",
    "BaseResource",
    *(name for name in _classes.__all__ if name.startswith("AWS") and name != "AWSConnector"),
]
