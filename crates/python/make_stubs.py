"""Writes the stubs of the classes that are made of tables: `python make_stubs.py`, with the package installed.

With `--check` it only says whether they are current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Dict, Iterator

from totalcloud import _native
from totalcloud.qualysdk.base.base_class import BaseClass
from totalcloud.qualysdk.totalcloud.data_classes import classes
from totalcloud.qualysdk.totalcloud.data_classes.fields import TYPES, Declared

PLACE = Path(__file__).parent / "python/totalcloud/qualysdk/totalcloud/data_classes/classes.pyi"

#: What the registry's kinds are in Python.
KINDS = {"text": "str", "int": "int", "float": "float", "bool": "bool", "digits": "str", "json_text": "str"}

HEAD = '''"""The classes of all answers. Written by make_stubs.py."""

from datetime import datetime
from typing import Any, Dict, Optional, Tuple, Type

from ...base.base_class import BaseClass

__all__ = [{names}]

CONNECTORS: Dict[str, Type[BaseClass]]
BASES: Dict[str, Type[BaseClass]]
KINDS: Dict[str, str]
RESOURCES: Dict[Tuple[str, str], Type[BaseClass]]

def class_of(provider: str, kind: str) -> Type[BaseClass]: ...
'''


def kinds() -> Dict[str, str]:
    """The kind of each field that all who know it take for the same."""
    found: Dict[str, Any] = {}
    shapes = [entry["columns"] for entry in _native.registry()] + [_native.shape(name) for name in _native.shapes()]
    for columns in shapes:
        for column in columns:
            kind = "json" if column["list"] else column["kind"]
            found.setdefault(column["wire"], set()).add(kind)
    return {wire: held.pop() for wire, held in found.items() if len(held) == 1}


def typed(one: Declared, known: Dict[str, str]) -> str:
    if one.reader:
        return TYPES.get(one.reader, "Any")
    kind = KINDS.get(known.get(one.fields[0], "")) if not one.path and not one.spread else None
    return f"Optional[{kind}]" if kind else "Any"


def text() -> Iterator[str]:
    known = kinds()
    made = [getattr(classes, name) for name in classes.__all__]
    yield HEAD.format(names=", ".join(f'"{name}"' for name in classes.__all__))
    for cls in made:
        base = cls.__mro__[1]
        inherited = {one.name for one in getattr(base, "_declared", ())}
        yield f"\nclass {cls.__name__}({base.__name__}):"
        body = [f"    {one.name}: {typed(one, known)}" for one in cls._declared if one.name not in inherited]
        body += [f"    {alias}: Any" for alias in cls._aliases if cls._aliases is not BaseClass._aliases]
        body += ["    def __int__(self) -> int: ..."] if "__int__" in vars(cls) else []
        yield "\n".join(body) if body else "    ..."
    yield ""


def main() -> int:
    new = "\n".join(text())
    old = PLACE.read_text(encoding="utf-8") if PLACE.exists() else ""
    if "--check" in sys.argv:
        return int(new != old)
    PLACE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
