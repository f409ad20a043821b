"""The native module: the client, pages, Arrow streams, estates and what is declared of the service."""

import os
from datetime import datetime
from typing import (
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    TypedDict,
    Union,
    final,
    type_check_only,
)

from typing_extensions import disjoint_base

__all__ = [
    "ArrowBatch",
    "ArrowStream",
    "Client",
    "Estate",
    "Pages",
    "__version__",
    "account_of",
    "ending",
    "error_kinds",
    "operations",
    "questions",
    "read_bool",
    "read_int",
    "read_timestamp",
    "registry",
    "resource_type",
    "shape",
    "shapes",
    "sync_estate",
    "sync_plan",
    "variables",
]

__version__: str

@type_check_only
class Part(TypedDict):
    part: str
    total: Optional[int]
    received: int
    missing: Optional[int]
    reason: Optional[str]
    error: Optional[str]

@type_check_only
class Report(TypedDict):
    """How many rows came, of how many."""

    complete: bool
    received: int
    total: Optional[int]
    expected: Optional[int]
    pages: int
    finished: bool
    missing: Optional[int]
    reason: Optional[str]
    total_was: Optional[int]
    shrank: bool
    repeated_pages: int
    part: bool
    queries: int
    split: List[Part]

@type_check_only
class SignIn(TypedDict):
    auth: str
    username: Optional[str]
    host: str
    module: Optional[str]
    hints: List[str]

@type_check_only
class Quota(TypedDict):
    limit: Optional[int]
    window: Optional[float]
    remaining: Optional[int]
    used: Optional[int]
    concurrency: int
    running: int
    opens_in: Optional[float]
    stated: bool

@type_check_only
class Column(TypedDict):
    wire: str
    kind: str
    list: bool
    doc: str
    volatile: bool
    sensitive: bool
    secret: bool
    id: bool
    shown: bool
    details: bool
    model: Optional[str]
    nested: List["Column"]

@type_check_only
class ResourceType(TypedDict):
    provider: str
    api_name: str
    title: str
    aliases: List[str]
    table: str
    model: str
    columns: List[Column]

@type_check_only
class Param(TypedDict):
    name: str
    required: bool
    secret: bool
    list: bool
    doc: str

@type_check_only
class Operation(TypedDict):
    name: str
    doc: str
    method: str
    path: str
    effect: str
    answer: str
    paged: bool
    providers: List[str]
    model: Optional[str]
    params: List[Param]

@type_check_only
class QuestionParam(TypedDict):
    name: str
    default: str
    doc: str

@type_check_only
class Question(TypedDict):
    name: str
    title: str
    tells: str
    tables: List[str]
    sql: str
    params: List[QuestionParam]

@type_check_only
class Change(TypedDict):
    before: int
    before_at: str
    after: int
    after_at: str
    incomplete: List[int]
    changes: List[Dict[str, Any]]

@type_check_only
class TableReport(TypedDict):
    table: str
    family: str
    how: str
    rows: int
    rowsRead: int
    total: Optional[int]
    appeared: int
    changed: int
    vanished: int
    state: str

@type_check_only
class SyncReport(TypedDict):
    version: str
    estate: str
    run: Optional[int]
    first: bool
    started: str
    finished: str
    complete: bool
    calls: int
    rowsRead: int
    appeared: int
    changed: int
    vanished: int
    bytes: int
    tables: List[TableReport]
    assumed: List[str]
    notes: List[str]

@type_check_only
class Price(TypedDict):
    table: str
    family: str
    how: str
    calls: int
    rows: Optional[int]
    about: bool

@type_check_only
class Forecast(TypedDict):
    tables: List[Price]
    calls: int
    about: bool
    window: int

@type_check_only
class Asked(TypedDict):
    only: List[str]
    skip: List[str]
    with_: List[str]
    full: bool
    reconcile_after: Optional[float]
    recheck_after: Optional[float]
    wait: float
    concurrency: int

@disjoint_base
class Client:
    def __new__(cls, **settings: Any) -> Client: ...
    def _pages(
        self,
        operation: str,
        params: Union[Mapping[str, Any], Iterable[Mapping[str, Any]], None] = None,
        *,
        lead: Optional[Sequence[str]] = None,
        page_count: Optional[int] = None,
        page_no: Optional[int] = None,
        page_size: Optional[int] = None,
        limit: Optional[int] = None,
        concurrency: Optional[int] = None,
        one_query: bool = False,
        tolerate_shortfall: bool = False,
        inventory_api: Optional[str] = None,
    ) -> Pages: ...
    def call(
        self, operation: str, /, params: Optional[Dict[str, Any]] = None, *, raw: bool = False, **more: Any
    ) -> Any: ...
    def _call_async(
        self, operation: str, /, params: Optional[Dict[str, Any]] = None, *, raw: bool = False, **more: Any
    ) -> Awaitable[Any]: ...
    def check(self) -> SignIn: ...
    def token(self) -> str: ...
    def quota(self) -> Dict[str, Quota]: ...
    @property
    def calls(self) -> int: ...
    @property
    def auth(self) -> str: ...
    @property
    def url(self) -> str: ...
    def __reduce__(self) -> Any: ...

@final
class Pages(Iterator[List[bytes]], AsyncIterator[List[bytes]]):
    def __iter__(self) -> Pages: ...
    def __next__(self) -> List[bytes]: ...
    def __aiter__(self) -> Pages: ...
    def __anext__(self) -> Awaitable[List[bytes]]: ...
    @property
    def lead(self) -> Dict[str, str]: ...
    @property
    def report(self) -> Report: ...
    @property
    def operation(self) -> str: ...
    def arrow(
        self, columns: Optional[List[str]] = None, *, raw: bool = False, batch_rows: Optional[int] = None
    ) -> ArrowStream: ...

@final
class ArrowStream(Iterator[ArrowBatch], AsyncIterator[ArrowBatch]):
    """Record batches, read once, by whoever takes Arrow's C stream interface."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...
    def __arrow_c_schema__(self) -> Any: ...
    @property
    def error(self) -> Optional[BaseException]: ...
    @property
    def columns(self) -> List[str]: ...
    def __iter__(self) -> ArrowStream: ...
    def __next__(self) -> ArrowBatch: ...
    def __aiter__(self) -> ArrowStream: ...
    def __anext__(self) -> Awaitable[ArrowBatch]: ...

@final
class ArrowBatch:
    """One record batch."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Tuple[Any, Any]: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...
    def __arrow_c_schema__(self) -> Any: ...
    def rows(self) -> List[Dict[str, Any]]: ...
    @property
    def num_rows(self) -> int: ...
    def __len__(self) -> int: ...

@disjoint_base
class Estate:
    def __new__(cls, path: Union[str, "os.PathLike[str]"], /) -> Estate: ...
    @property
    def path(self) -> str: ...
    def _query(
        self,
        sql: str,
        params: Union[Mapping[str, Any], Sequence[Any], None] = None,
        *,
        as_of: Union[int, datetime, None] = None,
        memory: Optional[int] = None,
        client: Optional[Client] = None,
        allow_cost: bool = False,
    ) -> ArrowStream: ...
    def explain(
        self,
        sql: str,
        params: Union[Mapping[str, Any], Sequence[Any], None] = None,
        *,
        as_of: Union[int, datetime, None] = None,
        client: Optional[Client] = None,
    ) -> str: ...
    def _ask(
        self,
        name: str,
        params: Optional[Mapping[str, Any]] = None,
        *,
        as_of: Union[int, datetime, None] = None,
        memory: Optional[int] = None,
    ) -> ArrowStream: ...
    def _diff(
        self, before: Union[int, datetime, None], after: Union[int, datetime, None], tables: List[str]
    ) -> Change: ...
    def __reduce__(self) -> Any: ...

def sync_estate(
    client: Client,
    estate: Estate,
    asked: Asked,
    tell: Optional[Callable[[str, str, int], Any]],
    stopped: Optional[Callable[[], bool]],
    /,
) -> SyncReport: ...
def sync_plan(client: Client, estate: Estate, asked: Asked, /) -> Forecast: ...
def questions() -> List[Question]: ...
def registry() -> List[ResourceType]:
    """The resource types that are known: provider, names, table and columns."""

def resource_type(provider: str, name: str, /, *, unlisted: bool = False) -> str: ...
def shape(name: str, /) -> List[Column]:
    """The columns of a model, by its name (`Connector`), its operation (`connectors.list`) or its table."""

def shapes() -> List[str]: ...
def operations() -> List[Operation]:
    """The operations of the service, with their parameters."""

def error_kinds() -> List[Tuple[str, str, str]]: ...
def variables() -> List[Tuple[str, str]]: ...
def account_of(row: bytes, /) -> Optional[str]: ...
def read_timestamp(value: object, /) -> Optional[datetime]: ...
def read_bool(value: object, /) -> Optional[bool]: ...
def read_int(value: object, /) -> Optional[int]: ...
def ending() -> None: ...
