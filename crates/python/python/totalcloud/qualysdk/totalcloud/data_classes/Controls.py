"""The classes of controls."""

from .classes import AccountLevelControl, Control

__all__ = ["AccountLevelControl", "Control"]
