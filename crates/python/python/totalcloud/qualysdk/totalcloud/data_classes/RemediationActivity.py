"""The class of what was done to remediate."""

from .classes import RemediationActivity

__all__ = ["RemediationActivity"]
