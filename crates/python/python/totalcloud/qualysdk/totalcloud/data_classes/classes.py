"""The classes of all answers, made of the tables and of the registry of resource types."""

from __future__ import annotations

import keyword
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple, Type

from .... import _native
from ...base.base_class import FIELDS, BaseClass
from ...base.base_list import BaseList
from . import tables, values
from .fields import EXPANDING, Declared, parse, property_of

#: Kinds of columns of the registry whose values are read; others stay as they came.
KINDS = {"time": "time", "bool_text": "bool", "bool": "bool"}

_objects: List[str] = []


def _class(
    name: str,
    doc: str,
    table: str,
    base: Type[BaseClass] = BaseClass,
    columns: Iterable[Mapping[str, Any]] = (),
    more: Optional[Mapping[str, Any]] = None,
) -> Type[BaseClass]:
    """A class with the attributes of its base, its table and the columns that neither of them names."""
    declared: Dict[str, Declared] = {one.name: one for one in getattr(base, "_declared", ())}
    declared.update((one.name, one) for one in parse(table))
    fields = {field for one in declared.values() for field in one.fields}
    for column in columns:
        wire = column["wire"]
        if wire not in fields and wire.isidentifier() and not keyword.iskeyword(wire):
            declared[wire] = Declared(wire, (wire,), reader="" if column["list"] else KINDS.get(column["kind"], ""))
    names = tuple(declared)
    inside = [one for one in declared.values() if one.path]
    namespace: Dict[str, Any] = {
        "__slots__": (),
        "__doc__": doc,
        "__module__": __name__,
        "_declared": tuple(declared.values()),
        "_names": names,
        "_renamed": frozenset(field for one in declared.values() for field in one.fields if field not in names),
        "_spread": tuple(one.name for one in declared.values() if one.spread),
        "_taken": frozenset(
            (one.fields[0], one.path[0]) for one in inside if one.name != "_".join(one.fields + one.path)
        ),
        "__dataclass_fields__": FIELDS,
        **{each: property_of(one) for each, one in declared.items()},
        **(more or {}),
    }
    made = type(name, (base,), namespace)
    globals()[name] = made
    _objects.append(name)
    return made


def _number(name: str) -> Dict[str, Any]:
    def __int__(self: Any) -> int:
        return int(getattr(self, name))

    return {"__int__": __int__}


def _said(self: Any) -> str:
    for name, words in (
        ("dateFixed", "Fixed as of"),
        ("dateReopen", "Reopened as of"),
        ("lastEvaluated", "Last evaluated on"),
        ("firstEvaluated", "First evaluated on"),
    ):
        value = getattr(self, name)
        if value:
            return f"{words} {value}"
    return "Not evaluated"


QID = _class("QID", "A vulnerability of a resource.", tables.QID, more=_number("qid"))
Evaluation = _class(
    "Evaluation",
    "When a control was evaluated on a resource.",
    tables.EVALUATION,
    columns=_native.shape("EvaluationStats"),
    more={"__str__": _said, "_aliases": {"dateReopened": "dateReopen"}},
)


def _qids(value: Any) -> BaseList[Any]:
    return BaseList(QID.from_dict(item) if isinstance(item, dict) else item for item in values.listed(value))


def _evaluation(value: Any) -> Any:
    return Evaluation.from_dict(value) if isinstance(value, dict) else value


EXPANDING["qids"] = _qids
EXPANDING["evaluation"] = _evaluation

Control = _class(
    "Control",
    "A control that the service checks clouds for.",
    tables.CONTROL,
    columns=_native.shape("Control"),
    more=_number("cid"),
)
AccountLevelControl = _class(
    "AccountLevelControl",
    "What a control found in a cloud account.",
    tables.ACCOUNT_CONTROL,
    columns=_native.shape("AccountEvaluation"),
    more=_number("controlId"),
)
AccountLevelEvaluation = _class(
    "AccountLevelEvaluation",
    "What a control found on a resource.",
    tables.ACCOUNT_EVALUATION,
    columns=_native.shape("ResourceEvaluation"),
)
RemediationActivity = _class(
    "RemediationActivity",
    "Something that was done to remediate.",
    tables.REMEDIATION,
    columns=_native.shape("RemediationActivity"),
    more={"_aliases": {"errors": "Errors"}},
)

Connector = _class("Connector", "A cloud account registered with the service.", tables.CONNECTOR)
AWSConnector = _class("AWSConnector", "A connector of AWS.", tables.AWS_CONNECTOR, Connector)
AzureConnector = _class("AzureConnector", "A connector of Azure.", tables.AZURE_CONNECTOR, Connector)
GCPConnector = _class("GCPConnector", "A connector of GCP.", tables.GCP_CONNECTOR, Connector)
OCIConnector = _class(
    "OCIConnector", "A connector of OCI.", tables.OCI_CONNECTOR, Connector, _native.shape("ManagedConnector")
)
CONNECTORS: Dict[str, Type[BaseClass]] = {
    "aws": AWSConnector,
    "azure": AzureConnector,
    "gcp": GCPConnector,
    "oci": OCIConnector,
}

Resource = _class("Resource", "A resource of a type that is not known.", "")
AWSResource = _class("AWSResource", "What all resources of AWS have.", tables.AWS_BASE, Resource)
AzureResource = _class("AzureResource", "What all resources of Azure have.", tables.AZURE_BASE, Resource)
BASES: Dict[str, Type[BaseClass]] = {"aws": AWSResource, "azure": AzureResource}

_ALIASES = {
    "AWSEKSCluster": {
        "assiciations_resourcesVpcConfig_securityGroupIds": "associations_resourcesVpcConfig_securityGroupIds",
        "resporcesVpcConfig_endpointPublicAccess": "resourcesVpcConfig_endpointPublicAccess",
    },
}

#: The class of each type that is known, by provider and API name.
RESOURCES: Dict[Tuple[str, str], Type[BaseClass]] = {}


def _resources() -> None:
    known = {"aws": tables.AWS, "azure": tables.AZURE, "gcp": tables.GCP, "oci": tables.OCI}
    prefix = {"aws": "AWS", "azure": "Azure", "gcp": "GCP", "oci": "OCI"}
    for entry in _native.registry():
        provider, kind = entry["provider"], entry["api_name"]
        base = BASES.get(provider, Resource)
        named = known.get(provider, {}).get(kind)
        if named is None:
            # A type that the registry learnt since gets a name of the same pattern.
            named = tables.Class(prefix.get(provider, provider.upper()) + kind.title().replace("_", ""))
        aliases = _ALIASES.get(named.name)
        RESOURCES[provider, kind] = _class(
            named.name,
            f"{kind} of {prefix.get(provider, provider)}.",
            named.table,
            base,
            entry["columns"],
            {"_aliases": aliases} if aliases else None,
        )


_resources()

__all__ = list(_objects)


def class_of(provider: str, kind: str) -> Type[BaseClass]:
    """The class of a type; for one that nobody knows, what all resources of its provider have."""
    return RESOURCES.get((provider, kind)) or BASES.get(provider, Resource)
