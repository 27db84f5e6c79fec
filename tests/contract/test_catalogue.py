"""Changes of the catalogue, similar books, and popular and new books."""

import grpc
import pytest

from protobufs import recommendations_pb2 as pb
from tests.contract.conftest import DEADLINE, Shop
from tests.contract.test_recommendations import K, click, ids, recommend, record

Outcome = pb.UpsertResult.Outcome


def upsert(shop: Shop, *books: pb.Book) -> list[int]:
    response = shop.stub.UpsertBooks(pb.UpsertBooksRequest(books=books), timeout=DEADLINE)
    return [result.outcome for result in response.results]


def remove(shop: Shop, *book_ids: int) -> int:
    return shop.stub.RemoveBooks(pb.RemoveBooksRequest(book_ids=book_ids), timeout=DEADLINE).removed


def similar(shop: Shop, book: int, reader: int = 0, *, limit: int = 10) -> pb.SimilarBooksResponse:
    request = pb.SimilarBooksRequest(book_id=book, user_id=reader, max_results=limit)
    return shop.stub.SimilarBooks(request, timeout=DEADLINE)


def selected(shop: Shop, selection: pb.Selection.ValueType, reader: int = 0) -> pb.RecommendationResponse:
    request = pb.RecommendationRequest(user_id=reader, any_category=True, max_results=100, selection=selection)
    return shop.stub.Recommend(request, timeout=DEADLINE)


def test_a_new_book_is_in_the_next_list(shop: Shop) -> None:
    """It is first among the new books, with all fields; upserting it again changes nothing."""
    dune = pb.Book(
        id=77,
        title="Dune",
        authors=["Frank Herbert"],
        categories=[pb.SCIENCE_FICTION, pb.CLASSICS],
        subjects=["deserts"],
        year=2026,
    )
    assert upsert(shop, dune, pb.Book(id=-1, title="x"), pb.Book(id=1, title="MYSTERY")) == [
        Outcome.OUTCOME_STORED,
        Outcome.OUTCOME_REFUSED,
        Outcome.OUTCOME_STORED,
    ]
    assert upsert(shop, dune) == [Outcome.OUTCOME_UNCHANGED]
    first = selected(shop, pb.SELECTION_NEW).recommendations[0]
    assert (first.id, first.title, list(first.authors)) == (77, "Dune", ["Frank Herbert"])
    assert list(first.categories) == [pb.SCIENCE_FICTION, pb.CLASSICS]
    assert first.reason.kind == pb.Reason.KIND_NEW


def test_a_thousand_books_with_many_subjects_are_stored(shop: Shop) -> None:
    """They have more than a megabyte; sent again, nothing changes."""
    subjects = [f"S {number}" for number in range(200)]
    books = [pb.Book(id=number, title=f"Title {number}", subjects=subjects) for number in range(1_001, 2_001)]
    assert pb.UpsertBooksRequest(books=books).ByteSize() > 1_200_000
    assert upsert(shop, *books) == [Outcome.OUTCOME_STORED] * 1_000
    assert upsert(shop, *books) == [Outcome.OUTCOME_UNCHANGED] * 1_000


def test_a_removed_book_is_in_no_list(shop: Shop) -> None:
    """From the next call on, until it is added again; meanwhile it still counts for those who liked it."""
    record(shop, click("a", 5000, 1))
    removed = ids(recommend(shop, 5000))[0]
    record(shop, click("b", 5001, removed))
    liking_it = ids(recommend(shop, 5001))
    assert (remove(shop, removed, 999), remove(shop, removed)) == (1, 0)
    assert removed not in ids(recommend(shop, 5000, limit=100))
    assert removed not in ids(similar(shop, 1, limit=100))
    for selection in (pb.SELECTION_POPULAR, pb.SELECTION_NEW):
        assert removed not in ids(selected(shop, selection))
    assert [book for book in ids(recommend(shop, 5001)) if book != removed][:3] == liking_it[:3]
    assert similar(shop, removed).recommendations
    assert upsert(shop, pb.Book(id=removed, title="Back")) == [Outcome.OUTCOME_STORED]
    assert removed in ids(recommend(shop, 5000, limit=100))


def test_books_like_another_one(shop: Shop) -> None:
    """The list has neither the book itself nor books that the reader bought, and has reasons."""
    answer = similar(shop, 1)
    books = ids(answer)
    assert books
    assert 1 not in books
    assert len(set(books)) == len(books)
    first = answer.recommendations[0]
    assert first.reason.kind in {
        pb.Reason.KIND_LIKE_THIS_BOOK,
        pb.Reason.KIND_SAME_AUTHOR,
        pb.Reason.KIND_SAME_SUBJECT,
    }
    assert [book.id for book in first.reason.books] == [1]
    assert answer.recommendation_id
    assert answer.model_version
    record(shop, K(id="a", user_id=5000, book_id=books[0], kind=K.KIND_PURCHASE))
    assert books[0] not in ids(similar(shop, 1, 5000, limit=100))


@pytest.mark.parametrize(("book", "code"), [(0, "INVALID_ARGUMENT"), (-1, "INVALID_ARGUMENT"), (999, "NOT_FOUND")])
def test_books_like_an_unknown_one(shop: Shop, book: int, code: str) -> None:
    """A malformed id is refused, and one that was never in the catalogue is not found."""
    with pytest.raises(grpc.RpcError) as caught:
        similar(shop, book)
    assert caught.value.code() is grpc.StatusCode[code]
    if code == "NOT_FOUND":
        assert caught.value.details() == "Book not found"


@pytest.mark.parametrize("selection", [pb.SELECTION_POPULAR, pb.SELECTION_NEW])
def test_popular_and_new_books_are_the_same_for_everyone(shop: Shop, selection: pb.Selection.ValueType) -> None:
    """Except for books that a reader bought, rated or dismissed."""
    record(shop, click("a", 5000, 3), K(id="b", user_id=5000, book_id=4, kind=K.KIND_PURCHASE))
    everyone = ids(selected(shop, selection))
    assert {3, 4} <= set(everyone)
    assert ids(selected(shop, selection, 5000)) == [book for book in everyone if book != 4]


def test_selections_in_one_batch(shop: Shop) -> None:
    """Personal, popular and new books come in one call, no book twice; an unknown selection is refused."""
    requests = [
        pb.RecommendationRequest(user_id=7, any_category=True, max_results=5, selection=selection)
        for selection in (pb.SELECTION_FOR_YOU, pb.SELECTION_POPULAR, pb.SELECTION_NEW)
    ]
    batch = pb.RecommendBatchRequest(requests=requests, distinct=True)
    responses = shop.stub.RecommendBatch(batch, timeout=DEADLINE).responses
    books = [book for response in responses for book in ids(response)]
    assert len(books) == len(set(books)) == 15
    batch.requests[1].selection = 99  # type: ignore[assignment]
    with pytest.raises(grpc.RpcError) as caught:
        shop.stub.RecommendBatch(batch, timeout=DEADLINE)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "requests[1].selection must be one of the known selections"
