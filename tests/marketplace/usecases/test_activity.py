"""Tests of marketplace.activity."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from marketplace.domain.books import Book
from marketplace.domain.errors import BookNotFound, InteractionNotFound, StoreUnavailable
from marketplace.domain.events import ReaderForgotten, ReadersMerged, ShopEvent
from marketplace.domain.ids import NOBODY, SHOP
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.store import Store
from marketplace.usecases.activity import Activity, forget_reader, merge_readers
from tests.marketplace.fakes import Clock

FIRST = 1_000_000_000
KINDS = InteractionKind


class Readers:
    """What readers do in a small shop, and what came of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.woken = 0
        self.activity = Activity(store, wake=self._wake, clock=self.clock.now)
        with store.write() as work:
            work.books.put([Book(id=7, title="Dune"), Book(id=8, title="Emma")])
            work.commit()

    def _wake(self) -> None:
        self.woken += 1

    def told(self) -> list[ShopEvent]:
        """The events that wait for Recommendations."""
        with self.store.read() as work:
            return [row.event() for row in work.outbox.waiting(100)]

    def told_kinds(self) -> list[tuple[int, KINDS]]:
        """The books and kinds of the interactions among them."""
        return [(each.book_id, each.kind) for each in self.told() if isinstance(each, Interaction)]

    def history(self, reader_id: int) -> list[tuple[int, KINDS, int | None]]:
        """What the shop itself keeps of a reader, the latest first."""
        with self.store.read() as work:
            return [(each.book_id, each.kind, each.half_stars) for each in work.interactions.latest(reader_id, 100)]

    def merge(self, guest: int, account: int) -> None:
        """A guest signs in."""
        with self.store.write() as work:
            merge_readers(work, guest, account, self.clock.now())
            work.commit()


@pytest.fixture
def readers(store: Store) -> Readers:
    """On either database."""
    return Readers(store)


def test_a_click_makes_a_guest_and_is_told(readers: Readers) -> None:
    """Nobody becomes a reader by it; the shop's own shelves are no list of Recommendations."""
    reader_id = readers.activity.record_click(NOBODY, 7, "list-1")
    assert reader_id == FIRST
    assert readers.activity.record_click(reader_id, 8, SHOP) == reader_id
    told = readers.told()
    assert [each.recommendation_id for each in told if isinstance(each, Interaction)] == ["list-1", ""]
    assert readers.told_kinds() == [(7, KINDS.CLICK), (8, KINDS.CLICK)]
    assert readers.woken == 2


def test_a_reader_whom_the_shop_does_not_know_becomes_a_guest(readers: Readers) -> None:
    """An id of another shop, or one that was forgotten, is not gone on with."""
    assert readers.activity.record_click(5, 7, "list-1") == FIRST


def test_a_click_counts_once_for_each_list(readers: Readers) -> None:
    """A reload of the same link is the same click; another list's link is another."""
    for attribution in ("list-1", "list-1", "list-2"):
        readers.activity.record_click(NOBODY if not readers.told() else FIRST, 7, attribution)
    assert readers.told_kinds() == [(7, KINDS.CLICK)] * 2


def test_a_view_counts_once_a_day(readers: Readers) -> None:
    """In UTC; of nobody and of unknown readers no trace is left."""
    reader_id = readers.activity.record_click(NOBODY, 7, "list-1")
    for seconds in (0, 60, 86_400):
        readers.clock.seconds += seconds
        readers.activity.record_view(reader_id, 7)
    assert readers.told_kinds()[1:] == [(7, KINDS.VIEW)] * 2
    woken = readers.woken
    readers.activity.record_view(NOBODY, 7)
    readers.activity.record_view(5, 7)
    assert len(readers.told()) == 3
    assert readers.woken == woken


def test_what_was_taken_back_can_be_done_again(readers: Readers) -> None:
    """It has another id then, since Recommendations takes each id once."""
    action = readers.activity.dismiss(NOBODY, 7, "")
    readers.activity.undo(FIRST, action.interaction.id)
    again = readers.activity.dismiss(FIRST, 7, "")
    assert again.interaction.id != action.interaction.id
    assert readers.told_kinds() == [(7, KINDS.NOT_INTERESTED), (7, KINDS.UNDO), (7, KINDS.NOT_INTERESTED)]
    assert readers.history(FIRST) == [(7, KINDS.NOT_INTERESTED, None)]


def test_a_rating_can_be_changed_and_the_last_one_counts(readers: Readers) -> None:
    """The one before is taken back, so that removing the new one leaves none; the same stars again say nothing."""
    first = readers.activity.rate(NOBODY, 7, 9, "list-1")
    readers.activity.rate(FIRST, 7, 9, "")
    second = readers.activity.rate(FIRST, 7, 4, "")
    assert readers.history(FIRST) == [(7, KINDS.RATING, 4)]
    told = [each for each in readers.told() if isinstance(each, Interaction)]
    assert [(each.kind, each.half_stars, each.undoes) for each in told] == [
        (KINDS.RATING, 9, ""),
        (KINDS.UNDO, None, first.interaction.id),
        (KINDS.RATING, 4, ""),
    ]
    readers.activity.undo(FIRST, second.interaction.id)
    assert readers.history(FIRST) == []


@pytest.mark.parametrize("half_stars", [0, 11, -1])
def test_there_are_no_other_stars(readers: Readers, half_stars: int) -> None:
    """Half a star is the least and five are the most."""
    with pytest.raises(ValueError, match="half stars"):
        readers.activity.rate(NOBODY, 7, half_stars, "")
    assert readers.told() == []


def test_a_double_click_rates_once(readers: Readers) -> None:
    """Eight ratings at the same moment by one reader all go well, and one of them is left."""
    reader_id = readers.activity.record_click(NOBODY, 7, "list-1")
    start = Barrier(8, timeout=30)

    def rate(half_stars: int) -> None:
        start.wait()
        readers.activity.rate(reader_id, 7, half_stars, "")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(rate, range(1, 9)))
    assert len(readers.history(reader_id)) == 2
    ratings = [each for each in readers.told() if isinstance(each, Interaction) and each.kind is KINDS.RATING]
    undone = [each for each in readers.told() if isinstance(each, Interaction) and each.kind is KINDS.UNDO]
    assert (len(ratings), len(undone)) == (8, 7)


def test_waving_away_twice_is_once(readers: Readers) -> None:
    """The second time answers with the first."""
    first = readers.activity.dismiss(NOBODY, 7, "list-1")
    assert readers.activity.dismiss(FIRST, 7, "") == first
    assert len(readers.told()) == 1


def test_only_ones_own_deeds_are_taken_back(readers: Readers) -> None:
    """Another reader's id, an unknown one and nobody's are refused, and change nothing."""
    action = readers.activity.dismiss(NOBODY, 7, "")
    other = readers.activity.record_click(NOBODY, 7, "list-1")
    for reader_id, interaction_id in ((other, action.interaction.id), (FIRST, "no"), (NOBODY, action.interaction.id)):
        with pytest.raises(InteractionNotFound):
            readers.activity.undo(reader_id, interaction_id)
    assert len(readers.told()) == 2
    assert readers.history(FIRST) == [(7, KINDS.NOT_INTERESTED, None)]


def test_wishes_are_the_shops_own(readers: Readers) -> None:
    """They make a guest, and Recommendations, which has no such kind, is not told."""
    reader_id = readers.activity.add_to_wishlist(NOBODY, 7)
    with readers.store.read() as work:
        assert work.wishes.has(reader_id, 7)
    readers.activity.remove_from_wishlist(reader_id, 7)
    with readers.store.read() as work:
        assert not work.wishes.has(reader_id, 7)
    assert readers.told() == []


def test_an_action_on_an_unknown_book_is_not_found(readers: Readers) -> None:
    """No guest comes of it, and no event."""
    for action in (
        lambda: readers.activity.record_click(NOBODY, 99, "list-1"),
        lambda: readers.activity.rate(NOBODY, 99, 5, ""),
        lambda: readers.activity.dismiss(NOBODY, 99, ""),
        lambda: readers.activity.add_to_wishlist(NOBODY, 99),
    ):
        with pytest.raises(BookNotFound):
            action()
    assert readers.told() == []
    with readers.store.read() as work:
        assert not work.readers.exists(FIRST)


def test_a_guest_becomes_an_account_with_all_they_did(readers: Readers) -> None:
    """History and wishes move; of two ratings of one book the later one stays; Recommendations is told in order."""
    account = readers.activity.rate(NOBODY, 7, 4, "").reader_id
    readers.clock.seconds += 60
    guest = readers.activity.rate(NOBODY, 7, 10, "").reader_id
    readers.clock.seconds += 60
    readers.activity.record_click(guest, 8, "list-1")
    readers.activity.add_to_wishlist(guest, 8)
    readers.merge(guest, account)
    assert readers.history(account) == [(8, KINDS.CLICK, None), (7, KINDS.RATING, 10)]
    with readers.store.read() as work:
        assert not work.readers.exists(guest)
        assert work.wishes.has(account, 8)
    *_, merged, undo = readers.told()
    assert merged == ReadersMerged(guest, account)
    assert isinstance(undo, Interaction)
    assert (undo.kind, undo.reader_id) == (KINDS.UNDO, account)


def test_a_merge_keeps_the_later_of_two_preferences(readers: Readers) -> None:
    """Also where it is the account's; preferences of another kind or about another book stay."""
    guest = readers.activity.rate(NOBODY, 7, 4, "").reader_id
    readers.activity.rate(guest, 8, 6, "")
    readers.clock.seconds += 60
    account = readers.activity.rate(NOBODY, 7, 10, "").reader_id
    readers.activity.dismiss(account, 7, "")
    readers.merge(guest, account)
    assert set(readers.history(account)) == {
        (7, KINDS.RATING, 10),
        (7, KINDS.NOT_INTERESTED, None),
        (8, KINDS.RATING, 6),
    }


def test_two_guests_become_one_account_at_once(readers: Readers) -> None:
    """Who signs in with two browsers at the same moment keeps all of both, and one rating of a book."""
    account = readers.activity.add_to_wishlist(NOBODY, 8)
    guests = [readers.activity.rate(NOBODY, 7, half_stars, "").reader_id for half_stars in (3, 9)]
    start = Barrier(2, timeout=30)

    def sign_in(guest: int) -> None:
        start.wait()
        readers.merge(guest, account)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(sign_in, guests))
    assert len(readers.history(account)) == 1
    with readers.store.read() as work:
        assert not any(work.readers.exists(guest) for guest in guests)


def test_a_forgotten_reader_leaves_nothing_but_the_request(readers: Readers) -> None:
    """What still waited is not told any more, but for a merge, without which a part would be kept over there."""
    account = readers.activity.rate(NOBODY, 7, 4, "").reader_id
    guest = readers.activity.record_click(NOBODY, 8, "list-1")
    stays = readers.activity.record_click(NOBODY, 8, "list-1")
    readers.merge(guest, account)
    with readers.store.write() as work:
        forget_reader(work, account, readers.clock.now())
        work.commit()
    assert readers.history(account) == []
    assert [each for each in readers.told() if not isinstance(each, Interaction)] == [
        ReadersMerged(guest, account),
        ReaderForgotten(account),
    ]
    assert [each.reader_id for each in readers.told() if isinstance(each, Interaction)] == [stays]


def test_the_relay_is_woken_after_the_commit(store: Store) -> None:
    """When it is woken the event can be seen already."""
    waiting = []

    def look() -> None:
        with store.read() as work:
            waiting.append(work.outbox.length().waiting)

    Readers(store)
    Activity(store, wake=look).record_click(NOBODY, 7, "list-1")
    assert waiting == [1]


def test_a_guest_and_their_click_come_together_or_not_at_all(store: Store) -> None:
    """When the event cannot be written there is no reader either, and nothing in the history."""
    readers = Readers(store)
    with store.engine.connect() as connection:
        connection.execute(text("DROP TABLE outbox"))
        connection.commit()
    with pytest.raises(StoreUnavailable):
        readers.activity.record_click(NOBODY, 7, "shop")
    with store.read() as work:
        assert not work.readers.exists(FIRST)
        assert work.interactions.count(FIRST) == 0


def test_times_are_those_of_the_clock(store: Store) -> None:
    """In UTC, to the moment."""
    readers = Readers(store)
    readers.clock.seconds += 5
    action = readers.activity.rate(NOBODY, 7, 5, "")
    assert action.interaction.occurred_at == readers.clock.now()
    assert action.interaction.occurred_at.utcoffset() == timedelta(0)
