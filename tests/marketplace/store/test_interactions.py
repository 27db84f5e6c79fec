"""The tables of interactions and wishlists."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from marketplace.domain.books import Book
from marketplace.domain.errors import InteractionNotFound
from marketplace.domain.interactions import Action, Interaction, InteractionKind, Ratings
from marketplace.store import Store
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import put

VIEW = Interaction(id="view-1", reader_id=0, book_id=7, kind=InteractionKind.VIEW, occurred_at=NOON)
RATING = replace(VIEW, id="rating-1", kind=InteractionKind.RATING, half_stars=7)


def reader(store: Store, *interactions: Interaction) -> int:
    with store.write() as work:
        reader_id = work.readers.add(NOON)
        for interaction in interactions:
            work.interactions.add(replace(interaction, reader_id=reader_id))
        work.commit()
    return reader_id


def test_an_interaction_is_stored_completely(store: Store) -> None:
    """Every part of it survives."""
    whole = replace(RATING, recommendation_id="list-1")
    reader_id = reader(store, whole)
    with store.read() as work:
        assert work.interactions.get(reader_id, "rating-1") == replace(whole, reader_id=reader_id)


def test_an_interaction_is_found_for_its_own_reader_only(store: Store) -> None:
    """Not by its id, among the latest, or by its book."""
    reader(store, VIEW)
    other = reader(store)
    with store.read() as work:
        with pytest.raises(InteractionNotFound):
            work.interactions.get(other, "view-1")
        assert work.interactions.latest(other, 10) == []
        assert work.interactions.with_book(other, 7) == []


def test_actions_are_the_latest_ones_of_the_reader_latest_first(store: Store) -> None:
    """Whatever the order in which they were stored; a rating has its half stars, others 0."""
    hours = [3, 40, 17, 5, 28, 9, 33, 1, 21]
    done = [
        replace(VIEW, id=f"view-{hour}", book_id=hour, occurred_at=NOON + timedelta(hours=hour)) for hour in hours
    ]
    reader_id = reader(store, *done, replace(RATING, occurred_at=NOON + timedelta(hours=30)))
    reader(store, replace(VIEW, id="another-reader's", book_id=99, occurred_at=NOON + timedelta(hours=39)))
    latest = [
        Action(40, InteractionKind.VIEW),
        Action(33, InteractionKind.VIEW),
        Action(7, InteractionKind.RATING, 7),
    ]
    with store.read() as work:
        assert work.interactions.actions(reader_id, 3) == latest
        assert [action.book_id for action in work.interactions.actions(reader_id, 99)] == [
            *(40, 33, 7, 28, 21, 17, 9, 5, 3, 1)
        ]


def test_a_reader_without_interactions_has_no_actions(store: Store) -> None:
    """An empty list, and no error for the missing row."""
    reader_id = reader(store)
    with store.read() as work:
        assert work.interactions.actions(reader_id, 3) == []


def test_an_id_with_a_nul_is_not_found(store: Store) -> None:
    """PostgreSQL fails on a NUL; the shop must not look unavailable for it."""
    with store.read() as work, pytest.raises(InteractionNotFound):
        work.interactions.get(1, "rating-1\0")


def test_pages_are_latest_first(store: Store) -> None:
    """Interactions of the same moment have a fixed order, so that pages have no gaps and no repeats."""
    moments = [0, 60, 60, 120]
    done = [
        replace(VIEW, id=f"view-{n}", book_id=n, occurred_at=NOON + timedelta(seconds=moment))
        for n, moment in enumerate(moments, start=1)
    ]
    reader_id = reader(store, *done)
    with store.read() as work:
        pages = [work.interactions.latest(reader_id, 2, offset) for offset in (0, 2)]
        assert [[interaction.book_id for interaction in page] for page in pages] == [[4, 2], [3, 1]]
        assert work.interactions.count(reader_id) == 4


def test_ratings_are_averaged_over_readers(store: Store) -> None:
    """In stars, not half stars; views do not count, and a book without ratings has none."""
    reader(store, RATING, VIEW)
    reader(store, replace(RATING, id="rating-2", half_stars=10))
    with store.read() as work:
        assert work.interactions.ratings(7) == Ratings(2, 4.25)
        assert work.interactions.ratings(8) == Ratings(0, 0.0)


def test_a_reader_has_one_rating_of_a_book(store: Store) -> None:
    """The database itself refuses a second one, and allows several views."""
    reader(store, VIEW, replace(VIEW, id="view-2"))
    with pytest.raises(IntegrityError):
        reader(store, RATING, replace(RATING, id="rating-2"))


def test_deleting_a_reader_deletes_their_data(store: Store) -> None:
    """Interactions and wishlist, and nobody else's."""
    put(store, Book(id=7, title="Dune"))
    gone, stays = reader(store, VIEW), reader(store, replace(VIEW, id="view-2"))
    with store.write() as work:
        for reader_id in (gone, stays):
            work.wishlists.add(reader_id, 7, NOON)
        work.readers.remove(gone)
        work.commit()
    with store.read() as work:
        assert (work.interactions.count(gone), work.wishlists.of(gone)) == (0, [])
        assert (work.interactions.count(stays), work.wishlists.of(stays)) == (1, [(7, NOON)])


def test_a_book_is_on_a_wishlist_once(store: Store) -> None:
    """A second addition changes nothing; a removed book is gone; a copied list joins the other."""
    put(store, Book(id=7, title="Dune"), Book(id=8, title="Emma"))
    one, other = reader(store), reader(store)
    later = NOON + timedelta(days=1)
    with store.write() as work:
        work.wishlists.add(one, 7, NOON)
        work.wishlists.add(one, 7, later)
        work.wishlists.add(one, 8, later)
        work.wishlists.add(other, 7, later)
        assert work.wishlists.of(one) == [(8, later), (7, NOON)]
        assert (work.wishlists.has(one, 7), work.wishlists.has(other, 8)) == (True, False)
        work.wishlists.copy(one, other)
        assert work.wishlists.of(other) == [(7, later), (8, later)]
        work.wishlists.remove(other, 7)
        assert work.wishlists.of(other) == [(8, later)]
