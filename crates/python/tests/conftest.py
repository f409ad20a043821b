"""What the tests share: a running simulator, and what a client needs to speak to it.

The command that simulates the service is named by TOTALCLOUD_COMMAND.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

# Nothing of the machine decides what the tests see: no remembered quotas, no variables of its user.
for _name in [name for name in os.environ if name.startswith("TOTALCLOUD_") and name != "TOTALCLOUD_COMMAND"]:
    del os.environ[_name]
os.environ["TOTALCLOUD_STATE_DIR"] = "none"
os.environ["NO_PROXY"] = "127.0.0.1"

# The small scripted service that some tests use.
sys.path.insert(0, str(Path(__file__).parent / "qualysdk"))


class Simulator:
    """`totalcloud sim` on a free port; stopped by its process id."""

    def __init__(self, *flags: str) -> None:
        command = os.environ.get("TOTALCLOUD_COMMAND") or shutil.which("totalcloud")
        if command is None:
            raise pytest.UsageError("set TOTALCLOUD_COMMAND to the totalcloud command; its simulator answers the tests")
        self.process = subprocess.Popen([command, "sim", *flags], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ready: Dict[str, Any] = json.loads(self.process.stdout.readline())
        self.url: str = self.ready["url"]
        self.username: str = self.ready["username"]
        self.password: str = self.ready["password"]
        self.totals: Dict[str, int] = self.ready["totals"]

    @property
    def hosts(self) -> Dict[str, str]:
        """Its addresses, as `override_platform` takes them."""
        return {"qualysguard_url": self.url, "gateway_url": self.url, "api_url": self.url}

    def basic(self, **options: Any) -> Any:
        """A sign-in of the familiar face."""
        from totalcloud.qualysdk import BasicAuth

        return BasicAuth(self.username, self.password, override_platform=self.hosts, **options)

    def client(self, **options: Any) -> Any:
        """A client of the native face."""
        from totalcloud import Client

        given = {"url": self.url, "username": self.username, "password": self.password, "auth": "basic"}
        return Client(**{**given, **options})

    def stop(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def start_simulator() -> Iterator[Callable[..., Simulator]]:
    """Starts simulators with the flags that are given; they end with the tests."""
    started: List[Simulator] = []

    def start(*flags: str) -> Simulator:
        started.append(Simulator(*flags))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture(scope="session")
def simulator(start_simulator: Callable[..., Simulator]) -> Simulator:
    """A company of some five thousand resources, the same in every run."""
    return start_simulator("--seed", "7", "--size", "small")
