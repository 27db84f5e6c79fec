"""The promises of the contract, kept by a model at work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import NOBODY, Event, InteractionKind, Preference, preference_after
from recommendations.domain.recommending import (
    ReasonKind,
    RecommendationList,
    RecommendRequest,
    Selection,
    SimilarBooksRequest,
)
from recommendations.model.artifact import load, publish
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.catalogue import Catalogue
from recommendations.model.ranking.compiled import any_of, diversify, rank
from recommendations.model.ranking.ranker import compile_ahead
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.artifacts import NOW, artifact_of

K = InteractionKind
M, SF = Category.MYSTERY, Category.SCIENCE_FICTION
TODAY = date(2026, 1, 1)


def book(id_: int, *categories: Category, year: int | None = None) -> Book:
    """A book."""
    return Book(id=id_, title=f"Book {id_}", categories=categories, year=year)


def by_id(*books: Book) -> dict[int, Book]:
    """A catalogue."""
    return {one.id: one for one in books}


def purchases(*pairs: tuple[int, int]) -> list[Event]:
    """Readers and the books they bought."""
    return [Event(place, reader, id_, K.PURCHASE, 0.0) for place, (reader, id_) in enumerate(pairs, 1)]


def served(events: list[Event], books: Mapping[int, Book], *, known: Iterable[int] | None = None) -> ServedModel:
    """A model of `known` books (all of them by default), trained on `events`."""
    return ServedModel.of(artifact_of(books if known is None else known, events), books.values())


class Supply:
    """A catalogue that changes."""

    def __init__(self, books: Mapping[int, Book]) -> None:
        self._now = Catalogue.empty().changed(list(books.values()))

    def __call__(self) -> Catalogue:
        """The catalogue as of now."""
        return self._now

    def take(self, *books: Book) -> None:
        """Add or replace books."""
        self._now = self._now.changed(books)


def ask(
    model: ServedModel,
    reader_id: int,
    category: Category | None = None,
    *,
    limit: int = 10,
    excluded: frozenset[int] = frozenset(),
    selection: Selection = Selection.FOR_YOU,
) -> RecommendationList:
    """One shelf."""
    return model.recommend(
        RecommendRequest(reader_id=reader_id, category=category, limit=limit, excluded=excluded, selection=selection)
    )


def ids(shelf: RecommendationList) -> list[int]:
    """The books of a shelf."""
    return [one.book.id for one in shelf.recommendations]


# Readers of 1 also read 2 (three of them) and 3 (two); readers of 4 read 5. Everybody else reads 6.
CATALOGUE = by_id(
    book(1, M), book(2, M), book(3, SF), book(4, SF), book(5, SF), book(6, M), book(7, M, year=2020), book(8, SF)
)
HISTORY = purchases(
    *((reader, 1) for reader in (11, 12, 13)),
    *((reader, 2) for reader in (11, 12, 13)),
    *((reader, 3) for reader in (11, 12)),
    *((reader, 4) for reader in (14, 15)),
    *((reader, 5) for reader in (14, 15)),
    *((reader, 6) for reader in range(20, 26)),
    (30, 1),
    (31, 1),
    (31, 4),
)


@pytest.fixture
def model() -> ServedModel:
    """The model of the history above."""
    return served(HISTORY, CATALOGUE)


def test_personal_books_come_first_with_their_reasons(model: ServedModel) -> None:
    """A reader of 1 gets what its readers read, strongest first, because of 1; then what is popular, then new."""
    shelf = ask(model, 30)
    assert ids(shelf) == [2, 3, 4, 6, 5, 7, 8]
    kinds = [one.reason.kind for one in shelf.recommendations]
    assert kinds == [ReasonKind.BECAUSE_OF_BOOKS] * 3 + [ReasonKind.POPULAR] * 2 + [ReasonKind.NEW] * 2
    assert shelf.recommendations[0].reason.books == (CATALOGUE[1],)
    scores = [one.score for one in shelf.recommendations]
    assert scores[0] > scores[1] > scores[2] > 0
    assert scores[3:] == [0, 0, 0, 0]
    assert shelf.model_version == model.version


def test_a_book_that_speaks_against_another_is_no_reason_for_it() -> None:
    """Weights may be below 0: they count, but only what spoke for a book is named, and only its due is listed."""
    artifact = artifact_of([1, 2, 3, 4], [])
    weights = np.array([0.5, -0.25, -0.25, 0.125], dtype=np.float32)
    rows = np.array([2, 3, 2, 3], dtype=np.int32)
    artifact = replace(artifact, neighbours=Neighbours(np.array([0, 2, 4, 4, 4]), rows, weights))
    model = ServedModel.of(artifact, [book(id_) for id_ in (1, 2, 3, 4)])
    model.observe([Event(1, 9, 1, K.CLICK, 0.0), Event(2, 9, 2, K.CLICK, 0.0)])
    first, *others = ask(model, 9).recommendations
    assert (first.book.id, first.score, [one.id for one in first.reason.books]) == (3, 0.25, [1])
    assert [one.reason.kind for one in others if one.book.id == 4] == [ReasonKind.NEW]


def test_the_book_that_counted_most_is_named_first() -> None:
    """Of three books that speak for one, the two strongest are the reason, in the order of their strength."""
    together = [(reader, 1) for reader in range(1, 10)]
    together += [(reader, 4) for reader in range(1, 7)] + [(reader, 2) for reader in range(1, 4)]
    together += [(reader, 9) for reader in range(1, 10)]
    model = served(purchases(*together, (50, 1), (50, 2), (50, 4)), by_id(book(1), book(2), book(4), book(9)))
    (only,) = ask(model, 50).recommendations
    assert only.book.id == 9
    assert [one.id for one in only.reason.books] == [1, 4]


@pytest.mark.parametrize(
    ("kind", "value"), [(K.PURCHASE, 0.0), (K.RATING, 5.0), (K.RATING, 0.5), (K.NOT_INTERESTED, 0.0)]
)
def test_taken_and_waved_away_books_do_not_come_back(model: ServedModel, kind: int, value: float) -> None:
    """What was bought, rated or waved away leaves the list with the event, personal or popular."""
    for reader, gone in ((30, 2), (77, 6)):
        assert gone in ids(ask(model, reader))
        model.observe([Event(900, reader, gone, kind, value)])
        assert gone not in ids(ask(model, reader))


def test_excluded_books_stay_out(model: ServedModel) -> None:
    """A request's excluded books are in no part of the list, and unknown ids among them do no harm."""
    assert ids(ask(model, 30, excluded=frozenset({2, 6, 7, 12345, 0}))) == [3, 4, 5, 8]


def test_a_category_is_a_shelf_of_its_own(model: ServedModel) -> None:
    """Asked for one category, every book stands on it; the rest of the order stays."""
    assert ids(ask(model, 30, SF)) == [3, 4, 5, 8]
    assert ids(ask(model, 30, M)) == [2, 6, 7]


def test_a_category_without_books_is_empty(model: ServedModel) -> None:
    """A known category that nothing stands on gives an empty list with a name."""
    shelf = ask(model, 30, Category.POETRY)
    assert shelf.recommendations == ()
    assert shelf.recommendation_id


def test_nobody_and_unknown_readers_get_what_is_popular(model: ServedModel) -> None:
    """Without a history the order is popularity, then the newest of what nobody read."""
    expected = [6, 1, 2, 4, 3, 5, 7, 8]
    assert ids(ask(model, NOBODY)) == ids(ask(model, 999)) == expected
    kinds = [one.reason.kind for one in ask(model, 999).recommendations]
    assert kinds == [ReasonKind.POPULAR] * 6 + [ReasonKind.NEW] * 2


def test_events_of_nobody_count_for_nobody(model: ServedModel) -> None:
    """Reader 0 has no history even if the store should hold one."""
    before = ask(model, NOBODY)
    model.observe([Event(900, NOBODY, 6, K.NOT_INTERESTED, 0.0)])
    assert ask(model, NOBODY) == before


def test_the_first_event_of_a_new_reader_makes_the_list_personal(model: ServedModel) -> None:
    """One click of a reader never seen before changes the next list at once, without a training."""
    assert ids(ask(model, 500))[0] == 6
    model.observe([Event(900, 500, 4, K.CLICK, 0.0)])
    first = ask(model, 500).recommendations[0]
    assert first.book.id == 5
    assert first.reason.books == (CATALOGUE[4],)


def test_books_looked_at_come_last(model: ServedModel) -> None:
    """What the reader knows but has not taken comes after all that they do not know, however popular."""
    model.observe([Event(900, 500, 6, K.VIEW, 0.0), Event(901, 500, 1, K.CART, 0.0)])
    assert ids(ask(model, 500))[-2:] == [6, 1]
    assert ids(ask(model, 500, M, limit=2)) == [2, 7]


def test_a_book_that_was_shown_keeps_its_place(model: ServedModel) -> None:
    """Showing a list does not change it."""
    before = ids(ask(model, 30))
    model.observe([Event(900 + id_, 30, id_, K.SHOWN, 0.0) for id_ in before[:4]])
    assert ids(ask(model, 30)) == before


def test_the_list_is_as_long_as_asked(model: ServedModel) -> None:
    """Each shorter list is the beginning of the longer one."""
    longest = ids(ask(model, 30))
    for limit in range(1, 9):
        assert ids(ask(model, 30, limit=limit)) == longest[:limit]


def test_the_same_state_gives_the_same_list_and_name(model: ServedModel) -> None:
    """Asked twice the answer is equal, and its name tells readers, shelves and lists apart."""
    assert ask(model, 30) == ask(model, 30)
    shelves = [ask(model, 30), ask(model, 31), ask(model, 30, SF), ask(model, 30, limit=2), ask(model, NOBODY)]
    shelves.append(ask(model, NOBODY, selection=Selection.POPULAR))
    assert shelves[-1].recommendations == shelves[-2].recommendations
    assert len({shelf.recommendation_id for shelf in shelves}) == len(shelves)


def test_the_same_list_has_another_name_for_another_reader(model: ServedModel) -> None:
    """A list's name leads back to its reader, even where two readers get the same books."""
    first, second = ask(model, 998), ask(model, 999)
    assert first.recommendations == second.recommendations
    assert first.recommendation_id != second.recommendation_id


def test_the_order_of_events_does_not_show_in_the_list(model: ServedModel) -> None:
    """The same likings, gathered in another order, give the same shelf."""
    model.observe([Event(900, 500, 1, K.CLICK, 0.0), Event(901, 500, 4, K.CLICK, 0.0)])
    model.observe([Event(902, 501, 4, K.CLICK, 0.0), Event(903, 501, 1, K.CLICK, 0.0)])
    assert ask(model, 500).recommendations == ask(model, 501).recommendations


def test_a_book_missing_from_the_catalogue_counts_once_it_arrives() -> None:
    """Until then it is neither recommended nor a reason; then the readers' history with it counts."""
    supply = Supply(by_id(*(one for one in CATALOGUE.values() if one.id not in {1, 6})))
    model = ServedModel(artifact_of(supply().by_id.ids.tolist(), HISTORY), supply)
    shelf = ask(model, 30)
    assert {1, 6}.isdisjoint(ids(shelf))
    assert all(one.reason.books for one in shelf.recommendations if one.reason.kind is ReasonKind.BECAUSE_OF_BOOKS)
    supply.take(CATALOGUE[1], CATALOGUE[6])
    assert {1, 6}.isdisjoint(ids(ask(model, 30)))
    model.restock()
    assert ask(model, 30).recommendations[0].reason.books == (CATALOGUE[1],)
    assert ids(ask(model, NOBODY))[0] == 6


def test_books_newer_than_the_model() -> None:
    """A book that came after the training is recommended as new, is excluded by id, and may have been bought."""
    model = served(HISTORY, CATALOGUE | by_id(book(100, M, year=2026), book(101, M)), known=CATALOGUE)
    model.observe([Event(900, 30, 101, K.PURCHASE, 0.0)])
    shelf = ask(model, 30, M)
    assert ids(shelf) == [2, 6, 100, 7]
    assert shelf.recommendations[2].reason.kind is ReasonKind.NEW
    assert 100 not in ids(ask(model, 30, M, excluded=frozenset({100})))


def test_removed_books_count_as_taste_only(model: ServedModel) -> None:
    """A removed book is on no list from the next call on, but is named as the reason for others."""
    supply = Supply(CATALOGUE)
    model = ServedModel(artifact_of(CATALOGUE, HISTORY), supply)
    assert ids(ask(model, 30))[0] == 2
    supply.take(replace(CATALOGUE[1], removed=True), replace(CATALOGUE[2], removed=True))
    model.restock()
    for selection in Selection:
        for reader in (30, NOBODY):
            assert {1, 2}.isdisjoint(ids(ask(model, reader, selection=selection)))
    first = ask(model, 30).recommendations[0]
    assert first.book.id == 3
    assert [one.id for one in first.reason.books] == [1]
    assert first.reason.books[0].removed


def test_a_replaced_history_changes_the_list(model: ServedModel) -> None:
    """After an undo or a merge the list is that of what is left."""
    assert ids(ask(model, 30))[0] == 2
    model.replace(30, [Event(900, 30, 4, K.CLICK, 0.0)])
    assert ids(ask(model, 30))[0] == 5
    model.replace(30, [])
    assert ids(ask(model, 30)) == ids(ask(model, NOBODY))


def test_what_is_popular(model: ServedModel) -> None:
    """The shelf is the same for everyone but for what they took or waved away; unread ones end it as new."""
    shelf = ask(model, NOBODY, selection=Selection.POPULAR)
    assert ids(shelf) == [6, 1, 2, 4, 3, 5, 7, 8]
    assert [one.reason.kind for one in shelf.recommendations] == [ReasonKind.POPULAR] * 6 + [ReasonKind.NEW] * 2
    assert {one.score for one in shelf.recommendations} == {0}
    assert ids(ask(model, 30, selection=Selection.POPULAR)) == [6, 2, 4, 3, 5, 7, 8]
    assert ids(ask(model, 30, SF, selection=Selection.POPULAR, excluded=frozenset({4}))) == [3, 5, 8]
    model.observe([Event(900, 30, 6, K.VIEW, 0.0)])
    assert ids(ask(model, 30, selection=Selection.POPULAR, limit=2)) == [6, 2]


def test_what_is_liked_now_becomes_popular(model: ServedModel) -> None:
    """One click of today outweighs undated ones of old, on the shelf and in the lists of strangers, at once."""
    model.observe([Event(900, 500, 8, K.CLICK, 0.0, NOW.timestamp())])
    shelf = ask(model, NOBODY, selection=Selection.POPULAR)
    assert ids(shelf)[:2] == [8, 6]
    assert shelf.recommendations[0].reason.kind is ReasonKind.POPULAR
    assert ids(ask(model, 999))[:2] == [8, 6]
    assert ids(ask(model, 999, SF))[0] == 8


def test_popularity_outlasts_a_restocking() -> None:
    """What was liked before a book came, or the catalogue changed, counts after it."""
    supply = Supply(CATALOGUE)
    model = ServedModel(artifact_of(CATALOGUE, HISTORY), supply)
    model.observe([Event(900, 500, 100, K.CLICK, 0.0, NOW.timestamp())])
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR))[0] == 6
    supply.take(book(100))
    model.restock()
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR))[:2] == [100, 6]


def test_what_is_new() -> None:
    """The newest books first, whoever read them, without what the reader took; all of them are there as new."""
    books = by_id(*(book(id_, M if id_ % 2 else SF, year=2000 + id_) for id_ in range(1, 7)))
    model = served(purchases((1, 6), (2, 6), (3, 6)), books)
    shelf = ask(model, NOBODY, selection=Selection.NEW)
    assert ids(shelf) == [6, 5, 4, 3, 2, 1]
    assert {one.reason.kind for one in shelf.recommendations} == {ReasonKind.NEW}
    assert ids(ask(model, 1, selection=Selection.NEW)) == [5, 4, 3, 2, 1]
    assert ids(ask(model, NOBODY, SF, selection=Selection.NEW, limit=2)) == [6, 4]


def test_every_fifth_place_tries_a_fresh_book() -> None:
    """Of the places that are filled up, each fifth has an arrival that few have read, from liked shelves first."""
    old = [book(id_, SF) for id_ in range(1, 16)]
    fresh = [
        replace(book(id_, M if id_ == 50 else SF), added_on=TODAY - timedelta(id_ - 50)) for id_ in (50, 51, 52, 53)
    ]
    tried = [(reader, 50) for reader in range(100, 109)]
    crowd = [(100 * id_ + reader, id_) for id_ in range(1, 16) for reader in range(20 - id_)]
    model = served(purchases(*tried, *crowd), by_id(*old, *fresh))
    shelf = ask(model, NOBODY, limit=12)
    assert ids(shelf) == [1, 2, 3, 4, 50, 5, 6, 7, 8, 51, 9, 10]
    assert shelf.recommendations[4].reason.kind is shelf.recommendations[9].reason.kind is ReasonKind.NEW
    model.observe([Event(900, 7, 3, K.CLICK, 0.0), Event(901, 500, 50, K.CLICK, 0.0)])
    assert ids(ask(model, 7, limit=10)) == [1, 2, 4, 5, 51, 6, 7, 8, 9, 52]
    assert ids(ask(model, NOBODY, limit=5))[4] == 51
    assert 51 not in ids(ask(model, NOBODY, limit=4))


def test_fresh_books_of_liked_shelves_come_first() -> None:
    """Among fresh books those on a shelf that the reader likes are tried before later arrivals."""
    fresh = [replace(book(50, M), added_on=TODAY), replace(book(51, SF), added_on=TODAY - timedelta(1))]
    model = served(
        purchases(*((100 * id_ + reader, id_) for id_ in range(1, 9) for reader in range(id_))),
        by_id(*(book(id_, SF) for id_ in range(1, 9)), *fresh),
    )
    model.observe([Event(900, 5000, 1, K.CLICK, 0.0)])
    assert ids(ask(model, NOBODY))[4] == 50
    assert ids(ask(model, 5000))[4] == 51


def test_one_author_does_not_fill_a_list() -> None:
    """Further books of an author step back, on every shelf, in an order that the setting 0 leaves as it is."""
    circle = [(reader, id_) for reader in range(1, 20) for id_ in range(1, 8) if reader > 2 * id_]
    authors = {1: "A", 2: "B", 3: "B", 4: "B", 5: "B", 6: "C", 7: "D"}
    books = by_id(*(replace(book(id_, year=2000 - id_), authors=(name,)) for id_, name in authors.items()))
    artifact = artifact_of(books, purchases(*circle, (500, 1)))
    plain, varied = (ServedModel.of(artifact, books.values(), diversity=diversity) for diversity in (0.0, 1.0))
    for selection in Selection:
        order = ids(ask(plain, 500, selection=selection))
        if selection is not Selection.FOR_YOU:
            assert order == [2, 3, 4, 5, 6, 7]
        by_b = [id_ for id_ in order if authors[id_] == "B"]
        expected = [id_ for id_ in order if id_ not in by_b[1:]] + by_b[1:]
        assert ids(ask(varied, 500, selection=selection)) == expected != order
        assert ids(ask(varied, 500, selection=selection, limit=2)) == expected[:2]
    scores = {one.book.id: one.score for one in ask(plain, 500).recommendations}
    assert {one.book.id: one.score for one in ask(varied, 500).recommendations} == scores


def test_whatever_is_asked_was_compiled_ahead(tmp_path: Path) -> None:
    """Arrays that are mapped and arrays in memory, personal lists and others: nothing is compiled for them."""
    books = by_id(*(replace(book(id_, M), authors=("A", str(id_))) for id_ in range(1, 9)))
    artifact = artifact_of(list(range(1, 8)), purchases(*((n % 5 + 1, n % 7 + 1) for n in range(33))))
    publish(artifact, tmp_path)
    compile_ahead()
    compiled = [list(one.signatures) for one in (rank, diversify, any_of)]
    for model in (ServedModel.of(one, books.values()) for one in (artifact, load(tmp_path / artifact.version))):
        for selection in Selection:
            ask(model, 1, selection=selection)
        model.observe([Event(900, 1, 8, K.CLICK, 0.0)])
        assert ids(ask(model, 1, M, limit=3, excluded=frozenset({3})))
        assert model.similar(SimilarBooksRequest(book_id=1, reader_id=1, limit=5)).book_ids
    assert compiled == [one.signatures for one in (rank, diversify, any_of)]
    assert len(rank.signatures) == 1


def test_what_fills_up_knows_the_authors_before_it() -> None:
    """An author of a personal book is no newcomer to the rest of the list."""
    together = purchases(
        *((reader, id_) for reader in range(1, 5) for id_ in (1, 2)), (20, 3), (21, 3), (22, 4), (9, 1)
    )
    authors = {1: "A", 2: "B", 3: "B", 4: "C"}
    books = by_id(*(replace(book(id_), authors=(name,)) for id_, name in authors.items()))
    artifact = artifact_of(books, together)
    assert ids(ask(ServedModel.of(artifact, books.values(), diversity=0.0), 9)) == [2, 3, 4]
    assert ids(ask(ServedModel.of(artifact, books.values(), diversity=1.0), 9)) == [2, 4, 3]


def test_a_model_of_nothing_recommends_what_is_new() -> None:
    """Trained on no history at all, the newest books are on the shelf."""
    model = served([], by_id(book(1, year=1990), book(2, year=2020)))
    assert ids(ask(model, 5)) == [2, 1]
    assert {one.reason.kind for one in ask(model, 5).recommendations} == {ReasonKind.NEW}


def test_an_empty_catalogue() -> None:
    """Before the first book there is nothing to recommend, and that is an answer."""
    assert ids(ask(served([], {}), 5)) == []


BOOK_IDS = st.integers(1, 12)
READERS = st.integers(0, 4)
EVENTS = st.lists(
    st.tuples(
        READERS,
        BOOK_IDS,
        st.sampled_from([int(kind) for kind in K if kind is not K.UNDO]),
        st.sampled_from([0.5, 3.0, 5.0]),
    ),
    max_size=40,
)
NAMES = st.lists(st.sampled_from(["A", "B"]), max_size=1).map(tuple)
FACTS = st.builds(
    Book,
    id=BOOK_IDS,
    title=st.just("Title"),
    categories=st.lists(st.sampled_from([M, SF, Category.REFERENCE]), max_size=2).map(tuple),
    authors=NAMES,
    subjects=NAMES,
    added_on=st.none() | st.dates(TODAY - timedelta(40), TODAY),
    removed=st.booleans(),
)
SHELVED = st.lists(FACTS, max_size=12)
BECAUSE = {ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT}


@given(SHELVED, SHELVED, EVENTS, READERS, st.data())
def test_promises_of_the_contract(
    first: list[Book],
    later: list[Book],
    told: Sequence[tuple[int, int, int, float]],
    reader: int,
    data: st.DataObject,
) -> None:
    """Whatever happened: no book twice, none taken, waved away, excluded, of another shelf or not on sale.

    And the list is as long as it can be, best scores first, its reasons likings of this reader.
    """
    events = [Event(place, *one) for place, one in enumerate(told, 1)]
    catalogue = by_id(*first, *later)
    supply = Supply(by_id(*first))
    trained, diversity = data.draw(st.integers(0, len(events))), data.draw(st.sampled_from([0.0, 0.3]))
    model = ServedModel(artifact_of({one.id for one in first}, events[:trained]), supply, diversity=diversity)
    model.observe(events[trained:])
    supply.take(*later)
    model.restock()
    request = RecommendRequest(
        reader_id=reader,
        category=data.draw(st.sampled_from([None, M, SF, Category.REFERENCE])),
        limit=data.draw(st.integers(1, 14)),
        excluded=data.draw(st.frozensets(BOOK_IDS, max_size=4)),
        selection=data.draw(st.sampled_from(Selection)),
    )
    preferences: dict[int, Preference] = {}
    for event in events:
        if event.reader_id == reader != NOBODY:
            before = preferences.get(event.book_id, Preference.NONE)
            preferences[event.book_id] = preference_after(before, K(event.kind), event.value)
    allowed = {
        one.id
        for one in catalogue.values()
        if not one.removed
        and (request.category is None or request.category in one.categories)
        and one.id not in request.excluded
        and not preferences.get(one.id, Preference.NONE) & (Preference.READ | Preference.DISMISSED)
    }

    shelf = model.recommend(request)

    assert len(set(ids(shelf))) == len(ids(shelf)) == min(request.limit, len(allowed))
    assert set(ids(shelf)) <= allowed
    scores = [one.score for one in shelf.recommendations]
    personal = [score > 0 for score in scores]
    assert personal == sorted(personal, reverse=True)
    if not diversity:
        assert scores == sorted(scores, reverse=True)
    liked = {id_ for id_, preference in preferences.items() if preference & Preference.LIKED}
    for one in shelf.recommendations:
        because = one.reason.kind in BECAUSE
        assert one.book == catalogue[one.book.id]
        assert because == bool(one.reason.books) == (one.score > 0)
        assert {known.id for known in one.reason.books} <= liked - {one.book.id}
        if one.reason.kind is ReasonKind.SAME_AUTHOR:
            assert set(one.book.authors) & set(one.reason.books[0].authors)
        if one.reason.kind is ReasonKind.SAME_SUBJECT:
            assert set(one.book.subjects) & set(one.reason.books[0].subjects)
    if request.selection is Selection.FOR_YOU:
        known = [bool(preferences.get(id_, Preference.NONE)) for id_ in ids(shelf)]
        assert known == sorted(known)
    else:
        assert set(scores) <= {0}
    assert model.recommend(request) == shelf
