"""The class of vulnerabilities."""

from .classes import QID

__all__ = ["QID"]
