"""What came of a call, in the words of the table of answers."""

from __future__ import annotations

import threading
from typing import Any, List

from answers import Row
from scripted import Scripted


def said(functions: Any, auth: Any, row: Row, service: Scripted, died: List[Any]) -> str:
    """Makes the call of a row and tells what came of it. Threads that died are counted in `died`."""
    try:
        if row.call == "two_inventories":
            return _two(functions, auth)
        if row.call == "filter_sent":
            functions.get_connectors(auth, **row.given)
            return service.asked[-1].query["filter"]
        found = getattr(functions, row.call)(auth, **row.given)
    except Exception as error:
        return "raises " + " ".join(each.__name__ for each in type(error).__mro__)
    if not isinstance(found, list):
        article = "an" if type(found).__name__[0] in "AEIOU" else "a"
        return f"{article} {type(found).__name__}"
    more = f", {len(died)} died" if died else ""
    return f"{len(found)} rows{more}"


def fits(outcome: str, wanted: str) -> bool:
    """Whether an outcome is the one that the table names."""
    if wanted.startswith("raises "):
        return outcome.startswith("raises ") and wanted.split()[1] in outcome.split()[1:]
    if wanted.startswith("fewer than "):
        most, got = wanted.split()[2], outcome.split()
        return got[1:2] == ["rows"] and int(got[0]) < int(most)
    if wanted.endswith(" died"):
        # How many threads were at it when it went wrong is chance.
        return outcome.endswith(" died") and outcome.split(",")[0] == wanted.split(",")[0]
    return outcome == wanted


def _two(functions: Any, auth: Any) -> str:
    """Two inventories at the same time, one of which is empty: how many rows came in all."""
    rows: List[int] = []

    def read(kind: str) -> None:
        rows.append(len(functions.get_inventory(auth, "aws", kind)))

    threads = [threading.Thread(target=read, args=(kind,)) for kind in ("ec2", "vpc")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return f"{sum(rows)} rows"
