"""The use cases, over a real store and fake models."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from recommendations.domain.books import Book, UpsertOutcome, UpsertResult
from recommendations.domain.errors import BookNotFound, ForgettingUnfinished, NotReady, StoreUnavailable
from recommendations.domain.interactions import (
    NOBODY,
    HistoryPage,
    HistoryRequest,
    Interaction,
    InteractionKind,
    Outcome,
    Result,
)
from recommendations.domain.recommending import RecommendRequest, Selection, SimilarBooksRequest
from recommendations.following.follower import Follower
from recommendations.following.notifications import Notifications
from recommendations.service import RecommendationService
from tests.recommendations.fakes import FakeModel, FakeModels, fail
from tests.recommendations.stores import TODAY, HookedStore, book, hooked_store


def click(id_: str, book: int = 1, reader: int = 1) -> Interaction:
    return Interaction(id=id_, reader_id=reader, book_id=book, kind=InteractionKind.CLICK)


def request(limit: int = 2, *excluded: int) -> RecommendRequest:
    return RecommendRequest(reader_id=1, category=None, limit=limit, excluded=frozenset(excluded))


STORED, REPEATED = Result(Outcome.STORED), Result(Outcome.REPEATED)
REFUSED = Result(Outcome.REFUSED, "book_id must be positive")
OF_A_FORGOTTEN_ONE = Result(Outcome.REFUSED, "user_id names a reader who was forgotten")


class Shop:
    """A service over a real store and a fake model."""

    def __init__(self, store: HookedStore, *, ready: bool = True, notifications: Notifications | None = None) -> None:
        self.store = store
        self.store.put(*map(book, range(1, 7)))
        self.store.versions = ["m1"]
        self.models = FakeModels()
        self.follower = Follower(self.store, self.models, notifications=notifications)
        self.service = RecommendationService(self.store, self.follower)
        if ready:
            self.follower.step()

    @property
    def model(self) -> FakeModel:
        return self.models.opened[-1]

    def history(self, reader: int, *, limit: int = 10, before: int | None = None) -> HistoryPage:
        return self.service.history(HistoryRequest(reader_id=reader, limit=limit, before=before))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[HookedStore]:
    with hooked_store(tmp_path) as store:
        yield store


@pytest.fixture
def shop(store: HookedStore) -> Shop:
    return Shop(store)


def books_of(*shelves: object) -> list[list[int]]:
    return [[one.book.id for one in shelf.recommendations] for shelf in shelves]  # type: ignore[attr-defined]


def test_recommend_asks_the_model_at_work(shop: Shop) -> None:
    """The answer is the model's."""
    shelf = shop.service.recommend(request(2, 1))
    assert books_of(shelf) == [[2, 3]]
    assert shelf.model_version == "m1"


def test_without_a_model_it_is_not_ready(store: HookedStore) -> None:
    """Before the first model all three forms of recommending raise NotReady, and recording works."""
    shop = Shop(store, ready=False)
    with pytest.raises(NotReady):
        shop.service.recommend(request())
    with pytest.raises(NotReady):
        shop.service.recommend_batch([request()], distinct=False)
    with pytest.raises(NotReady):
        shop.service.similar(similar(2))
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
    with capture_logs() as logs:
        assert shop.service.record([click("a", 5)]) == [REPEATED]
    assert logs == []


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


def similar(book_id: int, reader_id: int = NOBODY) -> SimilarBooksRequest:
    return SimilarBooksRequest(book_id=book_id, reader_id=reader_id, limit=3, excluded=frozenset({6}))


def test_similar_books_are_the_models(shop: Shop) -> None:
    """The request reaches the model as it is; a book that it does not know is BookNotFound."""
    assert books_of(shop.service.similar(similar(2, 1))) == [[2]]
    assert shop.model.asked == [similar(2, 1)]
    with pytest.raises(BookNotFound):
        shop.service.similar(similar(99))


@pytest.mark.parametrize(("into", "asked_as"), [(5, 5), (None, NOBODY)])
def test_who_is_no_more_is_recommended_to_as_who_they_became(shop: Shop, into: int | None, asked_as: int) -> None:
    """A merged reader is asked for as the other one and a forgotten one as nobody, whatever is asked."""
    shop.store.retire(1, into)
    shop.follower.step()
    news = RecommendRequest(reader_id=1, category=None, limit=2, selection=Selection.NEW)
    shop.service.recommend(news)
    shop.service.recommend_batch([request(2, 6), replace(news, reader_id=3)], distinct=False)
    shop.service.similar(similar(2, 1))
    assert shop.model.asked == [
        replace(news, reader_id=asked_as),
        replace(request(2, 6), reader_id=asked_as),
        replace(news, reader_id=3),
        similar(2, asked_as),
    ]


def test_what_a_forgotten_reader_did_is_refused(shop: Shop) -> None:
    """Each of theirs is refused in its place, also one that was stored before, and the others are stored."""
    shop.service.record([click("old", reader=1)])
    shop.service.forget(1)
    results = shop.service.record([click("a", reader=2), click("b"), REFUSED, click("old"), click("c", reader=2)])
    assert results == [STORED, OF_A_FORGOTTEN_ONE, REFUSED, OF_A_FORGOTTEN_ONE, STORED]
    assert shop.store.ids == ["a", "c"]


def test_nobody_is_forgotten_between_asking_and_storing(shop: Shop) -> None:
    """Whether a reader was forgotten is asked inside the transaction that stores, which others wait for."""
    shop.store.before_write = lambda: shop.store.retire(1, None)
    assert shop.service.record([click("a")]) == [OF_A_FORGOTTEN_ONE]
    assert shop.store.ids == []


def test_what_a_merged_reader_did_is_the_other_ones(shop: Shop) -> None:
    """A late event is stored, and counts for the reader that its reader became."""
    shop.service.merge(1, 2)
    assert shop.service.record([click("late", 5)]) == [STORED]
    assert [event.book_id for event in shop.model.histories[2]] == [5]
    assert not shop.model.histories.get(1)


def test_an_undo_counts_at_once(shop: Shop) -> None:
    """When `record` returns, the model has forgotten what was taken back, whichever of the two came first."""
    undo = Interaction(id="u", reader_id=1, book_id=0, kind=InteractionKind.UNDO, undoes="a")
    early = replace(undo, id="v", undoes="c")
    shop.service.record([click("a", 5), click("b", 6)])
    assert shop.service.record([undo, early]) == [STORED, STORED]
    assert shop.service.record([click("c", 4)]) == [STORED]
    assert [event.book_id for event in shop.model.histories[1]] == [6]
    assert [one.id for one in shop.history(1).interactions] == ["b"]


def test_history_comes_page_by_page(shop: Shop) -> None:
    """The latest first, each page continuing the one before, of one reader only."""
    shop.service.record([click(id_, reader=reader) for id_, reader in zip("abcdef", (1, 2, 1, 1, 2, 1), strict=True)])
    first = shop.history(1, limit=3)
    assert [one.id for one in first.interactions] == ["f", "d", "c"]
    assert first.older is not None
    last = shop.history(1, limit=3, before=first.older)
    assert ([one.id for one in last.interactions], last.older) == (["a"], None)


def test_history_of_who_is_no_more(shop: Shop) -> None:
    """A merged reader's is that of the one they became; a forgotten or unknown reader has none."""
    shop.service.record([click("a", reader=1), click("b", reader=2), click("c", reader=3)])
    shop.service.merge(1, 2)
    shop.service.forget(3)
    assert [(one.id, one.reader_id) for one in shop.history(1).interactions] == [("b", 2), ("a", 2)]
    assert shop.history(1) == shop.history(2)
    assert shop.history(3) == shop.history(99) == HistoryPage((), None)


UNCHANGED = UpsertResult(UpsertOutcome.UNCHANGED)
PUT = UpsertResult(UpsertOutcome.STORED)
MALFORMED = UpsertResult(UpsertOutcome.REFUSED, "id must be positive")


def test_upserting_tells_what_became_of_each_in_order(shop: Shop) -> None:
    """New and changed ones are stored, the others unchanged, and refused ones passed through where they stand."""
    results = shop.service.upsert_books([book(7), MALFORMED, book(1), book(2, "Dune")], TODAY)
    assert results == [PUT, MALFORMED, UNCHANGED, PUT]
    assert (shop.model.books[7], shop.model.books[2]) == (book(7), book(2, "Dune"))


def test_the_last_of_several_books_with_one_id_counts(shop: Shop) -> None:
    """Earlier ones are never stored; all of that id have its outcome, and a refused one has no say."""
    batch: list[Book | UpsertResult] = [book(1, "first"), book(7, "a"), book(1), book(7, "b"), MALFORMED]
    assert shop.service.upsert_books(batch, TODAY) == [UNCHANGED, PUT, UNCHANGED, PUT, MALFORMED]
    assert (shop.model.books[1], shop.model.books[7]) == (book(1), book(7, "b"))


def test_books_that_change_nothing_write_nothing(shop: Shop) -> None:
    """Where all are refused the database is not asked, and where none differs it is not read again."""
    shop.store.before_read = fail
    with capture_logs() as logs:
        assert shop.service.upsert_books([book(1)], TODAY) == [UNCHANGED]
        assert shop.service.remove_books([99]) == 0
    assert logs == []
    shop.store.before_write = fail
    assert shop.service.upsert_books([MALFORMED], TODAY) == [MALFORMED]
    assert shop.service.upsert_books([], TODAY) == []


def test_a_removed_book_is_gone_at_once(shop: Shop) -> None:
    """No list has it from the next call on, and it counts as removed only once, however often it is named."""
    assert shop.service.remove_books([1, 99]) == 1
    assert books_of(shop.service.recommend(request(2))) == [[2, 3]]
    assert shop.service.remove_books([1]) == 0
    assert shop.service.upsert_books([book(1)], TODAY) == [PUT]
    assert books_of(shop.service.recommend(request(2))) == [[1, 2]]


def test_merging_counts_at_once_and_once(shop: Shop) -> None:
    """The history is the other reader's when `merge` returns, and merging again changes nothing."""
    shop.service.record([click("a", 4, reader=1), click("b", 5, reader=2)])
    for _ in range(2):
        shop.service.merge(1, 2)
        assert [event.book_id for event in shop.model.histories[2]] == [4, 5]
        assert shop.model.histories[1] == []
    assert shop.follower.reader(1) == 2


def test_forgetting_masks_and_prunes_before_it_answers(shop: Shop) -> None:
    """The reader is gone from the database, from the model at work and from the files, with whoever became them."""
    shop.service.record([click("a", reader=1), click("b", reader=2), click("c", reader=3)])
    shop.service.merge(1, 2)
    shop.service.forget(1)
    assert shop.store.ids == ["c"]
    assert not shop.model.histories[1]
    assert not shop.model.histories[2]
    assert [shop.follower.reader(id_) for id_ in (1, 2, 3)] == [NOBODY, NOBODY, 3]
    assert shop.models.forgotten == [[1, 2]]


def test_who_is_merged_into_a_forgotten_reader_is_forgotten(shop: Shop) -> None:
    """In memory at once, and in the files with the follower's next round."""
    shop.service.record([click("a", reader=1)])
    shop.service.forget(2)
    shop.service.merge(1, 2)
    assert not shop.model.histories[1]
    assert shop.follower.reader(1) == NOBODY
    shop.follower.step()
    assert shop.models.forgotten[-1] == [1, 2]


def test_a_reader_who_never_was_can_be_forgotten(shop: Shop) -> None:
    """What comes under that id later is refused, and forgetting twice is forgetting once."""
    shop.service.forget(99)
    shop.service.forget(99)
    assert shop.service.record([click("a", reader=99)]) == [OF_A_FORGOTTEN_ONE]
    assert shop.models.forgotten == [[99]]


def test_forgetting_that_the_files_refuse_is_finished_by_a_repeat(shop: Shop) -> None:
    """The caller hears that it is unfinished; the database and the memory have forgotten already."""
    shop.service.record([click("a")])
    shop.models.unfinished = OSError("disk full")
    for _ in range(2):
        with pytest.raises(ForgettingUnfinished):
            shop.service.forget(1)
    assert shop.store.ids == []
    assert not shop.model.histories[1]
    shop.models.unfinished = None
    shop.service.forget(1)
    assert shop.models.forgotten == [[1]]


def test_forgetting_is_unfinished_while_the_memory_knows(shop: Shop) -> None:
    """Where the store fails after the commit the model could not be told: a repeat tells it."""
    shop.service.record([click("a")])
    shop.store.before_read = fail
    with pytest.raises(ForgettingUnfinished):
        shop.service.forget(1)
    assert shop.models.forgotten == []
    shop.store.before_read = lambda: None
    shop.service.forget(1)
    assert not shop.model.histories[1]
    assert shop.models.forgotten == [[1]]


def test_a_store_that_fails_changes_nothing(shop: Shop) -> None:
    """Without a commit the caller hears StoreUnavailable, whatever was asked."""
    shop.store.before_write = fail
    for call in (
        lambda: shop.service.upsert_books([book(1, "x")], TODAY),
        lambda: shop.service.remove_books([1]),
        lambda: shop.service.merge(1, 2),
        lambda: shop.service.forget(1),
    ):
        with pytest.raises(StoreUnavailable):
            call()
    shop.follower.step()
    assert shop.model.books == {id_: book(id_) for id_ in range(1, 7)}
    assert shop.store.retired == {}


def test_changes_are_acknowledged_when_the_store_fails_after_the_commit(shop: Shop) -> None:
    """Books and merges are stored, which is what was asked; they count when the store answers again."""
    shop.store.before_read = fail
    with capture_logs() as logs:
        assert shop.service.upsert_books([book(7)], TODAY) == [PUT]
        assert shop.service.remove_books([1]) == 1
        shop.service.merge(1, 2)
    assert [line["event"] for line in logs] == ["applied_later"] * 3
    shop.store.before_read = lambda: None
    shop.follower.step()
    assert set(shop.model.books) == {2, 3, 4, 5, 6, 7}
    assert shop.follower.reader(1) == 2


@dataclass
class CountedNotifications:
    """Counts what this worker notifies the others of."""

    sent: int = 0

    def notify(self) -> None:
        self.sent += 1

    def counts(self) -> list[int]:
        return [self.sent]


def test_other_workers_are_notified_of_every_change(store: HookedStore) -> None:
    """Whatever was stored is one notification, and what changed nothing is none."""
    notifications = CountedNotifications()
    shop = Shop(store, notifications=notifications)
    writes: list[Callable[[], object]] = [
        lambda: shop.service.record([click("a")]),
        lambda: shop.service.record([click("a")]),
        lambda: shop.service.upsert_books([book(9, "new")], TODAY),
        lambda: shop.service.upsert_books([book(9, "new")], TODAY),
        lambda: shop.service.remove_books([9]),
        lambda: shop.service.remove_books([9]),
        lambda: shop.service.merge(1, 2),
        lambda: shop.service.forget(2),
    ]
    sent = []
    for write in writes:
        before = notifications.sent
        write()
        sent.append(notifications.sent - before)
    assert sent == [1, 0, 1, 0, 1, 0, 1, 1]
