"""What all sign-ins have in common."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Optional, Type, TypeVar

from ..._native import Client
from ...errors import TotalCloudError
from ..exceptions.Exceptions import InvalidCredentialsError, known, refused_to_sign_in, usage

A = TypeVar("A", bound="BaseAuthentication")

KEYS = {"qualysguard_url": "base", "gateway_url": "gateway", "api_url": "api"}


class BaseAuthentication:
    """A sign-in: who, how and where. Its secrets are in no `repr`, no `to_dict` and no pickle.

    `options` are those of `totalcloud.Client`, such as `ca_bundle`, `proxy`, `timeout`, `retry` or `state_dir`.
    """

    auth_type = "basic"
    _way = "basic"

    def __init__(
        self,
        username: Optional[str],
        secrets: Mapping[str, Optional[str]],
        platform: Optional[str],
        override_platform: Optional[Mapping[str, str]],
        options: Mapping[str, Any],
    ) -> None:
        self.username = username
        self.override_platform = None if override_platform is None else _addresses(override_platform)
        self.platform = platform if override_platform is None else "CUSTOM"
        self._secrets = dict(secrets)
        self._options = dict(options)
        where: Dict[str, Any] = (
            {"platform": platform}
            if self.override_platform is None
            else {"hosts": {KEYS[key]: url for key, url in self.override_platform.items()}}
        )
        self._where = where
        self._made: Optional[Client] = None

    @property
    def client(self) -> Client:
        """The client that signs in this way."""
        if self._made is None:
            self._made = self._client(self._way)
        return self._made

    def _client(self, way: str, **more: Any) -> Client:
        who = {"username": self.username, **self._secrets}
        given = {name: value for name, value in who.items() if value is not None}
        try:
            return Client(**{"auth": way, **given, **self._where, **self._options, **more})
        except TotalCloudError as error:
            raise known(error) from None

    def __enter__(self: A) -> A:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def to_dict(self) -> Dict[str, Any]:
        """Who, how and where, without the secrets."""
        return {
            "username": self.username,
            "auth_type": self.auth_type,
            "platform": self.platform,
            "override_platform": self.override_platform,
        }

    @classmethod
    def from_dict(cls: Type[A], data: Mapping[str, Any]) -> A:
        """A sign-in from its arguments."""
        known_keys = {key: value for key, value in data.items() if key not in ("auth_type", "token")}
        if known_keys.get("override_platform"):
            known_keys.pop("platform", None)
        return cls(**known_keys)

    @classmethod
    def from_json_string(cls: Type[A], data: str) -> A:
        """A sign-in from its arguments as JSON."""
        return cls.from_dict(json.loads(data))

    def to_json_string(self, pretty: bool = False) -> str:
        """`to_dict` as JSON."""
        return json.dumps(self.to_dict(), indent=4 if pretty else None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseAuthentication):
            return NotImplemented
        return type(self) is type(other) and self.to_dict() == other.to_dict() and self._secrets == other._secrets

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        held = ", ".join(f"{name}={value!r}" for name, value in self.to_dict().items())
        return f"{type(self).__name__}({held})"

    def __str__(self) -> str:
        return f"{type(self).__name__} of {self.username} on {self.override_platform or self.platform}"

    def __reduce__(self) -> Any:
        raise TypeError("a sign-in holds secrets and is not pickled; make one where it is needed")

    def __deepcopy__(self: A, _: Any) -> A:
        return self

    def __copy__(self: A) -> A:
        return self

    def _signed_in(self, make: Any) -> Any:
        """Runs what signs in, and gives its errors the names that users of the older package catch."""
        try:
            return make()
        except TotalCloudError as error:
            raise refused_to_sign_in(error) from None


def needed(**values: Optional[str]) -> None:
    """Refuses credentials that are missing."""
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise InvalidCredentialsError(f"the sign-in wants {' and '.join(missing)}")


def _addresses(given: Mapping[str, str]) -> Dict[str, str]:
    if not all(isinstance(given.get(key), str) for key in KEYS):
        raise usage(f"override_platform has the addresses {', '.join(KEYS)}")
    return {key: _address(given[key]) for key in KEYS}


def _address(url: str) -> str:
    url = url.strip().rstrip("/")
    scheme, found, rest = url.partition("://")
    if not found:
        return f"https://{url}"
    # What stays on this machine may go without TLS; all else is raised to it.
    local = rest.startswith(("127.0.0.1", "localhost", "[::1]"))
    return f"https://{rest}" if scheme == "http" and not local else url
