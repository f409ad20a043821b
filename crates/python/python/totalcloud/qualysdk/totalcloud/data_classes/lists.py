"""How lists of objects are read: as one text an object, the way users of the older package know them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from ...base.base_list import BaseList
from .values import document, listed, milliseconds, seconds, stamp

#: The texts of lists of objects: each a row of `label=key`, or one word where both are the same. `~` reads a key as
#: milliseconds since 1970.
FORMS: Dict[str, str] = {
    "accessKeys": "accessKeyId createDate~ status",
    "aliases": "revisionId aliasArn routingConfigAdditionalVersion functionVersion name description "
    "routingConfigAdditionalVersionWeight",
    "attachedPolicies": "policyArn policyName",
    "dnsEntries": "hostedZoneId dnsName",
    "functionUrls": "lastModifiedTime cors creationTime functionUrl authType functionArn",
    "functionVersions": "role memorySize runtime lastModified version codeSize",
    "grants": "email=emailAddress groupUri displayName permission id",
    "groupSet": "groupName groupId",
    "inlineDocuments": "version=policyDocument policyName",
    "inlinePolicies": "policyDocument policyName",
    "ipv6": "associationId ipv6CidrBlockState ipv6CidrBlock",
    "layers": "name version codeSize",
    "managedPolicies": "policyArn policyDocument policyName",
    "managed": "PolicyArn PolicyName",
    "mappings": "eventSourceArn lastProcessingResult state lastModified type",
    "naclAssociations": "subnetId networkAclAssociationId networkAclId",
    "origins": "ConnectionTimeout OriginAccessControlId ConnectionAttempts DomainName OriginPath Id",
    "permissions": "portRange ruleAction protocol source type",
    "subnets": "identifier availabilityZone status",
    "userGroups": "groupArn path groupName createdDate~ groupId",
}


def _keys(form: str) -> List[Tuple[str, str, bool]]:
    out = []
    for word in form.split():
        label, _, key = word.partition("=")
        out.append((label.rstrip("~"), (key or label).rstrip("~"), word.endswith("~")))
    return out


def formed(form: str) -> Callable[[Any], BaseList[str]]:
    """The reader of lists of this form. Lists inside the list count as their members."""
    keys = _keys(form)

    def one(item: Dict[str, Any]) -> str:
        return "(" + ", ".join(f"{label}: {_value(item.get(key), instant)}" for label, key, instant in keys) + ")"

    def read(value: Any) -> BaseList[str]:
        flat = [inner for item in listed(value) for inner in (item if isinstance(item, list) else [item])]
        return BaseList(one(item) for item in flat)

    return read


def _value(value: Any, instant: bool) -> Any:
    return stamp(milliseconds(value)) if instant and value else value


def tags(value: Any) -> BaseList[str]:
    """`key:value` of tags of the cloud."""
    return BaseList([f"{tag.get('key')}:{tag.get('value')}" for tag in listed(value)])


def tag_names(value: Any) -> BaseList[str]:
    """The names of tags given in Qualys."""
    return BaseList(tag["tagName"] for tag in listed(value))


def names(value: Any) -> BaseList[Any]:
    """The names of objects."""
    return BaseList(item["name"] for item in listed(value))


def pairs(value: Any) -> BaseList[str]:
    """Every key with its value."""
    return BaseList(_pairs(item) if isinstance(item, dict) else str(item) for item in listed(value))


def _pairs(item: Dict[str, Any]) -> str:
    return "(" + ", ".join(f"{key}: {held}" for key, held in item.items()) + ")"


def statements(value: Any) -> Any:
    """The statements of a policy that is JSON inside a text; a document without any stays as it came."""
    found = document(value).get("Statement")
    return pairs(found) if found else value


def policy_statements(value: Any) -> BaseList[str]:
    """The statements of a policy document."""
    out: BaseList[str] = BaseList()
    for statement in listed(value):
        kind = "Action" if "Action" in statement else "Condition"
        rule = statement.get("Action") or statement.get("Condition")
        if rule is not None:
            rule = str(BaseList([rule] if isinstance(rule, str) else rule))
        out.append(f"(Resource: {statement.get('Resource')}, Effect: {statement.get('Effect')}, {kind}: {rule})")
    return out


_trust = formed("Effect Principal Action Resource")
_rights = formed("Action Resource Effect")


def trust_statements(value: Any) -> BaseList[str]:
    """The statements of who may take on a role."""
    return _trust(value)


def _policies(value: Any, alone: bool) -> BaseList[str]:
    out: BaseList[str] = BaseList()
    for policy in listed(value):
        held = document(policy.get("PolicyDocument"))
        found = held.get("Statement") if isinstance(held, dict) else None
        if found:
            said = _rights(found) if alone or isinstance(found, list) else found
            held = f"(Version: {held.get('Version')}, Statement: {said})"
        out.append(f"(policyName: {policy.get('PolicyName')}, policyDocument: {held})")
    return out


def group_policies(value: Any) -> BaseList[str]:
    """Policies of a group."""
    return _policies(value, True)


def role_policies(value: Any) -> BaseList[str]:
    """Policies of a role; a statement that stands alone is printed as the object it is."""
    return _policies(value, False)


def instance_profiles(value: Any) -> BaseList[str]:
    """Instance profiles with their roles."""
    out: BaseList[str] = BaseList()
    for profile in listed(value):
        roles = profile.get("Roles")
        if roles:
            roles = BaseList(_role(role) for role in listed(roles))
        out.append(
            f"(Path: {profile.get('Path')}, InstanceProfileName: {profile.get('InstanceProfileName')}, "
            f"InstanceProfileId: {profile.get('InstanceProfileId')}, Arn: {profile.get('Arn')}, "
            f"CreateDate: {_second(profile.get('CreateDate'))}, Roles: {roles})"
        )
    return out


def _role(role: Dict[str, Any]) -> str:
    held = role.get("AssumeRolePolicyDocument")
    if isinstance(held, str) and held[:1] == "%":
        from urllib.parse import unquote

        held = unquote(held)
    return (
        f"(Path: {role.get('Path')}, RoleName: {role.get('RoleName')}, Arn: {role.get('Arn')}, "
        f"CreateDate: {_second(role.get('CreateDate'))}, RoleId: {role.get('RoleId')}, AssumeRolePolicyDocument: {held})"
    )


def _second(value: Any) -> Any:
    return stamp(seconds(value)) if value else value


def trusted(value: Dict[str, Any]) -> str:
    """Who is trusted."""
    return ", ".join(f"{kind}: {who}" for kind, who in value.items())


def selectors(value: Any) -> BaseList[str]:
    """Selectors of a Fargate profile."""
    out: BaseList[str] = BaseList()
    for selector in listed(value):
        labels = selector.get("labels")
        said = "[" + ", ".join(f"{key}: {held}" for key, held in labels.items()) + "]" if labels else ""
        out.append(f"(namespace: {selector.get('namespace')}, labels: {said})")
    return out


def log_types(value: Any) -> Any:
    """The kinds of logs that a cluster writes."""
    return BaseList(value[0]["types"])


def statuses(value: Any) -> BaseList[str]:
    """States of a virtual machine."""
    keys = ("code", "level", "displayStatus", "message", "time")
    return BaseList(":".join(str(item.get(key)) for key in keys) for item in listed(value))


def images(value: Any) -> BaseList[str]:
    """Images of a virtual machine."""
    return BaseList(
        f"{item.get('id')}:{item.get('offer')}:{item.get('publisher')}:{item.get('version')} (sku:{item.get('sku')})"
        for item in listed(value)
    )


def ip_rules(value: Any) -> BaseList[str]:
    """Network rules of a storage account."""
    return BaseList(f"{rule.get('action')} {rule.get('value')}" for rule in listed(value))
