"""Calls of every method of Recommendations, as prepared messages."""

import itertools
import random
from collections.abc import Iterator

from google.protobuf.message import Message

from protobufs import recommendations_pb2 as pb

READERS = 2_000
BOOKS = 400

SHARES = {
    "Recommend": 0.6,
    "RecommendBatch": 0.1,
    "SimilarBooks": 0.15,
    "RecordInteractions": 0.06,
    "ListInteractions": 0.06,
    "UpsertBooks": 0.01,
    "RemoveBooks": 0.005,
    "MergeReaders": 0.005,
    "ForgetReader": 0.01,
}
"""The methods' shares of all calls."""


def messages(method: str) -> Iterator[bytes]:
    """An endless row of serialized requests of a method."""
    chance = random.Random(method)
    for number in itertools.count():
        yield _request(method, chance, number).SerializeToString()


def _request(method: str, chance: random.Random, number: int) -> Message:
    reader, book = chance.randint(1, READERS), chance.randint(1, BOOKS)
    click = pb.Interaction(id=f"soak-{number}", user_id=reader, book_id=book, kind=pb.Interaction.KIND_CLICK)
    changed = pb.Book(id=book, title=f"Book {book}, edition {number}", categories=[pb.MYSTERY])
    requests: dict[str, Message] = {
        "Recommend": _recommend(chance),
        "RecommendBatch": pb.RecommendBatchRequest(requests=[_recommend(chance) for _ in range(5)], distinct=True),
        "SimilarBooks": pb.SimilarBooksRequest(book_id=book, user_id=reader),
        "RecordInteractions": pb.RecordInteractionsRequest(interactions=[click]),
        "ListInteractions": pb.ListInteractionsRequest(user_id=reader),
        "UpsertBooks": pb.UpsertBooksRequest(books=[changed]),
        "RemoveBooks": pb.RemoveBooksRequest(book_ids=[BOOKS + number % 50]),
        "MergeReaders": pb.MergeReadersRequest(from_user_id=READERS + number % 1_000 + 1, into_user_id=reader),
        "ForgetReader": pb.ForgetReaderRequest(user_id=3 * READERS + number % 1_000),
    }
    return requests[method]


def _recommend(chance: random.Random) -> pb.RecommendationRequest:
    return pb.RecommendationRequest(
        user_id=chance.randint(0, READERS),
        any_category=chance.random() < 0.5,
        category=chance.choice((pb.MYSTERY, pb.CLASSICS, pb.POETRY)),
        selection=chance.choice((pb.SELECTION_FOR_YOU, pb.SELECTION_POPULAR, pb.SELECTION_NEW)),
        exclude_book_ids=chance.sample(range(1, BOOKS), 5),
    )
