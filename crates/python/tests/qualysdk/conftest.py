"""Platforms of the service that lead to the simulator, so that samples run as they are printed."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from totalcloud.qualysdk.auth import base


def _led(simulator: Any, monkeypatch: pytest.MonkeyPatch, platform: str, more: Dict[str, Any]) -> None:
    real = base.Client

    def client(**given: Any) -> Any:
        assert given.pop("platform") == platform
        held = {name: more.get(name, value) for name, value in given.items()}
        return real(**held, url=simulator.url)

    monkeypatch.setattr(base, "Client", client)


@pytest.fixture
def qg1(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform qg1 is the simulator."""
    _led(simulator, monkeypatch, "qg1", {})


@pytest.fixture
def qg2(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform qg2 is the simulator, and takes the made-up credentials that guides print."""
    names = ("username", "password", "client_id", "client_secret")
    _led(simulator, monkeypatch, "qg2", {name: simulator.ready[name] for name in names})
