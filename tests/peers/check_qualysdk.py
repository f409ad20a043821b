"""A client that others wrote gets the right counts from the simulator: every function of `qualysdk.totalcloud`,
for all types it can parse, and the search for tags.

Usage: check_qualysdk.py COMMAND

The package stands in the virtual environment this runs in. Its inventory threads never end once one of them
died, so the calls run in a process of their own that is killed when the time is over.
"""

from common import Checks, Simulator, inside

inside(limit_seconds=420)

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402

import qualysdk  # noqa: E402
import requests  # noqa: E402
from qualysdk import tagging  # noqa: E402
from qualysdk import totalcloud as tc  # noqa: E402

AWS = """RDS NETWORK_ACL BUCKET IAM_USER VPC VPC_SECURITY_GROUP LAMBDA SUBNET INTERNET_GATEWAY LOAD_BALANCER
EC2_INSTANCE ROUTE_TABLE EBS AUTO_SCALING_GROUP EKS_CLUSTER EKS_NODEGROUP EKS_FARGATE_PROFILE VPC_ENDPOINT
VPC_ENDPOINT_SERVICE IAM_GROUP IAM_POLICY IAM_ROLE SAGEMAKER_NOTEBOOK CLOUDFRONT_DISTRIBUTION""".split()
# The other fifteen names of Azure have no class there.
AZURE = "VIRTUAL_MACHINE WEB_APP STORAGE_ACCOUNT LOAD_BALANCER".split()

checks = Checks()
died = []
threading.excepthook = lambda args: died.append(args.exc_value)

with Simulator(sys.argv[1], "--tls", "--seed", "7", "--size", "small", "--fields", "classic") as sim:
    os.environ["REQUESTS_CA_BUNDLE"] = sim.ready["ca"]
    os.environ["NO_PROXY"] = "127.0.0.1"
    user, password = sim.ready["username"], sim.ready["password"]

    def total(path, **query):
        """The service's own count, or the one object."""
        answer = requests.get(
            f"{sim.url}/cloudview-api/rest/v1/{path}",
            params=query,
            auth=(user, password),
            headers={"Accept": "application/json"},
            timeout=60,
        )
        return answer.json()

    url = sim.url
    hosts = {"api_url": url, "gateway_url": url, "qualysguard_url": url}
    auth = qualysdk.BasicAuth(user, password, override_platform=dict(hosts))
    limits = auth.get_ratelimit()
    checks.check("BasicAuth and get_ratelimit", len(limits) == 2 and all(isinstance(v, int) for v in limits.values()), str(limits))
    token = qualysdk.TokenAuth(user, password, override_platform=dict(hosts))
    checks.check("TokenAuth", token.token.count(".") == 2)

    connectors = {}
    for provider in ("aws", "azure"):
        rows = tc.get_connectors(auth, provider)
        connectors[provider] = rows
        checks.equal(f"get_connectors {provider}", len(rows), total(f"{provider}/connectors")["totalElements"])
        wanted = total(f"{provider}/connectors", filter="state:SUCCESS")["totalElements"]
        checks.equal(f"get_connectors {provider} with a filter", len(tc.get_connectors(auth, provider, filter="state:SUCCESS")), wanted)
        one = tc.get_connector_details(auth, provider, rows[0].connectorId)
        checks.equal(f"get_connector_details {provider}", one.connectorId, rows[0].connectorId)

    # Ids for reports; the other calls about tags have nothing to do with TotalCloud.
    tags = tagging.get_tags(auth)
    checks.check("get_tags", len({tag.id for tag in tags}) == len(tags) > 3, str(tags))
    some = tagging.get_tags(auth, name="s", name_operator="CONTAINS")
    checks.equal("get_tags with a filter", [t.id for t in some], [t.id for t in tags if "s" in t.name.lower()])
    below = tagging.get_tags(auth, id=some[0].id, id_operator="GREATER")
    checks.equal("get_tags after an id", [t.id for t in below], [t.id for t in tags if t.id > some[0].id])

    account = tc.get_aws_base_account(auth)
    checks.equal("get_aws_base_account", account, total("aws/connectors/awsBaseAccountId"))

    controls = tc.get_control_metadata(auth)
    found, page = 0, 0
    while True:
        rows = total("controls/metadata/list", pageNo=page, pageSize=100)["control"]
        found, page = found + len(rows), page + 1
        if not rows:
            break
    checks.equal("get_control_metadata", len(controls), found)
    checks.check("get_control_metadata finds controls", found > 100, str(found))
    aws_controls = tc.get_control_metadata(auth, filter="provider:aws")
    checks.check(
        "get_control_metadata with a filter",
        0 < len(aws_controls) < len(controls) and all(c.provider == "AWS" for c in aws_controls),
    )

    for provider, types in (("aws", AWS), ("azure", AZURE)):
        for kind in types:
            died.clear()
            rows = tc.get_inventory(auth, provider, kind)
            wanted = sim.ready["totals"][f"{provider}/{kind}"]
            checks.equal(f"get_inventory {provider} {kind}", (len(rows), [str(d) for d in died]), (wanted, []))
            details = tc.get_resource_details(auth, provider, kind, rows[0].uuid)
            checks.equal(f"get_resource_details {provider} {kind}", details.uuid, rows[0].uuid)

    died.clear()
    for provider in ("aws", "azure"):
        connector = connectors[provider][0]
        name = str(connector.awsAccountId).zfill(12) if provider == "aws" else connector.subscriptionId
        rows = tc.get_account_evaluation(auth, provider, name)
        wanted = total(f"{provider}/evaluations/{name}")["totalElements"]
        # It reads one page of the default size, whatever there is.
        checks.equal(f"get_account_evaluation {provider}", len(rows), min(wanted, 300))
        most = max(rows, key=lambda row: (row.passedResources or 0) + (row.failedResources or 0))
        counted = (most.passedResources or 0) + (most.failedResources or 0) + (most.passWithExceptionResources or 0)
        results = tc.get_resources_evaluated_by_control(auth, provider, name, most.controlId)
        checks.equal(f"get_resources_evaluated_by_control {provider}", len(results), min(counted, 50))
        one = results[0]
        connector_id = connector.connectorId
        evaluation = tc.get_evaluation(auth, provider, most.controlId, connector_id, one.resourceId)
        checks.check(f"get_evaluation {provider}", evaluation.lastEvaluated is not None, repr(evaluation))
        activities = tc.get_remediation_activities(auth, provider, page_count=1, pageSize=1000)
        # It reads rows only where `pageable.empty` is true, which no page of the documented form says.
        checks.check(f"get_remediation_activities {provider} answers", isinstance(activities, list), repr(activities))

checks.end()
