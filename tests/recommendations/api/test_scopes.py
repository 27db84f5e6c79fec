"""Which calls a token allows, by a real client and for every method of the contract."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from protobufs import recommendations_pb2 as pb
from recommendations.api.health import SERVICE
from recommendations.api.scopes import SCOPES
from recommendations.domain.tokens import Scope
from recommendations.following.tokens import TokenFollower
from tests.recommendations.api.conftest import Running, Start
from tests.recommendations.stores import HookedStore, hooked_store

DEADLINE = 20
METHODS = [f"/{SERVICE}/{method.name}" for method in pb.DESCRIPTOR.services_by_name[SERVICE].methods]
REFUSALS = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[HookedStore]:
    with hooked_store(tmp_path) as store:
        yield store


@pytest.fixture
def tokens(store: HookedStore) -> dict[Scope, str]:
    """A token for each scope alone."""
    return {scope: store.add_token(scope, scope) for scope in Scope}


@pytest.fixture
def guarded(start: Start, store: HookedStore, tokens: dict[Scope, str]) -> Running:
    """A server that requires one of these tokens."""
    follower = TokenFollower(store)
    follower.step()
    assert tokens
    return start(tokens=follower)


def status(running: Running, method: str, header: str | None) -> grpc.StatusCode:
    """The status of a call with an empty message."""
    metadata = [] if header is None else [("authorization", header)]
    call: Any = running.channel.unary_unary(method)
    try:
        call(b"", metadata=metadata, timeout=DEADLINE)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def test_every_method_has_a_scope() -> None:
    """A method added to the contract must be entered in the table, and no other is in it."""
    assert set(SCOPES) == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_answered_to_its_scope_alone(guarded: Running, tokens: dict[Scope, str], method: str) -> None:
    """No token and a wrong one are UNAUTHENTICATED, a token without the scope is PERMISSION_DENIED."""
    scope = SCOPES[method]
    for header in (None, "", "Bearer", f"Bearer {scope}.wrong", f"Basic {tokens[scope]}"):
        assert status(guarded, method, header) is grpc.StatusCode.UNAUTHENTICATED
    for other in set(Scope) - {scope}:
        assert status(guarded, method, f"Bearer {tokens[other]}") is grpc.StatusCode.PERMISSION_DENIED
    assert guarded.service.asked == guarded.service.recorded == []
    assert status(guarded, method, f"Bearer {tokens[scope]}") not in REFUSALS


def test_health_and_reflection_need_no_token(guarded: Running) -> None:
    """What checks the server and what lists its methods is answered to everybody."""
    health: Any = health_pb2_grpc.HealthStub(guarded.channel)
    assert health.Check(health_pb2.HealthCheckRequest(), timeout=DEADLINE).status
    reflection: Any = reflection_pb2_grpc.ServerReflectionStub(guarded.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    assert next(reflection.ServerReflectionInfo(iter([request]), timeout=DEADLINE)).list_services_response.service


def test_a_method_without_a_scope_is_answered_to_nobody(
    guarded: Running, tokens: dict[Scope, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the table lacks it, the call fails and the service is not reached."""
    monkeypatch.delitem(SCOPES, "/Recommendations/Recommend")
    header = f"Bearer {tokens[Scope.RECOMMEND]}"
    assert status(guarded, "/Recommendations/Recommend", header) is grpc.StatusCode.INTERNAL
    assert guarded.service.asked == []


def test_tokens_are_ignored_where_none_is_required(running: Running) -> None:
    """So that callers can be given tokens before the server asks for them."""
    assert status(running, "/Recommendations/Recommend", "Bearer anything") is grpc.StatusCode.OK
