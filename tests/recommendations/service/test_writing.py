"""Recording interactions and changing books."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from structlog.testing import capture_logs

from recommendations.domain.books import Book, UpsertOutcome, UpsertResult
from recommendations.domain.errors import StoreUnavailable
from recommendations.domain.interactions import Interaction, InteractionKind
from tests.recommendations.fakes import fail
from tests.recommendations.service.conftest import PUT, REFUSED, REPEATED, STORED, Shop, click
from tests.recommendations.stores import TODAY, HookedStore, book

UNCHANGED = UpsertResult(UpsertOutcome.UNCHANGED)
MALFORMED = UpsertResult(UpsertOutcome.REFUSED, "id must be positive")


def test_record_returns_an_outcome_for_each(shop: Shop) -> None:
    """New ones are stored, known and repeated ones are not; refused ones keep their positions."""
    shop.service.record([click("known")])
    results = shop.service.record([REFUSED, click("a"), click("known"), click("b"), REFUSED, click("a")])
    assert results == [REFUSED, STORED, REPEATED, STORED, REFUSED, REPEATED]
    assert shop.store.ids == ["known", "a", "b"]


def test_a_batch_of_refused_interactions_writes_nothing(shop: Shop) -> None:
    """With nothing to store the database is not used, even if it fails."""
    shop.store.before_write = fail
    assert shop.service.record([REFUSED, REFUSED]) == [REFUSED, REFUSED]
    assert shop.service.record([]) == []
    assert shop.store.writes == 0


def test_a_recorded_interaction_counts_at_once(shop: Shop) -> None:
    """When `record` returns, the model has applied it."""
    shop.service.record([click("a", 5)])
    assert [event.book_id for event in shop.models.opened[0].observed] == [5]


def test_repeated_interactions_need_no_sync(shop: Shop) -> None:
    """The store is not read again if nothing new was stored."""
    shop.service.record([click("a", 5)])
    shop.store.before_read = fail
    with capture_logs() as logs:
        assert shop.service.record([click("a", 5)]) == [REPEATED]
    assert logs == []


def test_a_failure_after_the_commit_still_acknowledges(shop: Shop) -> None:
    """It is stored; the model applies it as soon as the store answers again."""
    shop.store.before_read = fail
    assert shop.service.record([click("a", 5)]) == [STORED]
    assert shop.models.opened[0].observed == []
    shop.store.before_read = lambda: None
    shop.follower.step()
    assert [event.book_id for event in shop.models.opened[0].observed] == [5]


def test_an_undo_counts_at_once(shop: Shop) -> None:
    """When `record` returns, the undone interaction no longer counts, whichever of the two came first."""
    undo = Interaction(id="u", reader_id=1, book_id=0, kind=InteractionKind.UNDO, undoes="a")
    early = replace(undo, id="v", undoes="c")
    shop.service.record([click("a", 5), click("b", 6)])
    assert shop.service.record([undo, early]) == [STORED, STORED]
    assert shop.service.record([click("c", 4)]) == [STORED]
    assert [event.book_id for event in shop.model.histories[1]] == [6]
    assert [event.id for event in shop.history(1).interactions] == ["b"]


def test_upserting_returns_an_outcome_for_each(shop: Shop) -> None:
    """New and changed books are stored, others are unchanged; refused ones keep their positions."""
    results = shop.service.upsert_books([book(7), MALFORMED, book(1), book(2, "Dune")], TODAY)
    assert results == [PUT, MALFORMED, UNCHANGED, PUT]
    assert (shop.model.books[7], shop.model.books[2]) == (book(7), book(2, "Dune"))


def test_the_last_of_several_books_with_one_id_counts(shop: Shop) -> None:
    """The last valid book of an id is stored, and all of that id have its outcome."""
    batch: list[Book | UpsertResult] = [book(1, "first"), book(7, "a"), book(1), book(7, "b"), MALFORMED]
    assert shop.service.upsert_books(batch, TODAY) == [UNCHANGED, PUT, UNCHANGED, PUT, MALFORMED]
    assert (shop.model.books[1], shop.model.books[7]) == (book(1), book(7, "b"))


def test_books_that_change_nothing_write_nothing(shop: Shop) -> None:
    """If all are refused the database is not used; if none differs it is not read again."""
    shop.store.before_read = fail
    with capture_logs() as logs:
        assert shop.service.upsert_books([book(1)], TODAY) == [UNCHANGED]
        assert shop.service.remove_books([99]) == 0
    assert logs == []
    shop.store.before_write = fail
    assert shop.service.upsert_books([MALFORMED], TODAY) == [MALFORMED]
    assert shop.service.upsert_books([], TODAY) == []


def test_a_store_that_fails_changes_nothing(shop: Shop) -> None:
    """Without a commit every write raises StoreUnavailable and nothing is stored."""
    shop.store.before_write = fail
    for call in (
        lambda: shop.service.record([click("a")]),
        lambda: shop.service.upsert_books([book(1, "x")], TODAY),
        lambda: shop.service.remove_books([1]),
        lambda: shop.service.merge(1, 2),
        lambda: shop.service.forget(1),
    ):
        with pytest.raises(StoreUnavailable):
            call()
    shop.follower.step()
    assert shop.store.ids == []
    assert shop.model.books == {id_: book(id_) for id_ in range(1, 7)}
    assert shop.store.retired == {}


def test_changes_are_acknowledged_when_the_store_fails_after_the_commit(shop: Shop) -> None:
    """They are stored, and are applied when the store answers again."""
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
    """Counts the notifications that this worker sends."""

    sent: int = 0

    def notify(self) -> None:
        self.sent += 1

    def counts(self) -> list[int]:
        return [self.sent]


def test_other_workers_are_notified_of_every_change(store: HookedStore) -> None:
    """A write that stored something sends one notification; one that changed nothing sends none."""
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
