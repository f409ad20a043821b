"""Every answer of the table gives all rows, or a clear exception, and the call ends."""

from __future__ import annotations

import threading
from typing import List

import pytest

from answers import TABLE, Row
from outcomes import fits, said
from scripted import Scripted
from totalcloud import TotalCloudError
from totalcloud.qualysdk import BasicAuth, totalcloud
from totalcloud.qualysdk.exceptions import QualysAPIError

#: Waits are short here; how long a user waits is a setting.
PATIENCE = {"attempts": 3, "throttled_attempts": 2, "base": 0.01, "cap": 0.05, "max_wait": 30, "total": 20}


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 40 and len({row.name for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in TABLE])
def test_an_answer(row: Row) -> None:
    with Scripted(row.script) as service:
        auth = BasicAuth(
            "user", "password", override_platform=service.hosts, check=False, timeout=2, deadline=60, retry=PATIENCE
        )
        outcome: List[str] = []
        # A thread that hangs is seen by this one, which does not wait for ever.
        caller = threading.Thread(target=lambda: outcome.append(said(totalcloud, auth, row, service, [])), daemon=True)
        caller.start()
        caller.join(timeout=90)
        assert outcome, "the call does not end"
    assert fits(outcome[0], row.ours), outcome[0]
    if outcome[0].startswith("raises "):
        classes = outcome[0].split()
        assert QualysAPIError.__name__ in classes and TotalCloudError.__name__ in classes
