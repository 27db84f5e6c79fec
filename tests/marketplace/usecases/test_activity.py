"""What readers do: recorded, undone, merged and deleted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from marketplace.domain.books import Book
from marketplace.domain.errors import BookNotFound, InteractionNotFound, StoreUnavailable
from marketplace.domain.events import Message, ReaderForgotten, ReadersMerged
from marketplace.domain.ids import NOBODY, SHOP
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.store import Store
from marketplace.usecases.activity import Activity, forget_reader, merge_readers
from tests.marketplace.fakes import Clock
from tests.marketplace.stored import events_of, execute, put, sent

FIRST = 1_000_000_000
KINDS = InteractionKind


class Readers:
    """Records what readers do in a small shop."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.woken = 0
        self.activity = Activity(store, wake=self._wake, clock=self.clock.now)
        put(store, Book(id=7, title="Dune"), Book(id=8, title="Emma"))

    def _wake(self) -> None:
        self.woken += 1

    def events(self) -> list[Message]:
        return events_of(self.store)

    def sent(self) -> list[Interaction]:
        return sent(self.store)

    def sent_kinds(self) -> list[tuple[int, KINDS]]:
        return [(interaction.book_id, interaction.kind) for interaction in self.sent()]

    def history(self, reader_id: int) -> list[tuple[int, KINDS, int | None]]:
        """What the shop itself stores about a reader, latest first."""
        with self.store.read() as work:
            events = work.interactions.latest(reader_id, 100)
        return [(event.book_id, event.kind, event.half_stars) for event in events]

    def merge(self, guest: int, account: int) -> None:
        with self.store.write() as work:
            merge_readers(work, guest, account, self.clock.now())
            work.commit()


@pytest.fixture
def readers(store: Store) -> Readers:
    """Readers of a shop with two books, on both databases."""
    return Readers(store)


def test_a_click_makes_a_guest(readers: Readers) -> None:
    """It is sent to Recommendations, without an attribution if the list is the shop's own."""
    reader_id = readers.activity.record_click(NOBODY, 7, "list-1")
    assert reader_id == FIRST
    assert readers.activity.record_click(reader_id, 8, SHOP) == reader_id
    assert [event.recommendation_id for event in readers.sent()] == ["list-1", ""]
    assert readers.sent_kinds() == [(7, KINDS.CLICK), (8, KINDS.CLICK)]
    assert readers.woken == 2


def test_an_unknown_reader_becomes_a_guest(readers: Readers) -> None:
    """The id of a deleted reader is not used again."""
    assert readers.activity.record_click(5, 7, "list-1") == FIRST


def test_a_click_counts_once_for_each_list(readers: Readers) -> None:
    """Reloading a link is the same click; a link in another list is another click."""
    for attribution in ("list-1", "list-1", "list-2"):
        readers.activity.record_click(NOBODY if not readers.sent() else FIRST, 7, attribution)
    assert readers.sent_kinds() == [(7, KINDS.CLICK)] * 2


def test_a_view_counts_once_a_day(readers: Readers) -> None:
    """In UTC; views of anonymous visitors and unknown readers are not recorded."""
    reader_id = readers.activity.record_click(NOBODY, 7, "list-1")
    for seconds in (0, 60, 86_400):
        readers.clock.seconds += seconds
        readers.activity.record_view(reader_id, 7)
    assert readers.sent_kinds()[1:] == [(7, KINDS.VIEW)] * 2
    woken = readers.woken
    readers.activity.record_view(NOBODY, 7)
    readers.activity.record_view(5, 7)
    assert len(readers.sent()) == 3
    assert readers.woken == woken


def test_an_undone_action_can_be_repeated(readers: Readers) -> None:
    """It gets a new id, since Recommendations accepts each id once."""
    action = readers.activity.dismiss(NOBODY, 7, "")
    readers.activity.undo(FIRST, action.interaction.id)
    again = readers.activity.dismiss(FIRST, 7, "")
    assert again.interaction.id != action.interaction.id
    assert readers.sent_kinds() == [(7, KINDS.NOT_INTERESTED), (7, KINDS.UNDO), (7, KINDS.NOT_INTERESTED)]
    assert readers.history(FIRST) == [(7, KINDS.NOT_INTERESTED, None)]


def test_the_last_rating_wins(readers: Readers) -> None:
    """The earlier one is undone: without the new one there is none. The same stars change nothing."""
    first = readers.activity.rate(NOBODY, 7, 9, "list-1")
    readers.activity.rate(FIRST, 7, 9, "")
    second = readers.activity.rate(FIRST, 7, 4, "")
    assert readers.history(FIRST) == [(7, KINDS.RATING, 4)]
    assert [(event.kind, event.half_stars, event.undoes) for event in readers.sent()] == [
        (KINDS.RATING, 9, ""),
        (KINDS.UNDO, None, first.interaction.id),
        (KINDS.RATING, 4, ""),
    ]
    readers.activity.undo(FIRST, second.interaction.id)
    assert readers.history(FIRST) == []


@pytest.mark.parametrize("half_stars", [0, 11, -1])
def test_invalid_ratings_are_refused(readers: Readers, half_stars: int) -> None:
    """Half a star is the least and five are the most."""
    with pytest.raises(ValueError, match="half stars"):
        readers.activity.rate(NOBODY, 7, half_stars, "")
    assert readers.events() == []


def test_a_double_click_rates_once(readers: Readers) -> None:
    """Eight concurrent ratings by one reader all succeed, and one of them is left."""
    reader_id = readers.activity.record_click(NOBODY, 7, "list-1")
    start = Barrier(8, timeout=30)

    def rate(half_stars: int) -> None:
        start.wait()
        readers.activity.rate(reader_id, 7, half_stars, "")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(rate, range(1, 9)))
    assert len(readers.history(reader_id)) == 2
    kinds = [kind for _, kind in readers.sent_kinds()]
    assert (kinds.count(KINDS.RATING), kinds.count(KINDS.UNDO)) == (8, 7)


def test_a_repeated_dismissal_is_one(readers: Readers) -> None:
    """The second call returns the first interaction."""
    first = readers.activity.dismiss(NOBODY, 7, "list-1")
    assert readers.activity.dismiss(FIRST, 7, "") == first
    assert len(readers.sent()) == 1


def test_readers_undo_only_their_own_actions(readers: Readers) -> None:
    """Another reader's id, an unknown one and an anonymous visitor are refused, and nothing changes."""
    action = readers.activity.dismiss(NOBODY, 7, "")
    other = readers.activity.record_click(NOBODY, 7, "list-1")
    for reader_id, interaction_id in ((other, action.interaction.id), (FIRST, "no"), (NOBODY, action.interaction.id)):
        with pytest.raises(InteractionNotFound):
            readers.activity.undo(reader_id, interaction_id)
    assert len(readers.sent()) == 2
    assert readers.history(FIRST) == [(7, KINDS.NOT_INTERESTED, None)]


def test_wishlists_are_not_sent_to_recommendations(readers: Readers) -> None:
    """They create a guest, but the contract has no such kind of interaction."""
    reader_id = readers.activity.add_to_wishlist(NOBODY, 7)
    with readers.store.read() as work:
        assert work.wishlists.has(reader_id, 7)
    readers.activity.remove_from_wishlist(reader_id, 7)
    with readers.store.read() as work:
        assert not work.wishlists.has(reader_id, 7)
    assert readers.events() == []


def test_an_unknown_book_is_refused(readers: Readers) -> None:
    """No guest is created, and no event."""
    for action in (
        lambda: readers.activity.record_click(NOBODY, 99, "list-1"),
        lambda: readers.activity.rate(NOBODY, 99, 5, ""),
        lambda: readers.activity.dismiss(NOBODY, 99, ""),
        lambda: readers.activity.add_to_wishlist(NOBODY, 99),
    ):
        with pytest.raises(BookNotFound):
            action()
    assert readers.events() == []
    with readers.store.read() as work:
        assert not work.readers.exists(FIRST)


def test_a_merge_moves_history_and_wishlist(readers: Readers) -> None:
    """The later of two ratings of a book stays; Recommendations is notified in order."""
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
        assert work.wishlists.has(account, 8)
    *_, merged, undo = readers.events()
    assert merged == ReadersMerged(guest, account)
    assert isinstance(undo, Interaction)
    assert (undo.kind, undo.reader_id) == (KINDS.UNDO, account)


def test_a_merge_keeps_the_later_of_two_preferences(readers: Readers) -> None:
    """Also if it is the account's; preferences of another kind or for another book stay."""
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


def test_two_guests_merge_into_one_account_concurrently(readers: Readers) -> None:
    """Signing in from two browsers at once keeps both histories, and one rating of a book."""
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


def test_a_deleted_reader_leaves_only_the_event(readers: Readers) -> None:
    """Waiting interactions are dropped, but not merges: the guest's data would stay in Recommendations."""
    account = readers.activity.rate(NOBODY, 7, 4, "").reader_id
    guest = readers.activity.record_click(NOBODY, 8, "list-1")
    stays = readers.activity.record_click(NOBODY, 8, "list-1")
    readers.merge(guest, account)
    with readers.store.write() as work:
        forget_reader(work, account, readers.clock.now())
        work.commit()
    assert readers.history(account) == []
    assert [event for event in readers.events() if not isinstance(event, Interaction)] == [
        ReadersMerged(guest, account),
        ReaderForgotten(account),
    ]
    assert [interaction.reader_id for interaction in readers.sent()] == [stays]


def test_the_relay_is_woken_after_the_commit(store: Store) -> None:
    """The event is visible when the relay is woken."""
    visible: list[int] = []
    Readers(store)
    activity = Activity(store, wake=lambda: visible.append(len(events_of(store))))
    activity.record_click(NOBODY, 7, "list-1")
    assert visible == [1]


def test_a_guest_and_their_click_are_one_transaction(readers: Readers) -> None:
    """If the event cannot be written, neither a reader nor a history is."""
    execute(readers.store, "DROP TABLE outbox")
    with pytest.raises(StoreUnavailable):
        readers.activity.record_click(NOBODY, 7, "shop")
    with readers.store.read() as work:
        assert not work.readers.exists(FIRST)
        assert work.interactions.count(FIRST) == 0


def test_times_are_those_of_the_clock(readers: Readers) -> None:
    """In UTC, with full precision."""
    readers.clock.seconds += 5
    action = readers.activity.rate(NOBODY, 7, 5, "")
    assert action.interaction.occurred_at == readers.clock.now()
    assert action.interaction.occurred_at.utcoffset() == timedelta(0)
