"""Signing in by OpenID Connect: with a client of the service, or at the identity provider of the company."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from .base import BaseAuthentication, needed


class _TokenOfAClient(BaseAuthentication):
    auth_type = "token"

    def __init__(
        self,
        client_id: str,
        secrets: Mapping[str, Optional[str]],
        username: Optional[str],
        platform: Optional[str],
        override_platform: Optional[Mapping[str, str]],
        options: Mapping[str, Any],
        check: bool,
    ) -> None:
        self.client_id = client_id
        super().__init__(username, secrets, platform, override_platform, {"client_id": client_id, **options})
        if check:
            self.get_token()

    def to_dict(self) -> Dict[str, Any]:
        """Who, how and where, without the secrets."""
        return {"client_id": self.client_id, **super().to_dict()}

    def get_token(self) -> str:
        """The token that calls carry now; a new one where there is none or the last one ends."""
        token: str = self._signed_in(self.client.token)
        return token

    def as_header(self) -> Dict[str, str]:
        """The header of calls. It is a secret."""
        return {"Authorization": f"Bearer {self.get_token()}"}


class OIDCAuth(_TokenOfAClient):
    """A client id and a client secret that the service gave."""

    _way = "oidc"

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        platform: Optional[str] = "qg3",
        override_platform: Optional[Mapping[str, str]] = None,
        *,
        check: bool = True,
        **options: Any,
    ) -> None:
        needed(client_id=client_id, client_secret=client_secret)
        super().__init__(client_id, {"client_secret": client_secret}, None, platform, override_platform, options, check)


class IdPAuth(_TokenOfAClient):
    """A token of the company's identity provider: for a user (with `username` and `password`; a `client_secret` only
    where the provider wants one), or for a client (with `client_secret` alone).
    """

    _way = "idp"

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: Optional[str] = None,
        username: Optional[str] = None,
        password: Optional[str] = None,
        scope: Optional[str] = None,
        audience: Optional[str] = None,
        platform: Optional[str] = "qg3",
        override_platform: Optional[Mapping[str, str]] = None,
        *,
        check: bool = True,
        **options: Any,
    ) -> None:
        needed(token_url=token_url, client_id=client_id)
        self.token_url = token_url
        idp = {"token_url": token_url, "scope": scope, "audience": audience}
        where = {"idp": {name: value for name, value in idp.items() if value is not None}}
        secrets = {"client_secret": client_secret, "password": password}
        super().__init__(client_id, secrets, username, platform, override_platform, {**where, **options}, check)

    def to_dict(self) -> Dict[str, Any]:
        """Who, how and where, without the secrets."""
        return {"token_url": self.token_url, **super().to_dict()}
