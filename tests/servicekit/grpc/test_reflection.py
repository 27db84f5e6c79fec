"""Reflection over the wire, in both versions."""

from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2

from recommendations.api.health import SERVICE
from servicekit.grpc.reflection import V1, V1ALPHA
from tests.recommendations.api.conftest import Running, Start

DEADLINE = 20
VERSIONS = [V1, V1ALPHA]


def ask(running: Running, version: str, **question: Any) -> reflection_pb2.ServerReflectionResponse:
    """The answer to one request; the messages of both versions are the same bytes."""
    method: Any = running.channel.stream_stream(
        f"/{version}/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    (answer,) = method(iter([reflection_pb2.ServerReflectionRequest(**question)]), timeout=DEADLINE)
    assert isinstance(answer, reflection_pb2.ServerReflectionResponse)
    return answer


def file_of(running: Running, version: str, symbol: str) -> FileDescriptorProto:
    """The description of the file that has a symbol."""
    described = ask(running, version, file_containing_symbol=symbol).file_descriptor_response
    return FileDescriptorProto.FromString(described.file_descriptor_proto[0])


@pytest.mark.parametrize("version", VERSIONS)
def test_reflection_lists_the_services(running: Running, version: str) -> None:
    """A client of either version finds the service, health, and both versions."""
    listed = ask(running, version, list_services="").list_services_response.service
    assert [service.name for service in listed] == [SERVICE, "grpc.health.v1.Health", V1, V1ALPHA]


@pytest.mark.parametrize("version", VERSIONS)
def test_reflection_describes_the_service(running: Running, version: str) -> None:
    """A client without the proto file finds the methods."""
    (service,) = file_of(running, version, SERVICE).service
    assert "Recommend" in [method.name for method in service.method]


@pytest.mark.parametrize("version", VERSIONS)
def test_reflection_describes_itself(running: Running, version: str) -> None:
    """Each version's file has its own package, and names no message of the other."""
    file = file_of(running, version, version)
    assert f"{file.package}.ServerReflection" == version
    (method,) = file.service[0].method
    assert method.input_type == f".{file.package}.ServerReflectionRequest"
    others = {"v1", "v1alpha"} - {file.package.rpartition(".")[2]}
    assert not any(f"{other}." in str(file) for other in others)


@pytest.mark.parametrize("version", VERSIONS)
def test_reflection_can_be_turned_off(start: Start, version: str) -> None:
    """Then both versions are UNIMPLEMENTED."""
    with pytest.raises(grpc.RpcError) as caught:
        ask(start(with_reflection=False), version, list_services="")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
