"""Exceptions. All of them are a `TotalCloudError`; where a class of Python says the same, they are that as well.

There is one class for each kind of error that the program knows; its `kind` is the word of that table.
"""

from __future__ import annotations

import builtins
from typing import Any, Dict, Mapping, Optional, Tuple, Type

__all__ = [
    "TotalCloudError",
    "AuthenticationError",
    "ConfigError",
    "ConflictError",
    "DeadlineError",
    "DecodeError",
    "InterruptedError",
    "IoError",
    "NetworkError",
    "NotFoundError",
    "PartialError",
    "PastWallError",
    "PermissionDeniedError",
    "RateLimitError",
    "RefusedError",
    "TimeoutError",
    "TlsError",
    "UnavailableError",
    "UsageError",
    "WrongHostError",
]


class TotalCloudError(Exception):
    """The service reports that what was asked for failed."""

    kind: str = "failed"
    """The kind of error, as a word."""
    status: Optional[int]
    """The HTTP status of the last answer, if one came."""
    code: Optional[str]
    """The service's own code for the error, if it gave one."""
    operation: Optional[str]
    """The operation it happened to, such as `resources.list`."""
    request_id: Optional[str]
    """The id under which the service's support finds the call."""
    retry_after: Optional[float]
    """Seconds to wait before trying again, where that is known."""
    attempts: int
    """How many times it was tried; 0 if nothing was sent."""
    hint: Optional[str]
    """What to do about it."""
    may_have_arrived: bool
    """Whether a write may have reached the service although no answer says so. Look before sending it again."""

    def __init__(
        self,
        message: str = "",
        *,
        kind: Optional[str] = None,
        status: Optional[int] = None,
        code: Optional[str] = None,
        operation: Optional[str] = None,
        request_id: Optional[str] = None,
        retry_after: Optional[float] = None,
        attempts: int = 0,
        hint: Optional[str] = None,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(message)
        if kind is not None:
            self.kind = kind
        self.status = status
        self.code = code
        self.operation = operation
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = attempts
        self.hint = hint
        self.may_have_arrived = may_have_arrived
        # Shown below the message since Python 3.11.
        if hint and hasattr(self, "add_note"):
            self.add_note(hint)

    @property
    def message(self) -> str:
        """What happened, in one line."""
        return str(self)

    def __reduce__(self) -> Tuple[Any, ...]:
        state: Dict[str, Any] = dict(self.__dict__)
        state.pop("__notes__", None)
        return (_again, (type(self), self.args, state))


def _again(cls: Type[TotalCloudError], args: Tuple[Any, ...], state: Dict[str, Any]) -> TotalCloudError:
    return cls(*args, **state)


class UsageError(TotalCloudError, ValueError):
    """An argument does not fit; nothing was sent."""

    kind = "usage"


class ConfigError(TotalCloudError, ValueError):
    """A setting is missing or wrong; nothing was sent."""

    kind = "config"


class AuthenticationError(TotalCloudError, PermissionError):
    """The credentials were refused, or there are none for this operation."""

    kind = "unauthenticated"


class PermissionDeniedError(TotalCloudError, PermissionError):
    """The user is known but may not do this: the module, the API access or the permission is missing."""

    kind = "forbidden"


class NotFoundError(TotalCloudError, FileNotFoundError):
    """There is no such thing under this id."""

    kind = "not-found"


class WrongHostError(TotalCloudError, ValueError):
    """The host does not serve this path: the platform or the address is wrong."""

    kind = "wrong-host"


class RefusedError(TotalCloudError, ValueError):
    """The service refused the request as wrong, such as a filter it does not know."""

    kind = "refused"


class ConflictError(TotalCloudError):
    """The request contradicts the state of the service."""

    kind = "conflict"


class RateLimitError(TotalCloudError):
    """The quota is used up, and the wait is longer than the policy allows."""

    kind = "rate-limited"


class DeadlineError(TotalCloudError, builtins.TimeoutError):
    """The deadline was reached; what came until then can be resumed."""

    kind = "deadline"


class UnavailableError(TotalCloudError, ConnectionError):
    """The service failed, and trying again did not help."""

    kind = "unavailable"


class TimeoutError(TotalCloudError, builtins.TimeoutError):
    """No answer came in time."""

    kind = "timeout"


class NetworkError(TotalCloudError, ConnectionError):
    """The host could not be reached or the connection broke."""

    kind = "network"


class TlsError(TotalCloudError, ConnectionError):
    """The TLS connection could not be made, mostly because the certificate is not trusted."""

    kind = "tls"


class DecodeError(TotalCloudError, ValueError):
    """The answer is not what the operation should answer."""

    kind = "decode"


class PartialError(TotalCloudError):
    """Fewer rows came than the service promised."""

    kind = "partial"
    report: Optional[Mapping[str, Any]] = None
    """What came and what is missing: the report of the listing or of the sync."""


class PastWallError(PartialError):
    """The query matches more rows than one query can reach."""

    kind = "past-wall"


class IoError(TotalCloudError, OSError):
    """A file or a process could not be used."""

    kind = "io"


class InterruptedError(TotalCloudError, builtins.InterruptedError):
    """The run was interrupted."""

    kind = "interrupted"
