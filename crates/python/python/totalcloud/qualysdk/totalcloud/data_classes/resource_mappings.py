"""Names of resource types, and the classes of their objects."""

from __future__ import annotations

from typing import Dict, List, Type

from .... import _native
from ...base.base_class import BaseClass
from .classes import RESOURCES

#: API names, by provider.
VALID_RESOURCETYPES: Dict[str, List[str]] = {}
#: Other names, by provider and API name. Case, spaces, hyphens and underscores make no difference.
COMMON_NAMES: Dict[str, Dict[str, List[str]]] = {}
for _entry in _native.registry():
    VALID_RESOURCETYPES.setdefault(_entry["provider"], []).append(_entry["api_name"])
    if _entry["aliases"]:
        _names = [alias.upper().replace(" ", "_") for alias in _entry["aliases"]]
        COMMON_NAMES.setdefault(_entry["provider"], {})[_entry["api_name"]] = _names

#: Classes by API name. Where two providers have a type of one name, AWS counts here; `RESOURCES` of `classes` tells
#: them apart.
resource_map: Dict[str, Type[BaseClass]] = {}
for (_provider, _kind), _class in RESOURCES.items():
    resource_map.setdefault(_kind, _class)
