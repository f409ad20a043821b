"""The exceptions, against the table of kinds."""

from __future__ import annotations

import builtins
import pickle
from typing import Any

import pytest

from totalcloud import _native, errors

KINDS = {word: (name, doc) for word, name, doc in _native.error_kinds()}


def test_each_kind_has_its_exception_and_each_exception_its_kind() -> None:
    for word, (name, doc) in KINDS.items():
        cls = getattr(errors, name)
        assert cls.kind == word
        assert (cls.__doc__ or "").strip() == doc
        assert issubclass(cls, errors.TotalCloudError)
    assert {name for name, _ in KINDS.values()} == set(errors.__all__)


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        ("UsageError", ValueError),
        ("AuthenticationError", PermissionError),
        ("PermissionDeniedError", PermissionError),
        ("NotFoundError", FileNotFoundError),
        ("TimeoutError", builtins.TimeoutError),
        ("DeadlineError", builtins.TimeoutError),
        ("NetworkError", ConnectionError),
        ("TlsError", ConnectionError),
        ("IoError", OSError),
        ("InterruptedError", builtins.InterruptedError),
    ],
)
def test_standard_classes_are_mixed_in(name: str, standard: Any) -> None:
    with pytest.raises(standard) as caught:
        raise getattr(errors, name)("what happened", status=418)
    assert str(caught.value) == "what happened"
    assert getattr(caught.value, "status") == 418


@pytest.mark.parametrize("name", sorted(errors.__all__))
def test_exceptions_survive_pickling(name: str) -> None:
    told = {"status": 409, "operation": "resources.list", "request_id": "r-1", "retry_after": 2.5, "hint": "wait"}
    e = getattr(errors, name)("what happened", **told, attempts=3, may_have_arrived=True)
    again = pickle.loads(pickle.dumps(e))
    assert type(again) is type(e) and str(again) == "what happened"
    assert {key: getattr(again, key) for key in told} == told
    assert (again.attempts, again.may_have_arrived, again.kind) == (3, True, e.kind)


def test_errors_of_the_service_say_all_they_know(simulator: Any) -> None:
    client = simulator.client()
    with pytest.raises(errors.UsageError, match="there is no operation 'conectors.list'.*did you mean connectors.list"):
        client.call("conectors.list")
    with pytest.raises(errors.UsageError, match="it has no parameter 'colour'"):
        client.call("connectors.list", provider="aws", colour="red")
    with pytest.raises(errors.TotalCloudError) as caught:
        client.connector("aws", "00000000-0000-0000-0000-000000000000")
    e = caught.value
    assert e.operation == "connectors.get" and e.status in (400, 404) and e.attempts == 1


def test_wrong_credentials_are_no_permission(simulator: Any) -> None:
    client = simulator.client(password="not-the-password")
    with pytest.raises(errors.AuthenticationError) as caught:
        client.connectors("aws").all()
    assert isinstance(caught.value, PermissionError) and caught.value.status == 401
    assert "not-the-password" not in repr(caught.value) + str(caught.value) + str(caught.value.__dict__)


def test_estates_raise_the_same_exceptions(tmp_path: Any) -> None:
    from totalcloud import Estate

    with pytest.raises(FileNotFoundError) as caught:
        Estate(tmp_path / "none").query("select 1 from aws_vpc")
    assert isinstance(caught.value, errors.NotFoundError) and caught.value.kind == "not-found"
