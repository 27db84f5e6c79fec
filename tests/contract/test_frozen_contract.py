"""Old clients, which know only the frozen file, still work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc  # type: ignore[import-untyped]

from tests.contract.conftest import DEADLINE, Shop

FROZEN = Path(__file__).parents[2] / "protobufs" / "frozen"

OldClient = Callable[..., Any]


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> descriptor_pool.DescriptorPool:
    """The frozen contract, compiled into its own pool."""
    compiled = tmp_path_factory.mktemp("frozen") / "frozen.pb"
    assert protoc.main(["", f"-I{FROZEN}", f"--descriptor_set_out={compiled}", "recommendations.proto"]) == 0
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(compiled.read_bytes()).file:
        pool.Add(file)
    return pool


@pytest.fixture
def recommend(shop: Shop, frozen: descriptor_pool.DescriptorPool) -> OldClient:
    request = message_factory.GetMessageClass(frozen.FindMessageTypeByName("RecommendationRequest"))
    response = message_factory.GetMessageClass(frozen.FindMessageTypeByName("RecommendationResponse"))
    assert "any_category" not in request.DESCRIPTOR.fields_by_name
    call: Any = shop.channel.unary_unary(
        "/Recommendations/Recommend",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=response.FromString,
    )
    return lambda **fields: call(request(**fields), timeout=DEADLINE)


def test_three_science_fiction_titles(recommend: OldClient) -> None:
    """The call gives three different books of the category, with id and title."""
    response = recommend(user_id=1, category="SCIENCE_FICTION", max_results=3)
    books = response.recommendations
    assert len({book.id for book in books}) == 3
    assert [book.title for book in books] == [f"SCIENCE_FICTION {book.id}" for book in books]


def test_an_empty_request(recommend: OldClient) -> None:
    """An empty request means ten mysteries for reader 0."""
    response = recommend()
    assert len(response.recommendations) == 10
    assert all(book.title.startswith("MYSTERY") for book in response.recommendations)


def test_an_unknown_category(recommend: OldClient) -> None:
    """It is NOT_FOUND with the message that clients expect."""
    with pytest.raises(grpc.RpcError) as caught:
        recommend(user_id=1, category=9999)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == "Category not found"


def test_generated_code_has_a_place_in_every_language() -> None:
    """Java's and C#'s classes are in a package, where others can import them; Go's has a path, without a host."""
    from protobufs import recommendations_pb2 as pb  # noqa: PLC0415  (only to compare)

    options = pb.DESCRIPTOR.GetOptions()
    assert options.go_package == "book-marketplace/recommendationspb;recommendationspb"
    assert (options.java_package, options.java_multiple_files) == ("bookmarketplace.recommendations", True)
    assert options.csharp_namespace == "BookMarketplace.Contract"


def test_every_old_field_keeps_its_name_number_and_type(frozen: descriptor_pool.DescriptorPool) -> None:
    """Each message, field, value and method of the frozen file is unchanged in the current one."""
    from protobufs import recommendations_pb2 as pb  # noqa: PLC0415  (only to compare)

    current, old = (descriptor_pb2.FileDescriptorProto() for _ in range(2))
    pb.DESCRIPTOR.CopyToProto(current)
    frozen.FindFileByName("recommendations.proto").CopyToProto(old)
    assert (current.package, current.syntax) == (old.package, old.syntax) == ("", "proto3")

    def fields(file: descriptor_pb2.FileDescriptorProto) -> set[tuple[object, ...]]:
        messages = {
            (message.name, field.name, field.number, field.type, field.label, field.type_name)
            for message in file.message_type
            for field in message.field
        }
        values = {(enum.name, value.name, value.number) for enum in file.enum_type for value in enum.value}
        methods = {
            (service.name, method.name, method.input_type, method.output_type)
            for service in file.service
            for method in service.method
        }
        return messages | values | methods

    assert len(fields(old)) == 3 + 2 + 1 + 3 + 1
    assert fields(old) <= fields(current)
