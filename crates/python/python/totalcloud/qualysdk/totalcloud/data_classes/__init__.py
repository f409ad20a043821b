"""The classes of all answers."""

from .classes import *  # noqa: F403
from .classes import __all__ as __all__
