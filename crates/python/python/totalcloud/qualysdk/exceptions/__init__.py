"""The exceptions under the names that users of the older package catch."""

from .Exceptions import (
    AuthenticationError,
    AuthTypeMismatchError,
    InvalidAuthTypeError,
    InvalidCredentialsError,
    InvalidEndpointError,
    InvalidTokenError,
    QualysAPIError,
)

__all__ = [
    "AuthTypeMismatchError",
    "AuthenticationError",
    "InvalidAuthTypeError",
    "InvalidCredentialsError",
    "InvalidEndpointError",
    "InvalidTokenError",
    "QualysAPIError",
]
