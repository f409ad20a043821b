"""Rows as notebooks and terminals show them: a few of them, cut, and nothing that is a secret."""

from __future__ import annotations

import html
import json
from typing import AbstractSet, Any, Dict, Iterable, List, Mapping, Sequence

SHOWN_ROWS = 20
SHOWN_COLUMNS = 12
LONGEST = 80
HIDDEN = "(hidden)"


def names(rows: Iterable[Any]) -> List[str]:
    """The fields of the rows, in the order in which they come, those with nested values last."""
    flat: Dict[str, None] = {}
    nested: Dict[str, None] = {}
    for row in rows:
        if isinstance(row, Mapping):
            for name, value in row.items():
                (nested if isinstance(value, (dict, list)) else flat).setdefault(name)
    return [*flat, *(name for name in nested if name not in flat)]


def shown(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def without(value: Any, hidden: AbstractSet[str]) -> Any:
    """A value without what must not be shown, at any depth."""
    if not hidden:
        return value
    if isinstance(value, Mapping):
        return {k: HIDDEN if k in hidden and v is not None else without(v, hidden) for k, v in value.items()}
    if isinstance(value, list):
        return [without(item, hidden) for item in value]
    return value


def table(rows: Sequence[Any], total: int, hidden: AbstractSet[str] = frozenset()) -> str:
    """A table of HTML."""
    first = [without(row, hidden) for row in rows[:SHOWN_ROWS]]
    columns = names(first)
    head = columns[:SHOWN_COLUMNS]
    cells = "".join("<th>{}</th>".format(html.escape(name)) for name in head)
    lines = []
    for row in first:
        of = row if isinstance(row, Mapping) else {}
        lines.append("".join("<td>{}</td>".format(html.escape(shown(of.get(name)))) for name in head))
    body = "".join("<tr>{}</tr>".format(line) for line in lines)
    said = "{} {}".format(total, "row" if total == 1 else "rows")
    if total > len(first):
        said += ", {} shown".format(len(first))
    if len(columns) > len(head):
        said += "; {} more columns".format(len(columns) - len(head))
    return "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table><p>{}</p>".format(cells, body, said)


def text(rows: Sequence[Any], total: int, hidden: AbstractSet[str] = frozenset()) -> str:
    """A few rows as Python writes them."""
    first = [without(row, hidden) for row in rows[:3]]
    more = "" if total <= 3 else ", … {} in all".format(total)
    return "[{}{}]".format(", ".join(repr(row) for row in first), more)
