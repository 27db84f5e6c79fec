"""The tests of the contract fail if a method returns an empty response."""

from collections.abc import Callable

import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from protobufs import recommendations_pb2 as pb
from recommendations.api.servicer import RecommendationsServicer
from tests.contract import test_catalogue, test_readers, test_recommendations
from tests.contract.conftest import Shop

METHODS = pb.DESCRIPTOR.services_by_name["Recommendations"].methods_by_name
TESTS: dict[str, Callable[[Shop], None]] = {
    "Recommend": test_recommendations.test_recording_an_interaction_changes_the_next_list,
    "RecommendBatch": test_recommendations.test_a_batch_without_repetitions,
    "RecordInteractions": test_recommendations.test_a_repeated_id_is_counted_once,
    "SimilarBooks": test_catalogue.test_books_like_another_one,
    "UpsertBooks": test_catalogue.test_a_new_book_is_in_the_next_list,
    "RemoveBooks": test_catalogue.test_a_removed_book_is_in_no_list,
    "ListInteractions": test_readers.test_a_history_page_by_page,
    "MergeReaders": test_readers.test_a_guest_who_signs_in,
    "ForgetReader": test_readers.test_the_right_to_be_forgotten,
}
"""For each method, a test that must fail if it returns an empty response."""


@pytest.fixture(params=METHODS)
def mutated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the method that returns an empty response."""
    name: str = request.param
    empty = GetMessageClass(METHODS[name].output_type)()

    async def method(*_: object) -> Message:
        return empty

    monkeypatch.setattr(RecommendationsServicer, name, method)
    return name


def test_an_empty_response_fails_a_test(mutated: str, shop: Shop) -> None:
    """This holds for every method of the contract."""
    with pytest.raises((AssertionError, IndexError)):
        TESTS[mutated](shop)
