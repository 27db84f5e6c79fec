"""Editions of one work: a list has one of them, and none for a reader who has another."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from protobufs import recommendations_pb2 as pb
from tests.contract.conftest import DEADLINE, Shop
from tests.contract.test_catalogue import selected, similar, upsert
from tests.contract.test_recommendations import K, ids, record

FIELD_CASE = Path("field-cases", "editions.csv")
READER = 7000
DUNE = pb.Book(id=41, title="Dune", authors=["Frank Herbert"])
DELUXE = pb.Book(id=42, title="Dune: Deluxe Edition", authors=["Herbert, Frank"])
WUESTENPLANET = pb.Book(id=43, title="Der Wüstenplanet", authors=["Frank Herbert"])


def buy(shop: Shop, *books: int) -> None:
    record(
        shop, *(pb.Interaction(id=f"buy-{id_}", user_id=READER, book_id=id_, kind=K.KIND_PURCHASE) for id_ in books)
    )


def lists(shop: Shop, *near: int) -> Iterator[list[int]]:
    """The reader's lists of every selection, and of books like each of `near`."""
    for selection in pb.Selection.values():
        yield ids(selected(shop, selection, READER))
    for id_ in near:
        yield ids(similar(shop, id_, READER, limit=100))


@pytest.fixture
def field_case() -> list[pb.Book]:
    """Ten books, five of which are editions of two others; see the README beside the file."""
    file = Path(os.environ.get("BOOK_DATA", "/nonexistent")).parent / FIELD_CASE
    if not file.exists():
        pytest.skip(f"needs {FIELD_CASE} beside the folder that BOOK_DATA names")
    with file.open(encoding="utf-8", newline="") as rows:
        return [
            pb.Book(id=int(row["book_id"]), title=row["title"], authors=row["authors"].split(";"), isbn=row["isbn"])
            for row in csv.DictReader(rows)
        ]


def test_the_field_case(shop: Shop, field_case: list[pb.Book]) -> None:
    """After buying 1, 4 and 6 no list has 2, 3 or 7; 5, 8, 9 and 10 may be recommended."""
    upsert(shop, *field_case)
    assert len({1, 2, 3} & set(ids(selected(shop, pb.SELECTION_POPULAR, READER)))) == 1
    buy(shop, 1, 4, 6)
    for listed in lists(shop, *range(1, 11)):
        assert not {1, 2, 3, 4, 6, 7} & set(listed)
    for listed in lists(shop):
        assert {5, 8, 9, 10} <= set(listed)


def test_a_book_becomes_an_edition_at_once(shop: Shop) -> None:
    """With its title or its work; and it is one no longer as soon as they change again."""
    upsert(shop, DUNE, DELUXE, WUESTENPLANET)
    buy(shop, 41)
    assert all(not {41, 42} & set(listed) and 43 in listed for listed in lists(shop))
    upsert(shop, *(pb.Book(id=book.id, title=book.title, work="3634639") for book in (DUNE, WUESTENPLANET)))
    assert all(42 in listed and not {41, 43} & set(listed) for listed in lists(shop))
    upsert(shop, DUNE, pb.Book(id=42, title="Dune Messiah", authors=["Frank Herbert"]), WUESTENPLANET)
    assert all({42, 43} <= set(listed) for listed in lists(shop))


def test_one_of_each_work_in_a_distinct_batch(shop: Shop) -> None:
    """The lists of a batch have no work twice."""
    upsert(shop, DUNE, DELUXE)
    request = pb.RecommendationRequest(any_category=True, max_results=100, selection=pb.SELECTION_NEW)
    first = pb.RecommendationRequest(any_category=True, max_results=1, selection=pb.SELECTION_NEW)
    batch = pb.RecommendBatchRequest(requests=[first, request, request], distinct=True)
    answers = [ids(answer) for answer in shop.stub.RecommendBatch(batch, timeout=DEADLINE).responses]
    assert len({41, 42} & set(answers[0])) == 1
    assert not {41, 42} & {*answers[1], *answers[2]}
    excluding = pb.RecommendationRequest(any_category=True, max_results=100, exclude_book_ids=[42])
    assert not {41, 42} & set(ids(shop.stub.Recommend(excluding, timeout=DEADLINE)))
