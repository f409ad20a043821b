"""The samples of the guide of the older package, with nothing changed but their imports."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from typing import Any, Dict, List

import pytest

from test_functions import answered
from totalcloud.migrate import migrate
from totalcloud.qualysdk import totalcloud

#: Each sample with the name that its last value is kept under.
SAMPLES: Dict[str, str] = {
    "connectors": """
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import get_connectors

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
get_connectors(auth, "aws", filter='state:SUCCESS')
""",
    "a connector": """
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import get_connector_details

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
get_connector_details(auth, provider='azure', connectorId=CONNECTOR)
""",
    "the base account": """
from json import dumps
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import get_aws_base_account

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
print(dumps(get_aws_base_account(auth), indent=2))
""",
    "controls of a provider": """
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import get_control_metadata

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
get_control_metadata(auth, filter='provider:AWS')
""",
    "controls of a type": """
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import get_control_metadata

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
get_control_metadata(auth, filter='resource.type:BUCKET')
""",
    "the loop over accounts": """
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import *
from qualysdk import BaseList

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
all_results = BaseList()
aws_connectors = get_connectors(auth, provider='aws')
aws_account_ids = [c.awsAccountId for c in aws_connectors]
if aws_account_ids:
    for account_id in aws_account_ids:
        data = get_inventory(auth, provider='aws', resourceType='ec2', filter=f"account.id:{account_id}")
        all_results.extend(data)
all_results
""",
    "machines with vulnerabilities": """
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import get_inventory

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
get_inventory(
    auth,
    provider='aws',
    resourceType='ec2',
    thread_count=8,
    filter="vulnerability.typeDetected in (Confirmed, Potential) and NOT vulnerability.status:FIXED"
)
""",
    "details": """
from qualysdk import totalcloud
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import get_resource_details, get_inventory

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
ec2s = totalcloud.get_inventory(
    auth,
    provider="aws",
    resourceType="ec2",
    page_count=1
)
get_resource_details(
    auth,
    provider='aws',
    resourceType='ec2',
    resourceId=ec2s[0].uuid
)
""",
    "an evaluation": """
from qualysdk.auth import BasicAuth
from qualysdk.totalcloud import get_evaluation

auth = BasicAuth(USERNAME, PASSWORD, platform='qg1')
get_evaluation(
    auth,
    provider='aws',
    controlId=CONTROL,
    connectorId=CONNECTOR,
    resourceId=RESOURCE
)
""",
}

#: Names of types that the guide prints.
TYPES: Dict[str, Dict[str, str]] = {
    "aws": {
        "RDS": "RDS",
        "NETWORK_ACL": "NETWORK ACL, ACL",
        "BUCKET": "BUCKET, S3 BUCKET, S3",
        "IAM_USER": "IAM USER, IAM, IAMUSER",
        "VPC": "VPC",
        "VPC_SECURITY_GROUP": "VPC SECURITY GROUP, SECURITY GROUP, SG",
        "LAMBDA": "LAMBDA, LAMBDA FUNCTION",
        "SUBNET": "SUBNET",
        "INTERNET_GATEWAY": "INTERNET GATEWAY, IG, IGW, GATEWAY",
        "LOAD_BALANCER": "LOAD BALANCER, ELB, LB",
        "EC2_INSTANCE": "EC2 INSTANCE, EC2, INSTANCE",
        "ROUTE_TABLE": "ROUTE TABLE, ROUTE, ROUTES",
        "EBS": "EBS, VOLUME, VOLUMES, EBS VOLUME, EBS VOLUMES",
        "AUTO_SCALING_GROUP": "AUTO SCALING GROUP, ASG, AUTO SCALING",
        "EKS_CLUSTER": "EKS CLUSTER, EKS",
        "EKS_NODEGROUP": "EKS NODE GROUP, EKSNG, NODE GROUP",
        "EKS_FARGATE_PROFILE": "EKS FARGATE PROFILE, FARGATE PROFILE, EKS FARGATE, FARGATE",
        "VPC_ENDPOINT": "VPC ENDPOINT, ENDPOINT",
        "VPC_ENDPOINT_SERVICE": "VPC ENDPOINT SERVICE, ENDPOINT SERVICE",
        "IAM_GROUP": "IAM GROUP, IAMGROUP",
        "IAM_POLICY": "IAM POLICY, IAMPOLICY",
        "IAM_ROLE": "IAM ROLE, IAMROLE",
        "SAGEMAKER_NOTEBOOK": "SAGEMAKER NOTEBOOK, NOTEBOOK, SAGEMAKER",
        "CLOUDFRONT_DISTRIBUTION": "CLOUDFRONT DISTRIBUTION, CLOUDFRONT",
    },
    "azure": {
        "SQL_SERVER": "SQL SERVER, MSSQL",
        "FUNCTION_APP": "FUNCTION APP, FUNCTION",
        "SQL_SERVER_DATABASE": "SQL SERVER DATABASE, MSSQL DATABASE, MSSQLDB, MSSQL DB",
        "RESOURCE_GROUP": "RESOURCE GROUP, RG",
        "VIRTUAL_NETWORK": "VIRTUAL NETWORK, VNET",
        "VIRTUAL_MACHINE": "VIRTUAL MACHINE, VM",
        "NETWORK_SECURITY_GROUP": "NETWORK SECURITY GROUP, NSG, SECURITY GROUP",
        "WEB_APP": "WEB APP, WEBAPP",
        "NETWORK_INTERFACES": "NETWORK INTERFACES, NIC",
        "POSTGRE_SINGLE_SERVER": "POSTGRES, POSTGRE, POSTGRESQL",
        "LOAD_BALANCER": "LOAD BALANCER, LB",
        "FIREWALL": "FIREWALL, FW",
        "MYSQL": "MYSQL, MYSQL_DB, MYSQLDB",
        "STORAGE_ACCOUNT": "STORAGE ACCOUNT, STORAGE",
        "APPLICATION_GATEWAYS": "APPLICATION GATEWAYS, AG",
        "SECRETS": "SECRETS, SECRET",
        "MARIADB": "MARIADB, MARIA_DB, MARIA",
        "COSMODB": "COSMOS DB, COSMOSDB, COSMODB",
        "NAT_GATEWAYS": "NAT GATEWAYS, NAT",
    },
}


def run(text: str, **names: Any) -> Any:
    """Runs a sample and gives the value of its last line, or what it printed."""
    (moved,), (notes,) = migrate([text])
    changed = [(old, new) for old, new in zip(text.splitlines(), moved.splitlines()) if old != new]
    assert changed and all(
        "import" in old and old.replace("qualysdk", "totalcloud.qualysdk") == new for old, new in changed
    )
    assert len(moved.splitlines()) == len(text.splitlines())
    tree = ast.parse(moved)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "sample", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "sample", "eval"), names)
    return printed.getvalue() if value is None else value


@pytest.fixture
def names(simulator: Any, qg1: Any) -> Dict[str, Any]:
    """What stands in the place of the words in angle brackets."""
    return {"USERNAME": simulator.username, "PASSWORD": simulator.password}


def test_connectors(simulator: Any, names: Dict[str, Any]) -> None:
    found = run(SAMPLES["connectors"], **names)
    assert len(found) == answered(simulator, "aws/connectors", filter="state:SUCCESS")["totalElements"] > 0
    assert str(found).startswith("AWSConnector(name=")


def test_a_connector(simulator: Any, names: Dict[str, Any]) -> None:
    wanted = answered(simulator, "azure/connectors")["content"][0]
    found = run(SAMPLES["a connector"], CONNECTOR=wanted["connectorId"], **names)
    assert (type(found).__name__, found.connectorId, found.name) == (
        "AzureConnector",
        wanted["connectorId"],
        wanted["name"],
    )


def test_the_base_account(simulator: Any, names: Dict[str, Any]) -> None:
    printed = run(SAMPLES["the base account"], **names)
    assert json.loads(printed) == answered(simulator, "aws/connectors/awsBaseAccountId")


@pytest.mark.parametrize(
    "sample, filter", [("controls of a provider", "provider:AWS"), ("controls of a type", "resource.type:BUCKET")]
)
def test_controls(simulator: Any, names: Dict[str, Any], sample: str, filter: str) -> None:
    wanted: List[Any] = []
    for number in range(100):
        rows = answered(simulator, "controls/metadata/list", filter=filter, pageNo=number, pageSize=100)["control"]
        wanted += rows
        if not rows:
            break
    assert sorted(map(int, run(SAMPLES[sample], **names))) == sorted(row["cid"] for row in wanted) != []


def test_the_loop_over_accounts(simulator: Any, names: Dict[str, Any]) -> None:
    found = run(SAMPLES["the loop over accounts"], **names)
    accounts = [row["awsAccountId"] for row in answered(simulator, "aws/connectors")["content"]]
    totals = [
        answered(simulator, "resource/EC2_INSTANCE/AWS", filter=f"account.id:{each}", pageSize=1)["totalElements"]
        for each in accounts
    ]
    assert len(found) == sum(totals) > 0 and type(found).__name__ == "BaseList"


def test_machines_with_vulnerabilities(simulator: Any, names: Dict[str, Any]) -> None:
    found = run(SAMPLES["machines with vulnerabilities"], **names)
    asked = "vulnerability.typeDetected in (Confirmed, Potential) and NOT vulnerability.status:FIXED"
    wanted = answered(simulator, "resource/EC2_INSTANCE/AWS", filter=asked, pageSize=1)["totalElements"]
    assert 0 < len(found) == wanted < simulator.totals["aws/EC2_INSTANCE"]
    assert repr(found[0]).startswith("AWSEC2Instance(")


def test_details(simulator: Any, names: Dict[str, Any]) -> None:
    found = run(SAMPLES["details"], **names)
    first = answered(simulator, "resource/EC2_INSTANCE/AWS", pageSize=1)["content"][0]
    assert (type(found).__name__, found.uuid) == ("AWSEC2Instance", first["uuid"])


def test_an_evaluation(simulator: Any, names: Dict[str, Any]) -> None:
    connector = answered(simulator, "aws/connectors")["content"][0]
    account = connector["awsAccountId"]
    rows = answered(simulator, f"aws/evaluations/{account}")["content"]
    control = next(row["controlId"] for row in rows if row["failedResources"])
    resource = answered(simulator, f"aws/evaluations/{account}/resources/{control}")["content"][0]
    found = run(
        SAMPLES["an evaluation"],
        CONTROL=control,
        CONNECTOR=connector["connectorId"],
        RESOURCE=resource["resourceId"],
        **names,
    )
    assert found.lastEvaluated is not None and str(found) != "Not evaluated"


@pytest.mark.parametrize("provider", TYPES)
def test_names_of_types(simulator: Any, provider: str) -> None:
    auth = simulator.basic()
    for kind, said in TYPES[provider].items():
        for name in [kind, *said.split(", ")]:
            for spelled in {name, name.lower()}:
                rows = totalcloud.get_inventory(auth, provider, spelled, page_count=1, pageSize=1)
                assert [row.resourceType for row in rows] == [kind], spelled
