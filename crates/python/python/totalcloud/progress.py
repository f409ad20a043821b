"""How far a listing or a sync is, on request.

`progress=True` shows a line on standard error (that of `tqdm` where it is installed, which notebooks show as a bar);
a function is called instead with the rows that came and how many there are, which is None while that is unknown.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Callable, Optional, Union

__all__ = ["Progress", "ProgressLike", "ProgressFunction"]

ProgressFunction = Callable[[int, Optional[int]], Any]
ProgressLike = Union[bool, ProgressFunction, None]

_EVERY = 0.2
"""Seconds between two changes of the line."""


class Progress:
    """Shows nothing."""

    def rows(self, received: int, total: Optional[int]) -> None:
        """So many rows came."""

    def end(self) -> None:
        """No more come."""

    @staticmethod
    def of(wanted: ProgressLike, name: str) -> "Progress":
        """What was asked for."""
        if wanted is None or wanted is False:
            return Progress()
        if callable(wanted):
            return _Told(wanted)
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return _Line(name)
        return _Bar(tqdm(desc=name, unit=" rows", file=sys.stderr, leave=False))


class _Told(Progress):
    def __init__(self, tell: ProgressFunction) -> None:
        self._tell = tell

    def rows(self, received: int, total: Optional[int]) -> None:
        self._tell(received, total)


class _Bar(Progress):
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def rows(self, received: int, total: Optional[int]) -> None:
        if total is not None:
            self._bar.total = total
        self._bar.update(received - self._bar.n)

    def end(self) -> None:
        self._bar.close()


class _Line(Progress):
    def __init__(self, name: str) -> None:
        self._name = name
        self._last = 0.0
        self._width = 0

    def rows(self, received: int, total: Optional[int]) -> None:
        now = time.monotonic()
        if now - self._last < _EVERY:
            return
        self._last = now
        of = "" if total is None else " of {:,}".format(total)
        line = "{}: {:,}{} rows".format(self._name, received, of)
        self._show(line)

    def _show(self, line: str) -> None:
        if not sys.stderr.isatty():
            return
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)

    def end(self) -> None:
        if self._width:
            self._show("")
            sys.stderr.write("\r")
            sys.stderr.flush()
            self._width = 0
