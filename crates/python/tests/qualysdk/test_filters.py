"""Filters as users of the older package write them."""

from __future__ import annotations

import pytest

from totalcloud.qualysdk.totalcloud.filters import CONNECTORS, CONTROLS, raised


@pytest.mark.parametrize(
    "given, wanted",
    [
        ("provider:aws", "provider:AWS"),
        ("provider:aws and service.type:ec2", "provider:AWS and service.type:EC2"),
        ("resource.type:bucket or control.name:s3 bucket", "resource.type:BUCKET or control.name:s3 bucket"),
        ("control.criticality: high", "control.criticality: HIGH"),
        ("control.criticality:[high, `low`]", "control.criticality:[HIGH, `low`]"),
        ("provider in (aws, azure)", "provider in (AWS, AZURE)"),
        ("not (provider:aws)", "not (provider:AWS)"),
        ('control.name:"provider:aws"', 'control.name:"provider:aws"'),
        ("control.name:`provider:aws` and provider:gcp", "control.name:`provider:aws` and provider:GCP"),
        ('provider:"aws"', 'provider:"aws"'),
        ("control.name:'it\\'s provider:aws'", "control.name:'it\\'s provider:aws'"),
        ("my.provider:aws", "my.provider:aws"),
        ("createdDate:[2024-01-01 ... now-1m]", "createdDate:[2024-01-01 ... now-1m]"),
        ("state:error", "state:error"),
        ("", ""),
        (None, None),
    ],
)
def test_values_the_service_writes_in_upper_case(given: str, wanted: str) -> None:
    assert raised(given, CONTROLS) == wanted


def test_states_of_connectors() -> None:
    assert raised("state:success and name:a:b state", CONNECTORS) == "state:SUCCESS and name:a:b state"
    assert raised("provider:aws", CONNECTORS) == "provider:aws"
