"""Declared attributes: a small language for the tables of classes, and the properties it becomes.

A table is words:

    name                  the field as it is
    name:reader           read by a reader of `READERS`
    name|other|third      the first of these fields that the row has
    name=field            an attribute under another name than the field's
    field>( … )           an object that is spread over attributes; the field itself is `None` then.
        key               → attribute `field_key`
        key/inner:reader  → `field_key_inner`, read
        a_b@key/inner     → `field_a_b`
        key?0             what the attribute is where the object says nothing
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ...base.base_class import BaseClass, kept, read
from . import lists, values

Reader = Callable[[Any], Any]

#: Readers of values, which hold in every case.
ALWAYS: Dict[str, Reader] = {
    "account": values.account,
    "bool": values.boolean,
    "exploitability": values.exploitability,
    "html": values.html,
    "int": values.integer,
    "ms": values.milliseconds,
    "sec": values.seconds,
    "time": values.time,
    "version": values.Version,
}

#: Readers that spread or flatten, which `DONT_EXPAND` switches off.
EXPANDING: Dict[str, Reader] = {
    "list": values.listed,
    "text": values.text,
    "polling": values.polling,
    "tags": lists.tags,
    "tagNames": lists.tag_names,
    "names": lists.names,
    "pairs": lists.pairs,
    "statements": lists.statements,
    "policyStatements": lists.policy_statements,
    "trustStatements": lists.trust_statements,
    "groupPolicies": lists.group_policies,
    "rolePolicies": lists.role_policies,
    "instanceProfiles": lists.instance_profiles,
    "trusted": lists.trusted,
    "selectors": lists.selectors,
    "logTypes": lists.log_types,
    "statuses": lists.statuses,
    "images": lists.images,
    "ipRules": lists.ip_rules,
    **{name: lists.formed(form) for name, form in lists.FORMS.items()},
}

#: What is read in the place of those where nothing is spread.
WHOLE: Dict[str, Reader] = {"statements": values.document}

#: What the stubs say of a reader; other values are of any type.
TYPES: Dict[str, str] = {
    "account": "Optional[str]",
    "bool": "Optional[bool]",
    "html": "Optional[str]",
    "int": "Optional[int]",
    "ms": "Optional[datetime]",
    "sec": "Optional[datetime]",
    "time": "Optional[datetime]",
    "version": "Optional[float]",
}


class Declared(NamedTuple):
    """One attribute."""

    name: str
    #: Fields of the row, of which the first that is there counts.
    fields: Tuple[str, ...]
    #: Keys inside the field.
    path: Tuple[str, ...] = ()
    reader: str = ""
    default: Any = None
    #: Whether the field is spread over other attributes.
    spread: bool = False


def parse(table: str) -> List[Declared]:
    """The attributes of a table, in order."""
    out: List[Declared] = []
    spread = ""
    for word in table.replace(">(", "> ").replace(")", " ) ").split():
        if word == ")":
            spread = ""
        elif word.endswith(">"):
            spread = word[:-1]
            out.append(Declared(spread, (spread,), spread=True))
        elif spread:
            word, _, default = word.partition("?")
            word, _, reader = word.partition(":")
            name, _, path = word.rpartition("@")
            keys = tuple(path.split("/"))
            said = name or "_".join(keys)
            out.append(Declared(f"{spread}_{said}", (spread,), keys, reader, int(default) if default else None))
        else:
            word, _, reader = word.partition(":")
            name, _, field = word.partition("=")
            others = name.split("|")
            out.append(Declared(others[0], (field,) if field else tuple(others), reader=reader))
    return out


_properties: Dict[Declared, property] = {}


def property_of(declared: Declared) -> property:
    """The property that reads it. Classes that declare the same share it."""
    if declared not in _properties:
        _properties[declared] = _property(declared)
    return _properties[declared]


def _property(declared: Declared) -> property:
    name = declared.name
    if declared.spread:
        get = _spread_field(name)
    elif declared.path:
        get = _inside(declared)
    elif declared.reader or len(declared.fields) > 1 or declared.fields != (name,):
        get = _converted(declared)
    else:
        get = _plain(name)

    def set(one: BaseClass, value: Any) -> None:
        BaseClass.__setattr__(one, name, value)

    return property(get, set)


def _reader(name: str) -> Tuple[Optional[Reader], bool]:
    if not name:
        return None, False
    return (ALWAYS[name], False) if name in ALWAYS else (EXPANDING[name], True)


def _plain(name: str) -> Callable[[BaseClass], Any]:
    def get(one: BaseClass) -> Any:
        own = one._own
        if own is not None and name in own:
            return own[name]
        row = one._row
        if row is None:
            row = read(one)
        value = row.get(name)
        if type(value) is not str and isinstance(value, (list, dict)):
            return kept(one, name, value)
        return value

    return get


def _converted(declared: Declared) -> Callable[[BaseClass], Any]:
    name, fields = declared.name, declared.fields
    reader, expanding = _reader(declared.reader)
    whole = WHOLE.get(declared.reader) if expanding else reader

    def get(one: BaseClass) -> Any:
        own = one._own
        if own is not None and name in own:
            return own[name]
        row = one._row
        if row is None:
            row = read(one)
        given = one._lent
        if given is not None and name in given:
            return given[name][0]
        value = row.get(name)
        if value is None:
            value = next((row[field] for field in fields if row.get(field) is not None), None)
        held = reader if one._state & 1 else whole
        if value and held is not None:
            try:
                value = held(value)
            except Exception:  # a value of another form than the reader knows is worth more than none
                pass
        return kept(one, name, value) if isinstance(value, (list, dict)) else value

    return get


def _spread_field(name: str) -> Callable[[BaseClass], Any]:
    def get(one: BaseClass) -> Any:
        own = one._own
        if own is not None and name in own:
            return own[name]
        row = one._row
        if row is None:
            row = read(one)
        value = row.get(name)
        if value and one._state & 1 and isinstance(_document(value), dict):
            return None
        return kept(one, name, value if one._state & 1 else _document(value))

    return get


def _inside(declared: Declared) -> Callable[[BaseClass], Any]:
    name, field, path, default = declared.name, declared.fields[0], declared.path, declared.default
    reader, _ = _reader(declared.reader)

    def get(one: BaseClass) -> Any:
        own = one._own
        if own is not None and name in own:
            return own[name]
        row = one._row
        if row is None:
            row = read(one)
        if name in row:
            return row[name]
        given = one._lent
        if given is not None and name in given:
            return given[name][0]
        value = row.get(field)
        if not one._state & 1:
            return default
        for key in path:
            if isinstance(value, str):
                value = _document(value)
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return default
        if value and reader is not None:
            value = _tried(reader, value)
        return kept(one, name, value) if isinstance(value, (list, dict)) else value

    return get


def _tried(reader: Reader, value: Any) -> Any:
    try:
        return reader(value)
    except Exception:  # a value of another form than the reader knows is worth more than none
        return value


def _document(value: Any) -> Any:
    return _tried(values.document, value) if isinstance(value, str) else value
