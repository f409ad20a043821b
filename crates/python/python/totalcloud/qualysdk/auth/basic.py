"""Signing in with a user name and a password."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from .base import BaseAuthentication, needed


#: More calls at a time than any subscription has.
MANY = 1_000_000


class BasicAuth(BaseAuthentication):
    """User name and password with every call. They are checked at once, unless `check=False`."""

    def __init__(
        self,
        username: str,
        password: str,
        platform: Optional[str] = "qg3",
        override_platform: Optional[Mapping[str, str]] = None,
        *,
        check: bool = True,
        **options: Any,
    ) -> None:
        needed(username=username, password=password)
        super().__init__(username, {"password": password}, platform, override_platform, options)
        if check:
            self._sign_in()

    @property
    def password(self) -> Optional[str]:
        """The password."""
        return self._secrets["password"]

    @property
    def token(self) -> Optional[str]:
        """There is none."""
        return None

    def _sign_in(self) -> None:
        self.test_login()

    def test_login(self, return_ratelimit: bool = False) -> Optional[Dict[str, Optional[int]]]:
        """Checks user name and password with the service, which also says what the subscription may do."""
        if not return_ratelimit and self._way == "basic":
            client = self.client
        else:
            # One that would use all calls at a time tells how many the service allows.
            client = self._client("basic", concurrency=MANY)
        self._signed_in(lambda: client.call("auth.check"))
        said = client.quota().get("about")
        # A number of calls at a time that nobody stated is only the client's caution.
        stated = said if said and said["stated"] else None
        limits = {
            "X-RateLimit-Limit": stated["limit"] if stated else None,
            "X-Concurrency-Limit-Limit": stated["concurrency"] if stated else None,
        }
        return limits if return_ratelimit else None

    def get_ratelimit(self) -> Dict[str, Optional[int]]:
        """Calls a window, and calls at a time; `None` where the service does not say."""
        return self.test_login(return_ratelimit=True) or {}
