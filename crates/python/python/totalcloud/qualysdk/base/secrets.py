"""Credentials that rows may carry: shown when asked for by name, and nowhere else."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[redacted]"

NAMES = frozenset(
    (
        "password",
        "secrets",
        "clientsecret",
        "client_secret",
        "secretkey",
        "secret_key",
        "authenticationkey",
        "servicekey",
        "privatekey",
        "private_key",
        "apikey",
        "api_key",
        "accesstoken",
        "access_token",
        "smtppassword",
        "slackwebhookuri",
        "webhookuri",
        "pagerdutyservicekey",
    )
)

# A name may be written with escapes.
_MAY = re.compile("|".join([*(f'"{name}"' for name in sorted(NAMES)), r"\\u00"]).encode(), re.IGNORECASE)


def may_hold_secrets(raw: bytes) -> bool:
    """Whether a row may hold a credential; most are told apart without being read."""
    return _MAY.search(raw) is not None


def without_secrets(name: str, value: Any) -> Any:
    """The value with the credentials in it hidden; what is empty stays empty."""
    if name.lower() in NAMES:
        return HIDDEN if value else value
    if isinstance(value, dict):
        return {key: without_secrets(str(key), held) for key, held in value.items()}
    if isinstance(value, list):
        return type(value)(without_secrets("", item) for item in value)
    return value
