"""The object of a row: it keeps the bytes that came and reads them when it is asked.

A list of a hundred thousand rows holds a hundred thousand small texts and no dictionary. The rows that were asked last
are kept read (`KEPT_READ`). What was set stays with the object; of the lists that were handed out those stay that were
changed, or that somebody still holds and may change.
"""

from __future__ import annotations

import copy
import dataclasses
from collections import deque
from json import JSONDecoder, loads
from typing import (
    Any,
    Callable,
    ClassVar,
    Deque,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    Optional,
    Tuple,
    Type,
    TypeVar,
)
from weakref import ref

from .base_list import BaseList
from .expand import DONT_EXPAND
from .packed import BLOCK_ROWS, Packed
from .secrets import may_hold_secrets, without_secrets
from .serializable_mixin import SerializableMixin

R = TypeVar("R", bound="BaseClass")

#: Rows that stay read; older ones are read again when they are asked for. More would not fit the processor's cache.
KEPT_READ = 16

_read: Deque[BaseClass] = deque()

#: What reads a JSON text from its first character on, without the search for what stands around it.
_scan: Any = getattr(JSONDecoder(), "scan_once")  # noqa: B009


class _Fields:
    """The attributes as `dataclasses` and the data frames built on it know them; made when they are asked for."""

    def __get__(self, one: Any, cls: Type[BaseClass]) -> Any:
        fields = [(name, Any, dataclasses.field(default=None)) for name in cls._names]
        shape = dataclasses.make_dataclass("_Shape", fields, init=False, repr=False, eq=False)
        made = shape.__dict__["__dataclass_fields__"]
        setattr(cls, "__dataclass_fields__", made)
        return made


FIELDS: Any = _Fields()


class BaseClass(SerializableMixin):
    """What all objects can do. Attributes come from the row; those that no class knows of yet are there as well."""

    __slots__ = ("_raw", "_state", "_row", "_own", "_lent")

    __dataclass_fields__: ClassVar[Any] = FIELDS

    #: Declared attributes in their order.
    _names: ClassVar[Tuple[str, ...]] = ()
    #: Fields of the row that declared attributes stand for under another name.
    _renamed: ClassVar[FrozenSet[str]] = frozenset()
    #: Fields whose object is spread over attributes `FIELD_KEY`.
    _spread: ClassVar[Tuple[str, ...]] = ()
    #: Field and key of what declared attributes take from spread fields under another name.
    _taken: ClassVar[FrozenSet[Tuple[str, str]]] = frozenset()
    #: Other names of attributes.
    _aliases: ClassVar[Mapping[str, str]] = {}

    #: The bytes of the row, a block of rows, or `None` where the row was given as a dictionary.
    _raw: Any
    #: Whether nested values are spread (the lowest bit), and the place in the block (the others).
    _state: int
    #: The row, while it is read.
    _row: Optional[Dict[str, Any]]
    #: What was set or changed.
    _own: Optional[Dict[str, Any]]
    #: Lists that were handed out while the row is read, each with what it held.
    _lent: Optional[Dict[str, Tuple[Any, Optional[Tuple[Any, ...]]]]]

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, *values: Any, **fields: Any) -> None:
        if len(values) > len(self._names):
            raise TypeError(f"{type(self).__name__} takes {len(self._names)} values at most")
        for name, value in zip(self._names, values):
            if name in fields:
                raise TypeError(f"{type(self).__name__} got {name!r} twice")
            fields[name] = value
        _fill(self, None, int(not DONT_EXPAND.flag), fields, None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in BaseClass.__slots__:
            raise AttributeError(name)
        if self._own is not None and name in self._own:
            return self._own[name]
        row = self._row if self._row is not None else read(self)
        if name in row:
            return kept(self, name, row[name])
        alias = self._aliases.get(name)
        if alias is not None:
            return getattr(self, alias)
        for field in self._spread:
            if name.startswith(field + "_"):
                found, value = _inside(row.get(field), name[len(field) + 1 :])
                if found:
                    return kept(self, name, value)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if self._own is None:
            _set_own(self, {})
        self._own[name] = value  # type: ignore[index]

    def __getitem__(self, key: str) -> Any:
        try:
            return getattr(self, key)
        except (AttributeError, TypeError):
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, key, value)

    # Without it, the item access above would make objects look like sequences.
    __iter__ = None

    def __dir__(self) -> List[str]:
        return sorted({*super().__dir__(), *self._all_names()})

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, BaseClass) or type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()

    def __repr__(self) -> str:
        held = ", ".join(f"{name}={value!r}" for name, value in self._shown().items())
        return f"{type(self).__name__}({held})"

    def __reduce__(self) -> Tuple[Any, ...]:
        raw = _bytes_of(self)
        own = {**{name: value for name, (value, _) in (self._lent or {}).items()}, **(self._own or {})}
        return _restored, (type(self), raw, self._state & 1, self._row if raw is None else None, own or None)

    def to_dict(self) -> Dict[str, Any]:
        """All attributes with their values, objects inside as dictionaries; credentials are hidden."""
        return {name: _as_dict(value) for name, value in self._shown().items()}

    @classmethod
    def from_dict(cls: Type[R], data: Mapping[str, Any]) -> R:
        """An object of a row as the service sends it, or of what `to_dict` made."""
        return cls(**dict(data))

    def to_raw(self) -> Dict[str, Any]:
        """The row as the service sent it, nested values and all."""
        raw = _bytes_of(self)
        return copy.deepcopy(self._row or {}) if raw is None else _object(raw)

    def _all_names(self) -> Iterator[str]:
        """The declared names, those the row has besides, and those that were set."""
        yield from self._names
        known = {*self._names, *self._renamed}
        row = self._row if self._row is not None else read(self)
        for name, value in row.items():
            if name in self._spread and isinstance(value, dict) and self._state & 1:
                for key in value:
                    inside = f"{name}_{key}"
                    if inside not in known and not any(one.startswith(inside + "_") for one in self._names):
                        if (name, key) not in self._taken:
                            yield inside
            if name not in known:
                known.add(name)
                yield name
        for name in self._own or ():
            if name not in known:
                yield name

    def _values(self) -> Dict[str, Any]:
        return {name: getattr(self, name) for name in self._all_names()}

    def _shown(self) -> Dict[str, Any]:
        values = self._values()
        raw = _bytes_of(self)
        if raw is None or self._own or may_hold_secrets(raw):
            return {name: without_secrets(name, value) for name, value in values.items()}
        return values


#: What can be changed inside a list without changing the list.
NESTED = (list, dict, BaseClass)

_set_raw: Callable[[Any, Any], None] = BaseClass.__dict__["_raw"].__set__
_set_state: Callable[[Any, Any], None] = BaseClass.__dict__["_state"].__set__
_set_row: Callable[[Any, Any], None] = BaseClass.__dict__["_row"].__set__
_set_own: Callable[[Any, Any], None] = BaseClass.__dict__["_own"].__set__
_set_lent: Callable[[Any, Any], None] = BaseClass.__dict__["_lent"].__set__


def _fill(one: BaseClass, raw: Any, state: int, row: Optional[Dict[str, Any]], own: Optional[Dict[str, Any]]) -> None:
    _set_raw(one, raw)
    _set_state(one, state)
    _set_row(one, row)
    _set_own(one, own)
    _set_lent(one, None)


def made(cls: Type[R], raws: List[bytes]) -> List[R]:
    """Objects of rows as they came."""
    new, state, out = cls.__new__, int(not DONT_EXPAND.flag), []
    for raw in raws:
        one = new(cls)
        _set_raw(one, raw)
        _set_state(one, state)
        _set_row(one, None)
        _set_own(one, None)
        _set_lent(one, None)
        out.append(one)
    return out


def pack(rows: List[Any]) -> None:
    """Puts the bytes of objects together, compressed."""
    for start in range(0, len(rows), BLOCK_ROWS):
        part = rows[start : start + BLOCK_ROWS]
        block = Packed([one._raw for one in part])
        for index, one in enumerate(part):
            _set_state(one, index << 1 | one._state & 1)
            _set_raw(one, block)


def _restored(cls: Type[R], raw: Any, state: int, row: Optional[Dict[str, Any]], own: Optional[Dict[str, Any]]) -> R:
    one = cls.__new__(cls)
    _fill(one, raw, state, row, own)
    return one


def _bytes_of(one: BaseClass) -> Optional[bytes]:
    raw = one._raw
    return raw.row(one._state >> 1) if type(raw) is Packed else raw


def _object(raw: bytes) -> Dict[str, Any]:
    try:
        row = _scan(raw.decode(), 0)[0]
    except (StopIteration, ValueError):
        row = loads(raw)
    # A row that is no object is kept all the same.
    return row if type(row) is dict else {"value": row}


def read(one: BaseClass) -> Dict[str, Any]:
    """The row of an object; it stays read until enough others were."""
    raw = one._raw
    if raw is None:
        return one._row or {}
    row = _object(raw.row(one._state >> 1) if type(raw) is Packed else raw)
    _set_row(one, row)
    _read.append(one)
    if len(_read) > KEPT_READ:
        try:
            _forget(_read.popleft())
        except IndexError:
            # Another thread was quicker.
            pass
    return row


def _forget(one: BaseClass) -> None:
    lent = one._lent
    if lent is not None:
        _set_lent(one, None)
        while lent:
            name, (value, held) = lent.popitem()
            if held is not None and held == tuple(value):
                still = ref(value)
                del value
                value = still()
                if value is None:
                    # Nobody holds it, and it reads the same again.
                    continue
            if one._own is None:
                _set_own(one, {})
            one._own.setdefault(name, value)  # type: ignore[union-attr]
    _set_row(one, None)


def kept(one: BaseClass, name: str, value: Any) -> Any:
    """Keeps what the caller may change, so that the change is there when it is asked for again."""
    if isinstance(value, list):
        if type(value) is list:
            value = BaseList(value)
        if one._raw is not None:
            lent = one._lent
            if lent is None:
                lent = {}
                _set_lent(one, lent)
            elif name in lent:
                return lent[name][0]
            held: Optional[Tuple[Any, ...]] = tuple(value)
            for item in value:
                if isinstance(item, NESTED):
                    held = None
                    break
            lent[name] = (value, held)
            return value
    elif not isinstance(value, dict):
        return value
    if one._own is None:
        _set_own(one, {})
    one._own[name] = value  # type: ignore[index]
    return value


def _inside(value: Any, rest: str) -> Tuple[bool, Any]:
    """What lies in an object under the keys that an underscore joins."""
    if not isinstance(value, dict):
        return False, None
    if rest in value:
        return True, value[rest]
    for key, held in value.items():
        if rest.startswith(f"{key}_"):
            found, inner = _inside(held, rest[len(key) + 1 :])
            if found:
                return True, inner
    return False, None


def _as_dict(value: Any) -> Any:
    if isinstance(value, BaseClass):
        return value.to_dict()
    if isinstance(value, list):
        return type(value)(_as_dict(item) for item in value)
    if isinstance(value, dict):
        return {key: _as_dict(held) for key, held in value.items()}
    return value
