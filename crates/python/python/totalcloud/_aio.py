"""The end of work that an event loop waits for."""

from __future__ import annotations

import asyncio
from typing import Any, Optional


def settle(future: "asyncio.Future[Any]", error: Optional[BaseException], value: Any) -> None:
    """Gives a future its result. Runs in the thread of its loop."""
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
