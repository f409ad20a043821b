"""The same questions to `qualysdk` and to `totalcloud.qualysdk`, against one simulator: every function, every type,
attribute by attribute.

Usage: check_side_by_side.py COMMAND

Both packages stand in the environment this runs in. What differs is a row of `ACCEPTED` with its reason, and each of
those is told in the guide; anything else fails.
"""

from common import Checks, Simulator, inside

# Times without a zone are local ones to the older package, so both sides are put into UTC.
inside(limit_seconds=900, TZ="UTC", TOTALCLOUD_STATE_DIR="none")

import copy  # noqa: E402
import datetime  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
from collections import Counter  # noqa: E402

import qualysdk  # noqa: E402
import totalcloud.qualysdk as ours  # noqa: E402
from qualysdk import tagging  # noqa: E402
from qualysdk import totalcloud as their_calls  # noqa: E402
from qualysdk.base import DONT_EXPAND  # noqa: E402
from qualysdk.totalcloud.data_classes import resource_mappings  # noqa: E402
from totalcloud.qualysdk import totalcloud as our_calls  # noqa: E402
from totalcloud.qualysdk.totalcloud import data_classes  # noqa: E402

GUIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "guide", "moving-from-qualysdk.md")

AWS = """RDS NETWORK_ACL BUCKET IAM_USER VPC VPC_SECURITY_GROUP LAMBDA SUBNET INTERNET_GATEWAY LOAD_BALANCER
EC2_INSTANCE ROUTE_TABLE EBS AUTO_SCALING_GROUP EKS_CLUSTER EKS_NODEGROUP EKS_FARGATE_PROFILE VPC_ENDPOINT
VPC_ENDPOINT_SERVICE IAM_GROUP IAM_POLICY IAM_ROLE SAGEMAKER_NOTEBOOK CLOUDFRONT_DISTRIBUTION""".split()
AZURE_READ = "VIRTUAL_MACHINE WEB_APP STORAGE_ACCOUNT LOAD_BALANCER".split()
AZURE_UNREAD = """SQL_SERVER FUNCTION_APP SQL_SERVER_DATABASE RESOURCE_GROUP VIRTUAL_NETWORK NETWORK_SECURITY_GROUP
NETWORK_INTERFACES POSTGRE_SINGLE_SERVER FIREWALL MYSQL APPLICATION_GATEWAYS SECRETS MARIADB COSMODB
NAT_GATEWAYS""".split()


def digits(theirs, mine):
    return isinstance(theirs, int) and isinstance(mine, str) and int(mine) == theirs


def naive(theirs, mine):
    return (
        isinstance(theirs, datetime.datetime)
        and theirs.tzinfo is None
        and mine == theirs.replace(tzinfo=datetime.timezone.utc)
    )


def only_ours(theirs, mine):
    return not theirs and mine is not None


def anything(theirs, mine):
    return True


# Class, attributes, when it is accepted, the words under which the guide tells it, and the reason.
ACCEPTED = [
    ("AWSConnector", "awsAccountId baseAccountId", digits, "account ids", "an account id may begin with zeros"),
    ("AWS*", "cloudAccountId", digits, "account ids", "an account id may begin with zeros"),
    (
        "*Connector",
        "lastSyncedOn nextSyncedOn",
        naive,
        "without a zone",
        "an instant without its zone is compared wrongly",
    ),
    ("AWSIAMUser", "userDto_*", naive, "without a zone", "the zone of the machine has nothing to do with the instant"),
    ("AWSIAMPolicy", "defaultPolicyVersion_CreateDate", naive, "without a zone", "as above"),
    (
        "AWSIAMPolicy",
        "defaultPolicyVersion_Document_Statement",
        anything,
        "defaultPolicyVersion_Document_Statement",
        "lists of statements are dropped there, and a single action is taken apart into letters",
    ),
    ("AWSIAMRole", "trustedEntities", anything, "trustedEntities", "only the last of several entities is kept there"),
    (
        "AWSEKSCluster",
        "assiciations_resourcesVpcConfig_securityGroupIds resporcesVpcConfig_endpointPublicAccess",
        only_ours,
        "misspelt",
        "misspelt attributes are never filled there",
    ),
    ("AWSEKSNodeGroup", "scalingConfig_*", lambda a, b: a is None and b == 0, "scalingConfig_minSize", "0 is a size"),
    (
        "AWSCloudfrontDistribution",
        "defaultCacheBehavior_*Associations_Items defaultCacheBehavior_LambdaFunctionAssociations",
        anything,
        "defaultCacheBehavior_FunctionAssociations_Items",
        "items of both kinds are put under a name of neither there",
    ),
    (
        "AWSCloudfrontDistribution",
        "geoRestriction_*",
        anything,
        "geoRestriction_RestrictionType",
        "it holds the object itself there, so that its JSON never ends",
    ),
    (
        "AzureStorageAccount",
        "file_enabled blob_enabled",
        lambda a, b: a is None and b is False,
        "file_enabled",
        "no and unknown are not the same",
    ),
    (
        "AzureVM",
        "vulnerabilityStats",
        anything,
        "AzureVM.vulnerabilityStats",
        "counts are read there as if they were one vulnerability",
    ),
]
# The same where nested values are kept whole on both sides.
ACCEPTED_WHOLE = [
    (
        "Azure*",
        "tags qualysTags connectorUuids additionalDetails",
        anything,
        "its test is the wrong way round",
        "as it says",
    ),
    ("AWSSagemakerNotebook", "*", anything, "AWSSagemakerNotebook", "what all resources have is not read there"),
    ("AWSEKSNodeGroup AWSVPCEndpoint", "*", lambda a, b: a is None and not b, "an empty list", "empty is not unknown"),
    ("AWSVPCEndpoint", "routeTableId", lambda a, b: a is None, "routeTableId", "no field of this name exists"),
    (
        "AzureStorageAccount",
        "file* blob*",
        anything,
        "DONT_EXPAND` with `AzureStorageAccount",
        "two of its fields are spread all the same",
    ),
]
used = Counter()
checks = Checks()
died = []
threading.excepthook = lambda args: died.append(args.exc_value)


def like(name, pattern):
    import fnmatch

    return any(fnmatch.fnmatchcase(name, each) for each in pattern.split())


def same(theirs, mine):
    """Whether two values say the same; objects are compared by what they hold."""
    if hasattr(theirs, "__dataclass_fields__") and not isinstance(theirs, type):
        return type(theirs).__name__ == type(mine).__name__ and not differences(theirs, mine)
    if isinstance(theirs, list):
        return isinstance(mine, list) and len(theirs) == len(mine) and all(map(same, theirs, mine))
    if isinstance(theirs, datetime.datetime) != isinstance(mine, datetime.datetime):
        return False
    if isinstance(theirs, datetime.datetime) and (theirs.tzinfo is None) != (mine.tzinfo is None):
        return False
    return type(theirs) is bool if isinstance(mine, bool) and theirs != mine else theirs == mine


def differences(theirs, mine):
    """Attributes whose values differ and that no row of the table accepts."""
    kind, out = type(theirs).__name__, []
    for name, value in vars(theirs).items():
        try:
            own = getattr(mine, name)
        except AttributeError:
            own = AttributeError
        if own is not AttributeError and same(value, own):
            continue
        for classes, names, accepts, words, _ in ACCEPTED + (ACCEPTED_WHOLE if DONT_EXPAND.flag else []):
            if like(kind, classes) and like(name, names) and accepts(value, own):
                used[classes, names, words] += 1
                break
        else:
            out.append((name, value, own))
    return out


def shared(rows):
    """What resources of AWS and of Azure both have."""
    names = "resourceId name uuid connectorUuid created cloudType region resourceType controlsFailed _type".split()
    return sorted([str(getattr(row, name)) for name in names] for row in rows)


def compare(name, theirs, mine, key, classes=True):
    by_key = {key(row): row for row in mine}
    unlike = [
        f"{type(t).__name__} and {type(by_key[key(t)]).__name__}"
        for t in theirs
        if classes and type(t).__name__ != type(by_key[key(t)]).__name__
    ]
    checks.equal(f"{name}: as many rows", len(mine), len(theirs))
    checks.equal(f"{name}: of the same class", unlike[:1], [])
    found = [(key(t), *d) for t in theirs for d in differences(t, by_key[key(t)])]
    checks.check(f"{name}: {len(theirs)} rows with equal attributes", bool(theirs) and not found, repr(found[:3]))


flags = ["--tls", "--seed", "7", "--size", "small", "--fields", "classic"]
with Simulator(sys.argv[1], *flags) as sim:
    os.environ["REQUESTS_CA_BUNDLE"] = sim.ready["ca"]
    os.environ["NO_PROXY"] = "127.0.0.1"
    user, password = sim.ready["username"], sim.ready["password"]
    hosts = {"api_url": sim.url, "gateway_url": sim.url, "qualysguard_url": sim.url}
    they = qualysdk.BasicAuth(user, password, override_platform=dict(hosts))
    we = ours.BasicAuth(user, password, override_platform=dict(hosts))
    checks.equal("get_ratelimit", we.get_ratelimit(), they.get_ratelimit())
    checks.equal(
        "TokenAuth signs in", ours.TokenAuth(user, password, override_platform=dict(hosts)).token.count("."), 2
    )

    # Modules that are not replaced take our sign-in, and our functions take theirs.
    theirs = [tag.id for tag in tagging.get_tags(they)]
    checks.equal("our sign-in goes to their other modules", [tag.id for tag in tagging.get_tags(we)], theirs)
    wanted = our_calls.get_aws_base_account(we)
    checks.equal("their sign-in goes to our functions", our_calls.get_aws_base_account(they), wanted)

    connectors = {}
    for provider in ("aws", "azure"):
        connectors[provider] = theirs = their_calls.get_connectors(they, provider)
        compare(f"get_connectors {provider}", theirs, our_calls.get_connectors(we, provider), lambda c: c.connectorId)
        for asked in (
            {"filter": "state:success"},
            {"filter": "name:AWS"},
            {"sort": "lastSyncedOn:asc"},
            {"page_count": 1, "pageSize": 2},
        ):
            a = [c.connectorId for c in their_calls.get_connectors(they, provider, **asked)]
            b = [c.connectorId for c in our_calls.get_connectors(we, provider, **asked)]
            checks.equal(f"get_connectors {provider} {asked}", b, a)
        one = theirs[0].connectorId
        theirs = [their_calls.get_connector_details(they, provider, one)]
        mine = [our_calls.get_connector_details(we, provider, one)]
        compare(f"get_connector_details {provider}", theirs, mine, lambda c: c.connectorId)

    checks.equal("get_aws_base_account", our_calls.get_aws_base_account(we), their_calls.get_aws_base_account(they))

    compare("get_control_metadata", their_calls.get_control_metadata(they), our_calls.get_control_metadata(we), int)
    for asked in (
        {"filter": "provider:aws"},
        {"filter": "resource.type:bucket"},
        {"filter": "control.criticality:high"},
        {"filter": "service.type:ec2"},
        {"filter": "cid:7"},
        {"page_count": 1},
        {"page_count": 2, "pageSize": 30},
    ):
        a = sorted(map(int, their_calls.get_control_metadata(they, **asked)))
        b = sorted(map(int, our_calls.get_control_metadata(we, **asked)))
        checks.check(f"get_control_metadata {asked}", a and a == b, f"(got {len(b)}, wanted {len(a)})")

    for provider, kinds in (("aws", AWS), ("azure", AZURE_READ)):
        for kind in kinds:
            died.clear()
            theirs, mine = their_calls.get_inventory(they, provider, kind), our_calls.get_inventory(we, provider, kind)
            checks.equal(f"get_inventory {provider} {kind}: it could read them", died, [])
            if (provider, kind) == ("azure", "LOAD_BALANCER"):
                # It reads them as load balancers of AWS, so that only what both clouds have can be compared.
                checks.equal("get_inventory azure LOAD_BALANCER: what both clouds have", shared(mine), shared(theirs))
                checks.equal("azure LOAD_BALANCER has its own class", type(mine[0]).__name__, "AzureLoadBalancer")
                continue
            compare(f"get_inventory {provider} {kind}", theirs, mine, lambda row: row.uuid)
            some = [row.uuid for row in theirs[:3]]
            theirs = [their_calls.get_resource_details(they, provider, kind, uuid) for uuid in some]
            mine = [our_calls.get_resource_details(we, provider, kind, uuid) for uuid in some]
            compare(f"get_resource_details {provider} {kind}", theirs, mine, lambda row: row.uuid)
    DONT_EXPAND.flag = ours.DONT_EXPAND.flag = True
    for provider, kinds in (("aws", AWS), ("azure", AZURE_READ[:-1])):
        for kind in kinds:
            theirs, mine = their_calls.get_inventory(they, provider, kind), our_calls.get_inventory(we, provider, kind)
            compare(f"get_inventory {provider} {kind}, nested values whole", theirs, mine, lambda row: row.uuid)
    DONT_EXPAND.flag = ours.DONT_EXPAND.flag = False
    for kind in AZURE_UNREAD:
        rows = our_calls.get_inventory(we, "azure", kind)
        checks.equal(
            f"get_inventory azure {kind}, which it has no class for", len(rows), sim.ready["totals"][f"azure/{kind}"]
        )
        checks.check(f"azure {kind} has attributes", all(row.uuid and row.subscriptionId for row in rows))
    for asked in (
        {"page_count": 2},
        {"filter": "region:us-east-1"},
        {"updated": "[now-30d ... now]"},
        {"thread_count": 2},
    ):
        a = {row.uuid for row in their_calls.get_inventory(they, "aws", "ec2", **asked)}
        b = {row.uuid for row in our_calls.get_inventory(we, "aws", "ec2", **asked)}
        checks.check(f"get_inventory aws ec2 {asked}", a and a == b, f"(got {len(b)}, wanted {len(a)})")

    for provider in ("aws", "azure"):
        connector = connectors[provider][0]
        account = str(connector.awsAccountId).zfill(12) if provider == "aws" else connector.subscriptionId
        theirs = their_calls.get_account_evaluation(they, provider, account)
        mine = our_calls.get_account_evaluation(we, provider, account)
        # It reads one page of the usual size.
        compare(f"get_account_evaluation {provider}", theirs, mine[: len(theirs)], int)
        most = max(theirs, key=lambda row: (row.passedResources or 0) + (row.failedResources or 0))
        theirs = their_calls.get_resources_evaluated_by_control(they, provider, account, most.controlId)
        mine = our_calls.get_resources_evaluated_by_control(we, provider, account, most.controlId)
        compare(
            f"get_resources_evaluated_by_control {provider}", theirs, mine[: len(theirs)], lambda row: row.resourceId
        )
        held = (most.passedResources or 0) + (most.failedResources or 0) + (most.passWithExceptionResources or 0)
        checks.equal(f"get_resources_evaluated_by_control {provider}: all of them", len(mine), held)
        asked = (most.controlId, connector.connectorId, mine[0].resourceId)
        theirs, mine = (
            their_calls.get_evaluation(they, provider, *asked),
            our_calls.get_evaluation(we, provider, *asked),
        )
        compare(f"get_evaluation {provider}", [theirs], [mine], lambda row: 0)
        checks.equal(f"get_evaluation {provider}: as a text", str(mine), str(theirs))
        theirs = their_calls.get_remediation_activities(they, provider, page_count=1, pageSize=1000)
        mine = our_calls.get_remediation_activities(we, provider)
        # It reads rows only where `pageable.empty` is true, which no page of the documented form says.
        checks.check(f"get_remediation_activities {provider}: it has none, we have all", not theirs and len(mine) > 0)

# Rows that the simulated company has none of.
for kind, row in (
    ("AWSIAMRole", {"trustedEntities": {"AWS Service": ["ec2"], "Account": ["1"]}}),
    ("AWSEKSNodeGroup", {"scalingConfig": {"minSize": 0, "maxSize": "3", "desiredSize": 1}}),
    ("AWSCloudfrontDistribution", {"geoRestriction": {"RestrictionType": "none", "Quantity": 0}}),
    ("AzureStorageAccount", {"file": {"enabled": False, "keyType": "Account"}, "blob": {"enabled": True}}),
    ("AWSEC2Instance", {"vulnerabilities": [{"qid": 7, "firstFound": None, "exploitability": "---"}]}),
    ("AWSIAMGroup", {"GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": '{"Statement":{"Action":"a"}}'}]}),
    ("AWSVPC", {"isDefault": "True", "tags": {"key": "a", "value": "b"}, "qualysTags": {"tagName": "t"}}),
):
    row = {"uuid": "made", **row}
    theirs, mine = getattr(resource_mappings, kind)(**copy.deepcopy(row)), getattr(data_classes, kind).from_dict(row)
    compare(f"{kind} of a row made by hand", [theirs], [mine], lambda row: row.uuid)

with open(GUIDE, encoding="utf-8") as file:
    told = file.read()
for classes, names, _, words, reason in ACCEPTED + ACCEPTED_WHOLE:
    checks.check(f"the difference of {classes} {names} is told: {reason}", words in told)
    checks.check(f"the difference of {classes} {names} was met", used[classes, names, words] > 0)
checks.end()
