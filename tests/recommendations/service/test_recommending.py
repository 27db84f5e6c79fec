"""Lists of recommendations and of similar books."""

from dataclasses import replace

import pytest

from recommendations.domain.errors import BookNotFound, NotReady
from recommendations.domain.interactions import NOBODY
from recommendations.domain.recommending import RecommendationList, RecommendRequest, Selection, SimilarBooksRequest
from tests.recommendations.service.conftest import PUT, STORED, Shop, click, request
from tests.recommendations.stores import TODAY, HookedStore, book


def books_of(*lists: RecommendationList) -> list[list[int]]:
    return [answer.book_ids for answer in lists]


def similar(book_id: int, reader_id: int = NOBODY) -> SimilarBooksRequest:
    return SimilarBooksRequest(book_id=book_id, reader_id=reader_id, limit=3, excluded=frozenset({6}))


def test_lists_come_from_the_model_in_use(shop: Shop) -> None:
    """The list comes from the model in use."""
    answer = shop.service.recommend(request(2, 1))
    assert books_of(answer) == [[2, 3]]
    assert answer.model_version == "m1"


def test_without_a_model_it_is_not_ready(store: HookedStore) -> None:
    """All three kinds of lists raise NotReady, and recording works."""
    shop = Shop(store, ready=False)
    with pytest.raises(NotReady):
        shop.service.recommend(request())
    with pytest.raises(NotReady):
        list(shop.service.recommend_batch([request()], distinct=False))
    with pytest.raises(NotReady):
        shop.service.similar(similar(2))
    assert shop.service.record([click("a")]) == [STORED]


def test_a_batch_repeats_books_unless_it_is_distinct(shop: Shop) -> None:
    """A book may be in several lists, unless `distinct` leaves it out of the later ones."""
    requests = [request(2), request(2, 3), request(3, 6)]
    assert books_of(*shop.service.recommend_batch(requests, distinct=False)) == [[1, 2], [1, 2], [1, 2, 3]]
    assert books_of(*shop.service.recommend_batch(requests, distinct=True)) == [[1, 2], [4, 5], [3]]
    assert requests == [request(2), request(2, 3), request(3, 6)]


def test_similar_books_are_the_models(shop: Shop) -> None:
    """The model gets the request unchanged; an unknown book is BookNotFound."""
    assert books_of(shop.service.similar(similar(2, 1))) == [[2]]
    assert shop.model.asked == [similar(2, 1)]
    with pytest.raises(BookNotFound):
        shop.service.similar(similar(99))


@pytest.mark.parametrize(("into", "asked_as"), [(5, 5), (None, NOBODY)])
def test_retired_readers_get_the_lists_of_their_successors(shop: Shop, into: int | None, asked_as: int) -> None:
    """Every kind of request uses the other reader for a merged one, and reader 0 for a forgotten one."""
    shop.store.retire(1, into)
    shop.follower.step()
    news = RecommendRequest(reader_id=1, topic=None, limit=2, selection=Selection.NEW)
    shop.service.recommend(news)
    list(shop.service.recommend_batch([request(2, 6), replace(news, reader_id=3)], distinct=False))
    shop.service.similar(similar(2, 1))
    assert shop.model.asked == [
        replace(news, reader_id=asked_as),
        replace(request(2, 6), reader_id=asked_as),
        replace(news, reader_id=3),
        similar(2, asked_as),
    ]


def test_a_removed_book_is_gone_at_once(shop: Shop) -> None:
    """The next list does not have it; removing it again counts as nothing."""
    assert shop.service.remove_books([1, 99]) == 1
    assert books_of(shop.service.recommend(request(2))) == [[2, 3]]
    assert shop.service.remove_books([1]) == 0
    assert shop.service.upsert_books([book(1)], TODAY) == [PUT]
    assert books_of(shop.service.recommend(request(2))) == [[1, 2]]
