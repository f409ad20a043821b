"""JSON files."""

from __future__ import annotations

from json import dump
from typing import Any

from .serializable_mixin import plain


def write_json(data: Any, output: str) -> None:
    """Writes objects, lists or dictionaries as JSON."""
    with open(output, "w", encoding="utf-8") as file:
        dump(plain(data), file, indent=2)
