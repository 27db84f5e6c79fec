"""Readers: their history, merging and forgetting."""

import pytest

from recommendations.domain.errors import ForgettingUnfinished
from recommendations.domain.interactions import NOBODY, HistoryPage, Outcome, Result
from tests.recommendations.fakes import fail
from tests.recommendations.service.conftest import REFUSED, STORED, Shop, click

OF_FORGOTTEN_READER = Result(Outcome.REFUSED, "user_id names a reader who was forgotten")


def test_interactions_of_a_forgotten_reader_are_refused(shop: Shop) -> None:
    """Even one that was stored before is refused; interactions of other readers are stored."""
    shop.service.record([click("old", reader=1)])
    shop.service.forget(1)
    results = shop.service.record([click("a", reader=2), click("b"), REFUSED, click("old"), click("c", reader=2)])
    assert results == [STORED, OF_FORGOTTEN_READER, REFUSED, OF_FORGOTTEN_READER, STORED]
    assert shop.store.ids == ["a", "c"]


def test_no_reader_is_forgotten_between_the_check_and_the_write(shop: Shop) -> None:
    """The check is part of the transaction that stores."""
    shop.store.before_write = lambda: shop.store.retire(1, None)
    assert shop.service.record([click("a")]) == [OF_FORGOTTEN_READER]
    assert shop.store.ids == []


def test_late_interactions_of_a_merged_reader_count_for_the_other(shop: Shop) -> None:
    """They are stored for the reader that the first one was merged into."""
    shop.service.merge(1, 2)
    assert shop.service.record([click("late", 5)]) == [STORED]
    assert [event.book_id for event in shop.model.histories[2]] == [5]
    assert not shop.model.histories.get(1)


def test_history_comes_page_by_page(shop: Shop) -> None:
    """Pages of one reader, latest first, each continuing the one before."""
    shop.service.record([click(id_, reader=reader) for id_, reader in zip("abcdef", (1, 2, 1, 1, 2, 1), strict=True)])
    first = shop.history(1, limit=3)
    assert [event.id for event in first.interactions] == ["f", "d", "c"]
    assert first.older is not None
    last = shop.history(1, limit=3, before=first.older)
    assert ([event.id for event in last.interactions], last.older) == (["a"], None)


def test_history_of_retired_readers(shop: Shop) -> None:
    """A merged reader has the history of the other one; a forgotten or unknown reader has none."""
    shop.service.record([click("a", reader=1), click("b", reader=2), click("c", reader=3)])
    shop.service.merge(1, 2)
    shop.service.forget(3)
    assert [(event.id, event.reader_id) for event in shop.history(1).interactions] == [("b", 2), ("a", 2)]
    assert shop.history(1) == shop.history(2)
    assert shop.history(3) == shop.history(99) == HistoryPage((), None)


def test_merging_counts_at_once_and_is_idempotent(shop: Shop) -> None:
    """When `merge` returns the history belongs to the other reader; repeating it changes nothing."""
    shop.service.record([click("a", 4, reader=1), click("b", 5, reader=2)])
    for _ in range(2):
        shop.service.merge(1, 2)
        assert [event.book_id for event in shop.model.histories[2]] == [4, 5]
        assert shop.model.histories[1] == []
    assert shop.follower.reader(1) == 2


def test_forgetting_is_complete_when_it_returns(shop: Shop) -> None:
    """The reader and those merged into them are gone from the database, the model in use and the files."""
    shop.service.record([click("a", reader=1), click("b", reader=2), click("c", reader=3)])
    shop.service.merge(1, 2)
    shop.service.forget(1)
    assert shop.store.ids == ["c"]
    assert not shop.model.histories[1]
    assert not shop.model.histories[2]
    assert [shop.follower.reader(id_) for id_ in (1, 2, 3)] == [NOBODY, NOBODY, 3]
    assert shop.models.forgotten == [[1, 2]]


def test_merging_into_a_forgotten_reader_forgets(shop: Shop) -> None:
    """From memory at once, from the files with the follower's next round."""
    shop.service.record([click("a", reader=1)])
    shop.service.forget(2)
    shop.service.merge(1, 2)
    assert not shop.model.histories[1]
    assert shop.follower.reader(1) == NOBODY
    shop.follower.step()
    assert shop.models.forgotten[-1] == [1, 2]


def test_an_unknown_reader_can_be_forgotten(shop: Shop) -> None:
    """Later interactions under that id are refused, and forgetting again changes nothing."""
    shop.service.forget(99)
    shop.service.forget(99)
    assert shop.service.record([click("a", reader=99)]) == [OF_FORGOTTEN_READER]
    assert shop.models.forgotten == [[99]]


def test_repeating_finishes_a_forgetting_that_failed_on_disk(shop: Shop) -> None:
    """The caller gets ForgettingUnfinished; the database and memory are already done."""
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


def test_forgetting_is_unfinished_until_the_model_has_applied_it(shop: Shop) -> None:
    """If the store fails after the commit the model still has the reader; a repeat removes them."""
    shop.service.record([click("a")])
    shop.store.before_read = fail
    with pytest.raises(ForgettingUnfinished):
        shop.service.forget(1)
    assert shop.models.forgotten == []
    shop.store.before_read = lambda: None
    shop.service.forget(1)
    assert not shop.model.histories[1]
    assert shop.models.forgotten == [[1]]
