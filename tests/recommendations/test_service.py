"""The use cases, over fakes."""

import pytest

from recommendations.domain import (
    Book,
    Interaction,
    InteractionKind,
    NotReady,
    Outcome,
    Result,
    ShelfRequest,
    StoreUnavailable,
)
from recommendations.following import Follower
from recommendations.service import RecommendationService
from tests.recommendations.fakes import FakeModels, FakeStore, fail


def click(id_: str, book: int = 1) -> Interaction:
    """One click."""
    return Interaction(id=id_, reader_id=1, book_id=book, kind=InteractionKind.CLICK)


def request(limit: int = 2, *excluded: int) -> ShelfRequest:
    """A request of reader 1."""
    return ShelfRequest(reader_id=1, category=None, limit=limit, excluded=frozenset(excluded))


STORED, REPEATED = Result(Outcome.STORED), Result(Outcome.REPEATED)
REFUSED = Result(Outcome.REFUSED, "book_id must be positive")


class Shop:
    """A service over fakes, with one model at work."""

    def __init__(self, *, ready: bool = True) -> None:
        self.store = FakeStore()
        self.store.put(*(Book(id=id_, title="") for id_ in range(1, 7)))
        self.store.versions = ["m1"]
        self.models = FakeModels()
        self.follower = Follower(self.store, self.models)
        self.service = RecommendationService(self.store, self.follower)
        if ready:
            self.follower.step()


@pytest.fixture
def shop() -> Shop:
    """A shop that is ready."""
    return Shop()


def books_of(*shelves: object) -> list[list[int]]:
    """The ids on each shelf."""
    return [[one.book.id for one in shelf.recommendations] for shelf in shelves]  # type: ignore[attr-defined]


def test_recommend_asks_the_model_at_work(shop: Shop) -> None:
    """The answer is the model's."""
    shelf = shop.service.recommend(request(2, 1))
    assert books_of(shelf) == [[2, 3]]
    assert shelf.model_version == "m1"


def test_without_a_model_it_is_not_ready() -> None:
    """Before the first model both forms of recommending raise NotReady, and recording works."""
    shop = Shop(ready=False)
    with pytest.raises(NotReady):
        shop.service.recommend(request())
    with pytest.raises(NotReady):
        shop.service.recommend_batch([request()], distinct=False)
    assert shop.service.record([click("a")]) == [STORED]


def test_a_batch_repeats_books_unless_it_is_distinct(shop: Shop) -> None:
    """Each list stands for itself, until `distinct` keeps the books of one out of those after it."""
    requests = [request(2), request(2, 3), request(3, 6)]
    assert books_of(*shop.service.recommend_batch(requests, distinct=False)) == [[1, 2], [1, 2], [1, 2, 3]]
    assert books_of(*shop.service.recommend_batch(requests, distinct=True)) == [[1, 2], [4, 5], [3]]
    assert requests == [request(2), request(2, 3), request(3, 6)]


def test_record_tells_what_became_of_each_in_order(shop: Shop) -> None:
    """New ones are stored, known and repeated ones are not, and refused ones are passed through where they stand."""
    shop.service.record([click("known")])
    results = shop.service.record([REFUSED, click("a"), click("known"), click("b"), REFUSED, click("a")])
    assert results == [REFUSED, STORED, REPEATED, STORED, REFUSED, REPEATED]
    assert shop.store.ids == ["known", "a", "b"]


def test_a_batch_of_refused_ones_writes_nothing(shop: Shop) -> None:
    """Without anything to store the database is not asked, so that its failure does not matter either."""
    shop.store.before_write = fail
    assert shop.service.record([REFUSED, REFUSED]) == [REFUSED, REFUSED]
    assert shop.service.record([]) == []
    assert shop.store.writes == 0


def test_what_was_recorded_counts_at_once(shop: Shop) -> None:
    """When `record` returns, the model has heard of it."""
    shop.service.record([click("a", 5)])
    assert [event.book_id for event in shop.models.opened[0].observed] == [5]


def test_repeated_ones_need_no_catching_up(shop: Shop) -> None:
    """Where nothing new was stored the store is not read again."""
    shop.service.record([click("a", 5)])
    shop.store.before_read = fail
    assert shop.service.record([click("a", 5)]) == [REPEATED]


def test_a_store_that_fails_is_not_acknowledged(shop: Shop) -> None:
    """Without a commit the caller hears StoreUnavailable and nothing is stored."""
    shop.store.before_write = fail
    with pytest.raises(StoreUnavailable):
        shop.service.record([click("a")])
    assert shop.store.ids == []


def test_a_failure_after_the_commit_still_acknowledges(shop: Shop) -> None:
    """What is stored is stored; the model hears of it as soon as the store answers again."""
    shop.store.before_read = fail
    assert shop.service.record([click("a", 5)]) == [STORED]
    assert shop.models.opened[0].observed == []
    shop.store.before_read = lambda: None
    shop.follower.step()
    assert [event.book_id for event in shop.models.opened[0].observed] == [5]
