"""Filters as users of the older package write them."""

from __future__ import annotations

import re
from typing import FrozenSet, Optional

#: Tokens whose values the service writes in upper case.
CONNECTORS = frozenset(("state",))
CONTROLS = frozenset(("provider", "resource.type", "control.criticality", "service.type"))

# A text in quotes, or a token with what follows it: a list in brackets, `in` with one in parentheses, or one value.
_PIECES = re.compile(
    r"""
    (?P<quoted> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | `[^`]*` )
  | (?<![\w.]) (?P<token>[A-Za-z][\w.]*) (?P<between> \s*:\s* | \s+in\s*(?=\() )
    (?P<value> \[[^\]]*\] | \([^)]*\) | (?!["'`\[(]) [^\s()\[\],]+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)""")


def raised(text: Optional[str], tokens: FrozenSet[str]) -> Optional[str]:
    """The filter with the values of these tokens in upper case. All else stays, and so does what stands in quotes."""
    if not isinstance(text, str):
        return text

    def upper(found: re.Match[str]) -> str:
        if found["quoted"] or found["token"] not in tokens:
            return found[0]
        parts = _QUOTED.split(found["value"])
        # Every second part is one in quotes.
        value = "".join(part if number % 2 else part.upper() for number, part in enumerate(parts))
        return found["token"] + found["between"] + value

    return _PIECES.sub(upper, text)
