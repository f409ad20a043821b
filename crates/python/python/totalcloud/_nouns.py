"""What there is at the service, said once for `Client` and `AsyncClient`."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Generic,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from . import _native
from .errors import UsageError

if TYPE_CHECKING:
    from ._native import Column, Operation

Text = Union[str, Sequence[str], None]
When = Union[str, datetime]

R = TypeVar("R")
"""Rows as they are given: at once or awaited."""
O = TypeVar("O")  # noqa: E741
"""A single object as it is given."""
A = TypeVar("A")
"""Anything as it is given."""


@lru_cache(maxsize=None)
def declared() -> Dict[str, "Operation"]:
    """The operations by their names."""
    return {operation["name"]: operation for operation in _native.operations()}


def providers_of(operation: str, asked: Text) -> List[str]:
    """The providers that were asked for, or all that have the operation."""
    if asked is None:
        return declared()[operation]["providers"]
    return words(asked)


def words(text: Text) -> List[str]:
    """One word or several."""
    if text is None:
        return []
    return [text] if isinstance(text, str) else list(text)


@lru_cache(maxsize=None)
def secrets(operation: str) -> Tuple[str, ...]:
    """The fields of an operation's rows that are never shown."""
    found: List[str] = []

    def look(columns: Iterable["Column"]) -> None:
        for column in columns:
            if column["secret"]:
                found.append(column["wire"])
            look(column["nested"])

    of = declared().get(operation)
    if of is not None and of["model"] is not None:
        look(_native.shape(operation))
    return tuple(found)


def resource_types(provider: Text, names: Text, unlisted: bool) -> List[Dict[str, str]]:
    """Each provider and type that is meant. Without a provider a name is looked for at all of them."""
    wanted = providers_of("resources.list", provider)
    if names is None:
        return [
            {"provider": kind["provider"], "type": kind["api_name"]}
            for kind in _native.registry()
            if kind["provider"] in [p.lower() for p in wanted]
        ]
    parts: List[Dict[str, str]] = []
    for name in words(names):
        refused: Optional[UsageError] = None
        found = []
        for one in wanted:
            try:
                found.append({"provider": one, "type": _native.resource_type(one, name, unlisted=unlisted)})
            except UsageError as e:
                if provider is not None and len(wanted) == 1:
                    raise
                refused = refused or e
        if not found:
            raise UsageError("no provider has a resource type '{}'".format(name)) from refused
        parts.extend(part for part in found if part not in parts)
    return parts


def accounts(provider: str, connectors: Iterable[bytes], params: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """The parameters for each account that has a connector, each once."""
    found: Dict[str, None] = {}
    for row in connectors:
        account = _native.account_of(row)
        if account is not None:
            found.setdefault(account)
    return [{"provider": provider, "account": account, **params} for account in found]


class Nouns(Generic[R, O, A]):
    """The listings and objects of the service. Listings take the options of `rows` as well."""

    def rows(self, operation: str, params: Any = None, **options: Any) -> R:
        raise NotImplementedError

    def _one(self, operation: str, params: Mapping[str, Any]) -> O:
        raise NotImplementedError

    def _any(self, operation: str, params: Mapping[str, Any]) -> A:
        raise NotImplementedError

    def _each_account(
        self, operation: str, provider: Text, params: Mapping[str, Any], options: Dict[str, Any]
    ) -> R:
        raise NotImplementedError

    def _by_provider(
        self, operation: str, name: str, provider: Text, params: Mapping[str, Any], options: Dict[str, Any]
    ) -> R:
        parts = [{name: one, **params} for one in providers_of(operation, provider)]
        lead = [name] if len(parts) > 1 else None
        return self.rows(operation, parts, lead=lead, **options)

    # Connectors.

    def connectors(
        self, provider: Text = None, *, filter: Optional[str] = None, sort: Optional[str] = None, **options: Any
    ) -> R:
        """Cloud accounts registered with the service, of one provider, several or all."""
        return self._by_provider("connectors.list", "provider", provider, {"filter": filter, "sort": sort}, options)

    def connector(self, provider: str, connector_id: str) -> O:
        """One connector with its details."""
        return self._one("connectors.get", {"provider": provider, "connectorId": connector_id})

    def connector_errors(self, provider: str, connector_id: str, **options: Any) -> R:
        """What went wrong in the runs of a connector."""
        return self.rows("connectors.errors", {"provider": provider, "connectorId": connector_id}, **options)

    def base_account(self) -> O:
        """The account of the service that roles in AWS must trust."""
        return self._one("connectors.base-account", {})

    def managed_connectors(self, provider: Text = None, **options: Any) -> R:
        """Connectors as the platform keeps them."""
        return self._by_provider("connectors.list-managed", "provider", provider, {}, options)

    def portal_connectors(self, provider: Text = None, **options: Any) -> R:
        """Connectors by the Connector API v3, which has numbers of its own for them."""
        return self._by_provider("portal-connectors.search", "provider", provider, {}, options)

    def groups(self, **options: Any) -> R:
        """Groups of connectors."""
        return self.rows("groups.list", {}, **options)

    def group(self, group_id: str) -> O:
        """One group of connectors."""
        return self._one("groups.get", {"groupUuid": group_id})

    def tags(self, **options: Any) -> R:
        """Tags, whose numbers reports take."""
        return self.rows("tags.search", {}, **options)

    # Inventory.

    def resources(
        self,
        type: Text = None,
        provider: Text = None,
        *,
        filter: Optional[str] = None,
        updated: Optional[str] = None,
        sort: Optional[str] = None,
        unlisted_type: bool = False,
        **options: Any,
    ) -> R:
        """Resources of a type, of several or of all: `resources("ec2")`, `resources(["ec2", "s3"])`,
        `resources("vm", provider="azure")`. A name that several providers have means the type of each of them.
        More rows than one query reaches come by themselves."""
        more = {"filter": filter, "updated": updated, "sort": sort}
        parts = [{**part, **more} for part in resource_types(provider, type, unlisted_type)]
        lead = ["provider"] if len({part["provider"] for part in parts}) > 1 else None
        return self.rows("resources.list", parts, lead=lead, **options)

    def resource(self, type: str, uuid: str, provider: Optional[str] = None) -> O:
        """One resource with all its details, by its `uuid` (not its `resourceId`)."""
        parts = resource_types(provider, type, False)
        if len(parts) > 1:
            clouds = ", ".join(part["provider"] for part in parts)
            raise UsageError("several providers have a type '{}': {}; say which".format(type, clouds))
        return self._one("resources.get", {**parts[0], "uuid": uuid})

    # Posture.

    def controls(self, *, filter: Optional[str] = None, **options: Any) -> R:
        """The checks of the service."""
        return self.rows("controls.list", {"filter": filter}, **options)

    def evaluations(
        self, provider: Text = None, account: Text = None, *, filter: Optional[str] = None, **options: Any
    ) -> R:
        """The results of all controls in an account, in several, or in all that have a connector."""
        return self._evaluations("evaluations.account", provider, account, {"filter": filter}, options)

    def resource_evaluations(
        self,
        control: Union[int, str],
        provider: Text = None,
        account: Text = None,
        *,
        filter: Optional[str] = None,
        **options: Any,
    ) -> R:
        """The results of a control on each resource of an account, of several, or of all that have a connector."""
        params = {"controlId": control, "filter": filter}
        return self._evaluations("evaluations.resources", provider, account, params, options)

    def _evaluations(
        self, operation: str, provider: Text, account: Text, params: Mapping[str, Any], options: Dict[str, Any]
    ) -> R:
        if account is None:
            if words(provider) == ["oci"]:
                raise UsageError("the service does not list the tenancies of OCI; name one with account=…")
            return self._each_account(operation, provider, params, options)
        clouds = words(provider)
        if len(clouds) != 1:
            raise UsageError("of which provider is the account? Say it with provider=…")
        accounts = words(account)
        if clouds[0].lower() == "oci" and operation == "evaluations.account":
            parts: List[Dict[str, Any]] = [{"tenantId": one, **params} for one in accounts]
            lead = ["tenantId"]
            operation = "evaluations.oci-account"
        else:
            parts = [{"provider": clouds[0], "account": one, **params} for one in accounts]
            lead = ["provider", "account"]
        return self.rows(operation, parts, lead=lead if len(parts) > 1 else None, **options)

    def evaluation(self, provider: str, control: Union[int, str], connector_id: str, resource_id: str) -> O:
        """When a control was first and last evaluated on a resource, fixed and reopened."""
        params = {"provider": provider, "controlId": control, "connectorId": connector_id, "resourceId": resource_id}
        return self._one("evaluations.stats", params)

    def policies(self, **options: Any) -> R:
        """Policies: groups of controls."""
        return self.rows("policies.list", {}, **options)

    def mandates(self, **options: Any) -> R:
        """What laws and standards demand."""
        return self.rows("mandates.list", {}, **options)

    def exceptions(self, *, filter: Optional[str] = None, **options: Any) -> R:
        """Results that are accepted for a while."""
        return self.rows("exceptions.list", {"filter": filter}, **options)

    def remediation(self, provider: Text = None, *, filter: Optional[str] = None, **options: Any) -> R:
        """The remediation log."""
        return self._by_provider("remediation.list", "cloudType", provider, {"filter": filter}, options)

    # Reports.

    def assessments(self, **options: Any) -> R:
        """Assessment reports."""
        return self.rows("assessments.list", {}, **options)

    def assessment_file(self, report_id: Union[int, str], *, format: Optional[str] = None) -> A:
        """The file of an assessment report, as bytes."""
        return self._any("assessments.download", {"reportId": report_id, "reportFormat": format})

    def reports(self, **options: Any) -> R:
        """Report configurations."""
        return self.rows("reports.list", {}, **options)

    def report(self, report_id: str) -> O:
        """One report configuration."""
        return self._one("reports.get", {"reportId": report_id})

    def report_data(self, report_id: str) -> O:
        """What a report says, in numbers."""
        return self._one("reports.data", {"reportId": report_id})

    # Alerts, templates and findings.

    def rules(self, provider: str, rule_type: str, *, filter: Optional[str] = None, **options: Any) -> R:
        """When an alert is raised."""
        return self.rows("rules.list", {"cloudType": provider, "ruleType": rule_type, "filter": filter}, **options)

    def rule(self, rule_id: str) -> O:
        """One rule."""
        return self._one("rules.get", {"ruleId": rule_id})

    def actions(self, *, filter: Optional[str] = None, **options: Any) -> R:
        """How an alert is told, by mail, Slack or PagerDuty."""
        return self.rows("actions.list", {"filter": filter}, **options)

    def action(self, action_id: str) -> O:
        """One action."""
        return self._one("actions.get", {"id": action_id})

    def activities(self, provider: str, *, filter: Optional[str] = None, **options: Any) -> R:
        """The alerts that were told."""
        return self.rows("activities.list", {"cloudType": provider, "filter": filter}, **options)

    def iac_scans(self, *, filter: Optional[str] = None, **options: Any) -> R:
        """Scans of templates."""
        return self.rows("iac.list", {"filter": filter}, **options)

    def iac_result(self, scan_uuid: str, *, format: Optional[str] = None) -> O:
        """What a scan of templates found."""
        return self._one("iac.result", {"scanUuid": scan_uuid, "responseFormat": format})

    def findings(
        self,
        start: When,
        end: When,
        *,
        query: Optional[str] = None,
        provider: Optional[str] = None,
        account: Optional[str] = None,
        severity: Optional[str] = None,
        **options: Any,
    ) -> R:
        """Threat findings between two instants."""
        params = {
            "startAt": start,
            "endAt": end,
            "query": query,
            "cloudProvider": provider,
            "cloudAccount": account,
            "severity": severity,
        }
        return self.rows("findings.list", params, **options)
