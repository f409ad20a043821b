"""The face that users of the Python package qualysdk know: its names, with the engine of this package behind them.

from totalcloud.qualysdk import BasicAuth, totalcloud

with BasicAuth("user", "password", platform="qg2") as auth:
    machines = totalcloud.get_inventory(auth, "aws", "ec2")
"""

from . import auth, exceptions, totalcloud
from .auth import BasicAuth, BearerAuth, IdPAuth, OIDCAuth, TokenAuth
from .base import DONT_EXPAND, BaseClass, BaseList, write_csv, write_excel, write_json

__all__ = [
    "BaseClass",
    "BaseList",
    "BasicAuth",
    "BearerAuth",
    "DONT_EXPAND",
    "IdPAuth",
    "OIDCAuth",
    "TokenAuth",
    "auth",
    "exceptions",
    "totalcloud",
    "write_csv",
    "write_excel",
    "write_json",
]
