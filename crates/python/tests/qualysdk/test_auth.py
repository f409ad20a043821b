"""Sign-ins: who, how, where, and no secret anywhere."""

from __future__ import annotations

import copy
import json
import pickle
from types import SimpleNamespace
from typing import Any

import pytest

import totalcloud
from scripted import Asked, Reply, Scripted, reply
from totalcloud.qualysdk import BasicAuth, BearerAuth, IdPAuth, OIDCAuth, TokenAuth
from totalcloud.qualysdk.exceptions import AuthenticationError, InvalidCredentialsError, QualysAPIError
from totalcloud.qualysdk.totalcloud import get_aws_base_account

CANARY = "canary-secret"


def test_basic(simulator: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with BasicAuth(simulator.username, simulator.password, override_platform=simulator.hosts) as auth:
        limits = auth.get_ratelimit()
        assert get_aws_base_account(auth)["globalAccountId"]
    assert set(limits) == {"X-RateLimit-Limit", "X-Concurrency-Limit-Limit"}
    assert all(isinstance(number, int) for number in limits.values())
    assert (auth.auth_type, auth.platform, auth.token, auth.password) == ("basic", "CUSTOM", None, simulator.password)
    assert capfd.readouterr() == ("", "")


def test_token(simulator: Any) -> None:
    auth = TokenAuth(simulator.username, simulator.password, override_platform=simulator.hosts)
    assert auth.token is not None and auth.token.count(".") == 2 and auth.generated_on is not None
    assert auth.as_header() == {"Authorization": f"Bearer {auth.token}"}
    assert auth.get_ratelimit()["X-RateLimit-Limit"]
    assert get_aws_base_account(auth)["globalAccountId"]
    bearer = BearerAuth(auth.token, override_platform=simulator.hosts)
    assert get_aws_base_account(bearer) == get_aws_base_account(auth)
    assert auth.token not in repr(bearer) and auth.token not in json.dumps(bearer.to_dict())


def test_a_client_of_the_service(simulator: Any) -> None:
    auth = OIDCAuth(simulator.ready["client_id"], simulator.ready["client_secret"], override_platform=simulator.hosts)
    assert get_aws_base_account(auth)["globalAccountId"]
    assert auth.as_header()["Authorization"].startswith("Bearer ") and auth.client_id in repr(auth)


@pytest.mark.parametrize("secret", [None, CANARY])
def test_the_identity_provider_of_the_company(secret: Any) -> None:
    def script(asked: Asked) -> Reply:
        if asked.path == "/token":
            return reply({"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 3600})
        return reply({"globalAccountId": "1"})

    with Scripted(script) as service:
        auth = IdPAuth(
            f"{service.url}/token",
            "client",
            secret,
            username="jane",
            password=CANARY,
            scope="openid",
            override_platform=service.hosts,
        )
        assert get_aws_base_account(auth) == {"globalAccountId": "1"}
        assert [asked.path for asked in service.asked].count("/token") == 1
    assert auth.token_url in repr(auth) and CANARY not in repr(auth)


def test_credentials_that_are_refused(simulator: Any) -> None:
    for make in (
        lambda: BasicAuth(simulator.username, CANARY, override_platform=simulator.hosts),
        lambda: TokenAuth(simulator.username, CANARY, override_platform=simulator.hosts),
        lambda: OIDCAuth("other", CANARY, override_platform=simulator.hosts),
    ):
        with pytest.raises(AuthenticationError) as caught:
            make()
        assert isinstance(caught.value, (PermissionError, totalcloud.TotalCloudError))
        assert CANARY not in str(caught.value) and caught.value.message
    late = BasicAuth(simulator.username, CANARY, override_platform=simulator.hosts, check=False)
    with pytest.raises(QualysAPIError) as caught:
        get_aws_base_account(late)
    assert isinstance(caught.value, AuthenticationError)


def test_credentials_that_are_missing() -> None:
    with pytest.raises(InvalidCredentialsError, match="password"):
        BasicAuth("user", "")
    with pytest.raises(InvalidCredentialsError, match="client_secret"):
        OIDCAuth("client", "")
    with pytest.raises(ValueError, match="qg9"):
        BasicAuth("user", "password", platform="qg9")
    for hosts in ({}, {"api_url": "https://a"}, {"api_url": 1, "gateway_url": "a", "qualysguard_url": "b"}):
        with pytest.raises(ValueError, match="override_platform"):
            BasicAuth("user", "password", override_platform=hosts, check=False)  # type: ignore[arg-type]


def test_addresses_are_put_right() -> None:
    hosts = {
        "api_url": " http://a.example.com/ ",
        "gateway_url": "g.example.com",
        "qualysguard_url": "https://q.example.com",
    }
    auth = BasicAuth("user", "password", override_platform=hosts, check=False)
    assert auth.override_platform == {
        "api_url": "https://a.example.com",
        "gateway_url": "https://g.example.com",
        "qualysguard_url": "https://q.example.com",
    }
    assert hosts["gateway_url"] == "g.example.com" and auth.client.url == "https://q.example.com/"


def test_no_secret_leaves_a_sign_in() -> None:
    hosts = dict.fromkeys(("api_url", "gateway_url", "qualysguard_url"), "https://x.example.com")
    for auth in (
        BasicAuth("user", CANARY, "qg2", check=False),
        TokenAuth("user", CANARY, override_platform=hosts, check=False),
        OIDCAuth("client", CANARY, check=False),
        IdPAuth("https://i.example.com", "client", CANARY, "user", CANARY, check=False),
        BearerAuth(CANARY),
    ):
        for text in (
            repr(auth),
            str(auth),
            json.dumps(auth.to_dict()),
            auth.to_json_string(pretty=True),
            repr(auth.client),
        ):
            assert CANARY not in text
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(auth)
        assert copy.copy(auth) is auth and copy.deepcopy(auth) is auth
        with pytest.raises(TypeError, match="unhashable"):
            hash(auth)


def test_sign_ins_are_compared_and_made_of_their_arguments() -> None:
    one = BasicAuth("user", "a", "qg2", check=False)
    assert one == BasicAuth("user", "a", "qg2", check=False)
    assert one != BasicAuth("user", "b", "qg2", check=False) and one != BasicAuth("user", "a", "qg3", check=False)
    assert one != "user"
    again = BasicAuth.from_dict({**one.to_dict(), "password": "a", "check": False})
    assert again == one and again.platform == "qg2"
    assert BasicAuth.from_json_string('{"username": "user", "password": "a", "platform": "qg2", "check": false}') == one


def test_a_service_that_says_nothing_of_limits() -> None:
    with Scripted(lambda asked: Reply(b"<ABOUT/>", kind="text/xml")) as service:
        auth = BasicAuth("user", "password", override_platform=service.hosts)
        assert auth.get_ratelimit() == {"X-RateLimit-Limit": None, "X-Concurrency-Limit-Limit": None}


def test_other_sign_ins_will_do(simulator: Any) -> None:
    assert get_aws_base_account(simulator.client())["globalAccountId"]
    theirs = SimpleNamespace(
        username=simulator.username, password=simulator.password, platform="CUSTOM", override_platform=simulator.hosts
    )
    assert get_aws_base_account(theirs)["globalAccountId"]
    with pytest.raises(QualysAPIError, match="class str"):
        get_aws_base_account("user")
