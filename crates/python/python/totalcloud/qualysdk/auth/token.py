"""Signing in with a token of the gateway."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Dict, Mapping, Optional

from .base import BaseAuthentication, needed
from .basic import BasicAuth


class TokenAuth(BasicAuth):
    """User name and password are exchanged for a token, which is renewed before it ends."""

    auth_type = "token"
    _way = "gateway"

    generated_on: Optional[datetime] = None
    """When the first token was asked for."""

    def _sign_in(self) -> None:
        self.get_token()

    @property
    def token(self) -> Optional[str]:
        """The token that calls carry now."""
        return self.get_token()

    def get_token(self) -> str:
        """The token that calls carry now; a new one where there is none or the last one ends."""
        token: str = self._signed_in(self.client.token)
        if self.generated_on is None:
            self.generated_on = datetime.now(timezone.utc)
        return token

    def as_header(self) -> Dict[str, str]:
        """The header of calls. It is a secret."""
        return {"Authorization": f"Bearer {self.get_token()}"}


class BearerAuth(BaseAuthentication):
    """A token that you have already."""

    auth_type = "token"
    _way = "token"

    def __init__(
        self,
        token: str,
        platform: Optional[str] = "qg3",
        override_platform: Optional[Mapping[str, str]] = None,
        **options: Any,
    ) -> None:
        needed(token=token)
        super().__init__(None, {"token": token}, platform, override_platform, options)

    def as_header(self) -> Dict[str, str]:
        """The header of calls. It is a secret."""
        return {"Authorization": f"Bearer {self._secrets['token']}"}
