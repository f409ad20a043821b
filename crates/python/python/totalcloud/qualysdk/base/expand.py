"""Whether nested values are spread over attributes."""

from __future__ import annotations


class DONT_EXPAND:
    """Set `DONT_EXPAND.flag = True` for objects whose nested values stay as the service sent them.

    It holds for the objects made while it is set.
    """

    flag = False
