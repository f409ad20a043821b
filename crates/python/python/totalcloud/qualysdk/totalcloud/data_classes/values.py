"""How single values of rows are read.

Each reader takes a value that is not empty. One that does not fit raises, and the value stays as it came.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser
from json import loads
from typing import Any, Dict, List, Optional
from urllib.parse import unquote

from .... import _native
from ...base.base_list import BaseList

_iso = datetime.fromisoformat

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def time(value: Any) -> datetime:
    """An instant, in UTC, of any form that the service was seen to write."""
    if type(value) is str and len(value) == 24 and value[10] == "T" and value[19:] == "+0000":
        # The usual form, which Python reads the quickest.
        try:
            return _iso(value[:19] + "+00:00")
        except ValueError:
            pass
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    read: Optional[datetime] = _native.read_timestamp(value)
    if read is None:
        raise ValueError(value)
    return read


def milliseconds(value: Any) -> datetime:
    """An instant that is written as milliseconds since 1970."""
    if isinstance(value, datetime):
        return time(value)
    return EPOCH + timedelta(milliseconds=int(value))


def seconds(value: Any) -> datetime:
    """An instant that is written as seconds since 1970."""
    if isinstance(value, datetime):
        return time(value)
    return EPOCH + timedelta(seconds=float(value))


def stamp(value: datetime) -> str:
    """An instant inside a text: UTC, without its offset."""
    return str(value.astimezone(timezone.utc).replace(tzinfo=None))


def boolean(value: Any) -> Any:
    """A truth that may be written as a word."""
    return value if isinstance(value, bool) else value.lower() == "true"


def integer(value: Any) -> int:
    """A number that may be written as digits."""
    return value if isinstance(value, int) else int(str(value))


class Version(float):
    """A version such as 1.30: it compares as a number, and prints as it came."""

    text: str

    def __new__(cls, value: Any) -> Version:
        made = super().__new__(cls, value)
        made.text = str(value)
        return made

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __reduce__(self) -> Any:
        return Version, (self.text,)


def account(value: Any) -> Any:
    """The id of an account: text, with the zeros it begins with."""
    return str(value).zfill(12) if isinstance(value, int) and not isinstance(value, bool) else value


def listed(value: Any) -> BaseList[Any]:
    """A list; one object alone counts as a list of it."""
    return BaseList((value,) if isinstance(value, dict) else value)


def text(value: Any) -> str:
    """Anything, as text."""
    return str(value)


def document(value: Any) -> Any:
    """JSON inside a text, percent-encoded or not."""
    if not isinstance(value, str):
        return value
    return loads(unquote(value) if value.lstrip()[:1] == "%" else value)


class _Text(HTMLParser):
    """The text of a piece of HTML."""

    HIDDEN = frozenset(("script", "style", "template"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: List[str] = []
        self.hidden: List[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in self.HIDDEN:
            self.hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.hidden and self.hidden[-1] == tag:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.pieces.append(data)


def html(value: Any) -> str:
    """The text of a piece of HTML."""
    if not isinstance(value, str):
        raise ValueError(value)
    if "<" not in value and "&" not in value:
        return value
    parser = _Text()
    parser.feed(value)
    parser.close()
    return "".join(parser.pieces)


def exploitability(value: Any) -> Any:
    """Three dashes say that there is none."""
    return None if value == "---" else value


def polling(value: Dict[str, Any]) -> str:
    """How often a connector runs."""
    return f"{value.get('hours', 0)}h, {value.get('minutes', 0)}m"
