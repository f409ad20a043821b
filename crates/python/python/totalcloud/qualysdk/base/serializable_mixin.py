"""How objects, lists and dictionaries become JSON."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from json import dumps
from typing import Any, Optional


def plain(value: Any) -> Any:
    """The value in the types of JSON: instants in ISO 8601, objects as dictionaries."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if hasattr(value, "to_dict"):
        return {key: plain(held) for key, held in value.to_dict().items()}
    if isinstance(value, dict):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    return value


class SerializableMixin:
    """Gives an object or a list its way to JSON."""

    __slots__ = ()

    def serialized(self) -> Any:
        """In the types of JSON."""
        return plain(self)

    def dump_json(self, indent: Optional[int] = 2) -> str:
        """As JSON text."""
        return dumps(plain(self), indent=indent)
