"""Values that are spread, flattened or put right: what each class makes of what the service sends."""

from __future__ import annotations

import json
import pickle
from datetime import datetime, timezone
from typing import Any, Dict

import pytest

from totalcloud.qualysdk.totalcloud.data_classes import classes, values
from totalcloud.qualysdk.totalcloud.data_classes.fields import parse
from totalcloud.qualysdk.totalcloud.data_classes.resource_mappings import (
    COMMON_NAMES,
    VALID_RESOURCETYPES,
    resource_map,
)


def check(name: str, row: Dict[str, Any], **wanted: Any) -> None:
    one = getattr(classes, name).from_dict(row)
    got = {attribute: getattr(one, attribute) for attribute in wanted}
    assert got == wanted


STATEMENTS = {
    "Version": "2012",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:Get", "Resource": "*"},
        {"Effect": "Deny", "Action": ["a", "b"], "Resource": "r"},
    ],
}


def test_policies() -> None:
    held = {"VersionId": "v1", "Document": json.dumps(STATEMENTS), "CreateDate": 1703001007}
    check(
        "AWSIAMPolicy",
        {"defaultPolicyVersion": held, "type": "custom"},
        defaultPolicyVersion=None,
        defaultPolicyVersion_VersionId="v1",
        defaultPolicyVersion_IsDefaultVersion=None,
        defaultPolicyVersion_Document_Version="2012",
        defaultPolicyVersion_Document_Statement=[
            "(Resource: *, Effect: Allow, Action: s3:Get)",
            "(Resource: r, Effect: Deny, Action: a, b)",
        ],
        defaultPolicyVersion_CreateDate=datetime(2023, 12, 19, 15, 50, 7, tzinfo=timezone.utc),
        _type="custom",
        type="custom",
    )
    trust = {"Version": "1", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2"}, "Action": "sts:A"}}
    for text in (json.dumps(trust), "%7B" + json.dumps(trust)[1:]):
        check(
            "AWSIAMRole",
            {"AssumeRolePolicyDocument": text, "trustedEntities": {"a": 1, "b": 2}},
            AssumeRolePolicyDocument=None,
            AssumeRolePolicyDocument_Version="1",
            AssumeRolePolicyDocument_Statement=[
                "(Effect: Allow, Principal: {'Service': 'ec2'}, Action: sts:A, Resource: None)"
            ],
            trustedEntities="a: 1, b: 2",
        )
    check(
        "AWSIAMRole",
        {"AssumeRolePolicyDocument": "no JSON"},
        AssumeRolePolicyDocument="no JSON",
        AssumeRolePolicyDocument_Version=None,
    )
    check("AWSVPCEndpoint", {"policyDocument": '{"Version":"1"}'}, policyDocument='{"Version":"1"}')
    check("AWSVPCEndpoint", {"policyDocument": json.dumps({"Statement": {"a": 1}})}, policyDocument=["(a: 1)"])
    check(
        "AWSIAMGroup",
        {"GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": json.dumps(STATEMENTS)}, {"PolicyName": "q"}]},
        GroupPolicyList=[
            "(policyName: p, policyDocument: (Version: 2012, Statement: (Action: s3:Get, Resource: *, Effect: Allow), "
            "(Action: ['a', 'b'], Resource: r, Effect: Deny)))",
            "(policyName: q, policyDocument: None)",
        ],
    )


def test_clusters() -> None:
    check(
        "AWSEKSCluster",
        {
            "associations": {"resourcesVpcConfig": {"securityGroupIds": ["sg"], "subnetIds": None, "vpcId": "v"}},
            "resourcesVpcConfig": {"endpointPublicAccess": False},
            "logging": {"clusterLogging": []},
            "identity": {"oidc": {"issuer": "i"}},
            "version": "1.30",
        },
        associations=None,
        associations_resourcesVpcConfig_securityGroupIds=["sg"],
        assiciations_resourcesVpcConfig_securityGroupIds=["sg"],
        associations_resourcesVpcConfig_subnetIds=None,
        associations_resourcesVpcConfig_vpcId="v",
        resourcesVpcConfig_endpointPublicAccess=False,
        resporcesVpcConfig_endpointPublicAccess=False,
        identity_oidc_issuer="i",
        logging_clusterLogging=[],
        version=1.3,
    )
    version = classes.AWSEKSCluster(version="1.30").version
    assert str(version) == "1.30" and version > 1.29 and str(pickle.loads(pickle.dumps(version))) == "1.30"
    check("AWSEKSCluster", {"version": "v1.29.3"}, version="v1.29.3")
    check(
        "AWSEKSNodeGroup",
        {
            "scalingConfig": {"minSize": 0, "maxSize": "3"},
            "associations": {"resources": {"autoScalingGroups": [{"name": "g"}]}},
        },
        scalingConfig_minSize=0,
        scalingConfig_maxSize=3,
        scalingConfig_desiredSize=None,
        associations_resources_autoScalingGroups=["g"],
    )
    check(
        "AWSEKSFargateProfile",
        {"selectors": [{"namespace": "n", "labels": {"a": "b", "c": "d"}}, {"namespace": "m"}]},
        selectors=["(namespace: n, labels: [a: b, c: d])", "(namespace: m, labels: )"],
    )


def test_distributions() -> None:
    check(
        "AWSCloudfrontDistribution",
        {
            "geoRestriction": {"RestrictionType": "none", "Quantity": 0},
            "defaultCacheBehavior": {
                "FunctionAssociations": {"Quantity": 1, "Items": ["f"]},
                "AllowedMethods": {"Items": {"Method": ["GET"]}, "CachedMethods": {"Quantity": 1, "Items": ["HEAD"]}},
            },
            "origins": [[{"Id": "o", "DomainName": "d"}]],
        },
        geoRestriction=None,
        geoRestriction_RestrictionType="none",
        geoRestriction_Quantity=0,
        defaultCacheBehavior_FunctionAssociations_Items=["f"],
        defaultCacheBehavior_LambdaFunctionAssociations_Items=None,
        defaultCacheBehavior_AllowedMethods_Items_Method=["GET"],
        defaultCacheBehavior_AllowedMethods_CachedMethods_Items=None,
        origins=[
            "(ConnectionTimeout: None, OriginAccessControlId: None, ConnectionAttempts: None, DomainName: d, "
            "OriginPath: None, Id: o)"
        ],
    )
    one = classes.AWSCloudfrontDistribution(geoRestriction={"RestrictionType": "none"})
    assert json.loads(one.dump_json())["geoRestriction_RestrictionType"] == "none"


def test_azure() -> None:
    check(
        "AzureStorageAccount",
        {
            "file": {"enabled": False, "lastEnabledTime": "2024-05-10T08:00:00Z"},
            "networkAcls": {"ipRules": [{"action": "Allow", "value": "10.0.0.0/8"}], "bypass": "x"},
            "hnsEnabled": "True",
            "tags": [{"value": "v"}],
        },
        file_enabled=False,
        file_lastEnabledTime=datetime(2024, 5, 10, 8, tzinfo=timezone.utc),
        blob_enabled=None,
        networkAcls_ipRules=["Allow 10.0.0.0/8"],
        networkAcls_bypass="x",
        hnsEnabled=True,
        tags=[{"value": "v"}],
    )
    check(
        "AzureVM",
        {
            "vulnerabilityStats": {"totalVulnerability": 3},
            "statuses": [{"code": "c"}],
            "imageData": [{"id": "i", "sku": "s"}],
        },
        vulnerabilityStats={"totalVulnerability": 3},
        statuses=["c:None:None:None:None"],
        imageData=["i:None:None:None (sku:s)"],
    )


def test_evaluated_resources_have_their_account() -> None:
    for field in ("accountId", "subscriptionId", "projectId"):
        check("AccountLevelEvaluation", {field: "a"}, accountId="a")
    one = classes.AccountLevelEvaluation.from_dict(
        {"evaluationDates": {"dateFixed": "2024-05-10T08:00:00Z"}, "subscriptionId": "s"}
    )
    assert one.evaluationDates.dateFixed.year == 2024 and one.subscriptionId == "s"
    assert one.to_dict()["evaluationDates"]["dateFixed"].year == 2024


@pytest.mark.parametrize(
    "given, wanted",
    [
        ("plain", "plain"),
        ("<p>a &amp; b</p><br/>c", "a & bc"),
        ("a < b", "a < b"),
        ("<!-- x -->y<script>z</script>", "y"),
        ("&lt;b&gt; &#233;", "<b> é"),
    ],
)
def test_texts_of_controls_are_freed_of_html(given: str, wanted: str) -> None:
    assert values.html(given) == wanted
    assert classes.Control(rationale=given, evaluation={"description": given}).rationale == wanted
    assert classes.Control(evaluation={"description": given}).evaluation_description == wanted


def test_every_type_has_a_class_of_its_own() -> None:
    assert len(VALID_RESOURCETYPES["aws"]) >= 24 and len(VALID_RESOURCETYPES["azure"]) >= 19
    made = list(classes.RESOURCES.values())
    assert len(set(made)) == len(made) == sum(map(len, VALID_RESOURCETYPES.values()))
    assert resource_map["LOAD_BALANCER"] is classes.AWSLoadBalancer
    assert classes.class_of("azure", "LOAD_BALANCER") is classes.AzureLoadBalancer
    assert classes.class_of("aws", "BRAND_NEW") is classes.AWSResource
    assert "EC2" in COMMON_NAMES["aws"]["EC2_INSTANCE"]
    for cls in made:
        assert pickle.loads(pickle.dumps(cls(uuid="u"))).uuid == "u"


def test_the_language_of_tables() -> None:
    got = parse("a b:int c|d e=f g>(h i/j:ms k_l@m/n?0)")
    assert [(one.name, one.fields, one.path, one.reader, one.default, one.spread) for one in got] == [
        ("a", ("a",), (), "", None, False),
        ("b", ("b",), (), "int", None, False),
        ("c", ("c", "d"), (), "", None, False),
        ("e", ("f",), (), "", None, False),
        ("g", ("g",), (), "", None, True),
        ("g_h", ("g",), ("h",), "", None, False),
        ("g_i_j", ("g",), ("i", "j"), "ms", None, False),
        ("g_k_l", ("g",), ("m", "n"), "", 0, False),
    ]
