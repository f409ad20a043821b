"""Everything Qualys TotalCloud knows about your clouds, complete, fast and within quota.

>>> from totalcloud import Client
>>> client = Client(platform="qg3", username="…", password="…")   # doctest: +SKIP
>>> for connector in client.connectors("aws"):                     # doctest: +SKIP
...     print(connector["name"], connector["state"])

`Client` and `AsyncClient` talk to the service, `Estate` asks what was synced. For programs written for `qualysdk`
there is `totalcloud.qualysdk`.
"""

from __future__ import annotations

from . import errors
from ._native import ArrowBatch, ArrowStream, __version__, operations, registry, shape, shapes
from .aio import AsyncClient, AsyncRows
from .client import Client
from .errors import (
    AuthenticationError,
    ConfigError,
    ConflictError,
    DeadlineError,
    DecodeError,
    IoError,
    NetworkError,
    NotFoundError,
    PartialError,
    PastWallError,
    PermissionDeniedError,
    RateLimitError,
    RefusedError,
    TlsError,
    TotalCloudError,
    UnavailableError,
    UsageError,
    WrongHostError,
)
from .estate import Answer, Changes, Estate, questions
from .rows import Row, RowList, Rows, Table

__all__ = [
    "Answer",
    "ArrowBatch",
    "ArrowStream",
    "AsyncClient",
    "AsyncRows",
    "AuthenticationError",
    "Changes",
    "Client",
    "ConfigError",
    "ConflictError",
    "DeadlineError",
    "DecodeError",
    "Estate",
    "IoError",
    "NetworkError",
    "NotFoundError",
    "PartialError",
    "PastWallError",
    "PermissionDeniedError",
    "RateLimitError",
    "RefusedError",
    "Row",
    "RowList",
    "Rows",
    "Table",
    "TlsError",
    "TotalCloudError",
    "UnavailableError",
    "UsageError",
    "WrongHostError",
    "__version__",
    "errors",
    "operations",
    "questions",
    "registry",
    "shape",
    "shapes",
]
