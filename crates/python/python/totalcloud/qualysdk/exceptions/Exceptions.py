"""The exceptions under the names that users of the older package catch. All are a `totalcloud.TotalCloudError`.

What a call raises is a `QualysAPIError` and, besides, the class of `totalcloud.errors` that says what happened: a
refused filter is a `RefusedError` and so a `ValueError`, a thing that is not there a `NotFoundError` and so a
`FileNotFoundError`.
"""

from __future__ import annotations

from typing import Any, Dict, Type

from ... import errors

__all__ = [
    "AuthTypeMismatchError",
    "AuthenticationError",
    "InvalidAuthTypeError",
    "InvalidCredentialsError",
    "InvalidEndpointError",
    "InvalidTokenError",
    "QualysAPIError",
]


class QualysAPIError(errors.TotalCloudError):
    """A call failed."""


class AuthenticationError(errors.AuthenticationError):
    """The sign-in failed."""


class InvalidCredentialsError(AuthenticationError, errors.ConfigError):
    """The credentials are missing."""


class InvalidTokenError(AuthenticationError):
    """The token is missing."""


class InvalidAuthTypeError(AuthenticationError):
    """The way to sign in is not known."""


class AuthTypeMismatchError(AuthenticationError):
    """The way to sign in does not fit. No function raises it: every one takes every way."""


class InvalidEndpointError(errors.WrongHostError):
    """The host does not serve this."""


_BESIDES: Dict[str, Type[errors.TotalCloudError]] = {
    "AuthenticationError": AuthenticationError,
    "WrongHostError": InvalidEndpointError,
}

# One class for each of `totalcloud.errors`, which is a QualysAPIError as well.
_both: Dict[str, Type[errors.TotalCloudError]] = {}
for _name in errors.__all__:
    _class = _BESIDES.get(_name, getattr(errors, _name))
    if _class is errors.TotalCloudError:
        _both[_name] = QualysAPIError
    else:
        _named = f"Qualys{_name}"
        _both[_name] = type(_named, (QualysAPIError, _class), {"__module__": __name__, "__doc__": _class.__doc__})
        globals()[_named] = _both[_name]


def known(error: errors.TotalCloudError) -> errors.TotalCloudError:
    """The same error, which users of the older package catch as well."""
    if isinstance(error, QualysAPIError):
        return error
    name = next((each.__name__ for each in type(error).__mro__ if each.__name__ in _both), "TotalCloudError")
    return _same(_both[name], error)


def refused_to_sign_in(error: errors.TotalCloudError) -> errors.TotalCloudError:
    """The error of a sign-in."""
    return _same(AuthenticationError, error) if isinstance(error, errors.AuthenticationError) else known(error)


def usage(message: str) -> errors.TotalCloudError:
    """An argument does not fit: a `QualysAPIError` and a `ValueError`."""
    return _both["UsageError"](message)


def _same(cls: Type[errors.TotalCloudError], error: errors.TotalCloudError) -> errors.TotalCloudError:
    state: Dict[str, Any] = {name: held for name, held in vars(error).items() if not name.startswith("__")}
    made = cls(*error.args, hint=state.get("hint"))
    vars(made).update(state)
    return made
