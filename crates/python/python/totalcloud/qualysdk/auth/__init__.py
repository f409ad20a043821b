"""The ways to sign in."""

from .base import BaseAuthentication
from .basic import BasicAuth
from .openid import IdPAuth, OIDCAuth
from .token import BearerAuth, TokenAuth

__all__ = ["BaseAuthentication", "BasicAuth", "BearerAuth", "IdPAuth", "OIDCAuth", "TokenAuth"]
