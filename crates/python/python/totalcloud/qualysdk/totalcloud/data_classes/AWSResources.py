"""The classes of AWS, and what they share."""

from .classes import *  # noqa: F403
from .classes import AWSResource as AWSResource

BaseResource = AWSResource
