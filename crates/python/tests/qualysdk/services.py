"""Rows, and services that give them: well, badly, or in ways that nobody expects."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from scripted import Asked, Reply, Script, page, reply

ROWS = 120
EC2 = "/cloudview-api/rest/v1/resource/EC2_INSTANCE/AWS"
UUID = "6f2c1d3e-0000-4000-8000-{:012d}"


def instance(number: int, **more: Any) -> Dict[str, Any]:
    """A row of the inventory."""
    row = {
        "resourceId": f"i-{number:017x}",
        "instanceId": f"i-{number:017x}",
        "uuid": UUID.format(number),
        "cloudType": "AWS",
        "cloudAccountId": "111122223333",
        "region": "us-east-1",
        "resourceType": "EC2_INSTANCE",
        "created": "2024-05-10T08:00:00+0000",
        "controlsFailed": 3,
        "tags": [{"key": "Name", "value": f"n{number}"}],
    }
    row.update(more)
    return row


def instances(count: int = ROWS, **more: Any) -> List[Dict[str, Any]]:
    return [instance(number, **more) for number in range(count)]


def connectors(count: int = 3, **more: Any) -> List[Dict[str, Any]]:
    """Rows of connectors."""
    return [
        {
            "connectorId": UUID.format(number),
            "name": f"c{number}",
            "provider": "AWS",
            "state": "SUCCESS",
            "awsAccountId": "111122223333",
            "lastSyncedOn": "Tue Nov 10 09:57:29 UTC 2026",
            **more,
        }
        for number in range(count)
    ]


def controls(count: int, first: int = 0) -> List[Dict[str, Any]]:
    """Rows of controls."""
    return [
        {"cid": first + number + 1, "controlName": f"control {first + number + 1}", "provider": "AWS"}
        for number in range(count)
    ]


def listing(
    rows: List[Any], change: Optional[Callable[[Asked, Dict[str, Any]], Any]] = None, usual: int = 50
) -> Script:
    """Pages of rows, each changed a little."""

    def script(asked: Asked) -> Reply:
        envelope = page(rows, asked.page, asked.size(usual))
        changed = envelope if change is None else change(asked, envelope)
        return changed if isinstance(changed, Reply) else reply(changed)

    return script


def without(*keys: str) -> Callable[[Asked, Dict[str, Any]], Any]:
    return lambda asked, envelope: {key: value for key, value in envelope.items() if key not in keys}


def with_(**more: Any) -> Callable[[Asked, Dict[str, Any]], Any]:
    return lambda asked, envelope: {**envelope, **more}


def once(bad: Reply, number: int = 1) -> Script:
    """The whole inventory, but that a page is answered badly the first time. Rows are few a page, so that it is met."""
    whole = listing(instances(), usual=50)

    def script(asked: Asked) -> Reply:
        return bad if asked.page == number and asked.before == 0 else whole(asked)

    return script


def always(bad: Reply) -> Script:
    return lambda asked: bad


def later(bad: Reply) -> Script:
    """The first page is good, all others are not."""
    whole = listing(instances())
    return lambda asked: whole(asked) if asked.page == 0 else bad


def small(script: Script, most: int = 50) -> Script:
    """A service that gives no larger pages than this, whatever is asked for."""

    def shrunk(asked: Asked) -> Reply:
        return script(asked._replace(query={**asked.query, "pageSize": str(min(asked.size(most), most))}))

    return shrunk


HTML = Reply(b"<html><body>Service unavailable</body></html>", 200, (), "text/html")
XML = Reply(b"<?xml version='1.0'?><CONTROL_LIST_OUTPUT/>", 200, (), "application/xml")
EMPTY = Reply(b"", 200)


def bad_row(value: Any) -> List[Any]:
    rows: List[Any] = instances()
    rows[70] = value
    return rows


def promising(asked: Asked) -> Reply:
    """Controls that always promise more, and give the same last page for ever."""
    number = min(asked.page, 2)
    return reply({"control": controls(10, number * 10), "warning": {"url": "next"}})


def control_pages(asked: Asked) -> Reply:
    rows, size = controls(25), asked.size(10)
    part = rows[asked.page * size : (asked.page + 1) * size]
    more = {"warning": {"url": "next"}} if (asked.page + 1) * size < len(rows) else {}
    return reply({"control": part, **more})


def default_of(usual: int, rows: List[Any], change: Optional[Callable[[Asked, Dict[str, Any]], Any]] = None) -> Script:
    return small(listing(rows, change, usual), usual)


def activities(count: int = 7) -> List[Dict[str, Any]]:
    return [
        {
            "resourceId": f"r{number}",
            "controlId": 1,
            "cloudType": "AWS",
            "accountId": "111122223333",
            "status": "SUCCESS",
            "triggeredOn": "2026-11-10T08:00:00+0000",
            "policyNames": ["p"],
        }
        for number in range(count)
    ]


def account(count: int) -> List[Dict[str, Any]]:
    return [
        {"controlId": str(number + 1), "controlName": "c", "result": "PASS", "passedResources": 1}
        for number in range(count)
    ]


def evaluated(count: int) -> List[Dict[str, Any]]:
    return [
        {
            "resourceId": f"r{number}",
            "accountId": "111122223333",
            "result": "PASS",
            "evaluationDates": {"exceptionMetadata": None},
        }
        for number in range(count)
    ]


def two_types(asked: Asked) -> Reply:
    """Many machines, and no network."""
    return listing(instances(2000) if asked.path == EC2 else [])(asked)


def of_one(text: bytes) -> Script:
    """A page of one row, which is this text."""
    whole = Reply(b'{"content":[' + text + b'],"last":true,"totalElements":1,"numberOfElements":1,"empty":false}')
    return lambda asked: whole if asked.page == 0 else reply(page([], asked.page, asked.size()))
