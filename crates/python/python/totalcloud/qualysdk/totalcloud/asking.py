"""How the functions ask: whose client, which pages, and which exceptions come out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional, Type, TypeVar, Union

from ... import _native
from ...errors import DecodeError, NotFoundError, TotalCloudError
from ..auth.base import BaseAuthentication
from ..auth.basic import BasicAuth
from ..base.base_class import BaseClass, made, pack
from ..base.base_list import BaseList
from ..base import packed
from ..exceptions.Exceptions import known, usage

R = TypeVar("R", bound=BaseClass)

PROVIDERS = ("aws", "azure", "gcp", "oci")

#: A page where a number of pages is asked for and no size, as users of the older package count them.
PAGE = 50


def client_of(auth: Any) -> Any:
    """The client of a sign-in. A client itself will do, and so will a BasicAuth or TokenAuth of the older package."""
    if isinstance(auth, BaseAuthentication):
        return auth.client
    if isinstance(auth, _native.Client):
        return auth
    user, password = getattr(auth, "username", None), getattr(auth, "password", None)
    if user and password:
        platform, override = getattr(auth, "platform", None), getattr(auth, "override_platform", None)
        return BasicAuth(user, password, platform, override or None, check=False).client
    raise usage(f"auth is a sign-in of totalcloud.qualysdk.auth, not of the class {type(auth).__name__}")


def cloud(provider: str, among: Any = PROVIDERS) -> str:
    """The provider in lower case."""
    name = provider.lower() if isinstance(provider, str) else provider
    if name not in among:
        raise usage(f"there is no provider {provider!r} here; there are {', '.join(among)}")
    return str(name)


@contextmanager
def asking() -> Iterator[None]:
    """Gives errors the names that users of the older package catch."""
    try:
        yield
    except TotalCloudError as error:
        raise known(error) from None


def whole(name: str, value: Any, least: int) -> Optional[int]:
    """A whole number, or digits; `None` is none."""
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = least - 1
    if isinstance(value, (bool, float)) or number < least:
        raise usage(f"{name} is a whole number from {least} on, not {value!r}")
    return number


def collect(
    auth: Any,
    operation: str,
    params: Dict[str, Any],
    cls: Type[R],
    *,
    page_count: Union[int, str, None] = "all",
    page_no: Any = None,
    page_size: Any = None,
    threads: Any = None,
    page: int = PAGE,
) -> BaseList[R]:
    """The objects of all pages, or of those that are asked for. What came before an error is in its `rows`."""
    count = None if page_count in ("all", None) else whole("page_count", page_count, 1)
    first, size = whole("pageNo", page_no, 0), whole("pageSize", page_size, 1)
    if size is None and (count is not None or first is not None):
        size = page
    rows: BaseList[R] = BaseList()
    plain = 0
    with asking():
        pages = client_of(auth)._pages(
            operation,
            {name: value for name, value in params.items() if value is not None},
            page_count=count,
            page_no=first,
            page_size=size,
            concurrency=whole("thread_count", threads, 1),
        )
        try:
            for raws in pages:
                new = made(cls, raws)
                if plain > packed.PLAIN_BYTES:
                    pack(new)
                rows.extend(new)
                if plain <= packed.PLAIN_BYTES:
                    plain += sum(map(len, raws))
                    if plain > packed.PLAIN_BYTES:
                        # The list turns out to be a large one.
                        pack(rows)
        except TotalCloudError as error:
            late = known(error)
            late.rows = rows  # type: ignore[attr-defined]
            raise late from None
    return rows


def one(auth: Any, operation: str, cls: Type[R], nothing: str, **params: Any) -> R:
    """The object of a call."""
    with asking():
        found = client_of(auth).call(operation, params)
        if not found:
            raise NotFoundError(nothing, operation=operation)
        if not isinstance(found, dict):
            raise DecodeError(f"{operation}: the answer is no object", operation=operation)
    return cls.from_dict(found)
