"""Popular, new and fresh books, and the promises of the contract."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import NOBODY, Event, Preference, preference_after
from recommendations.domain.recommending import (
    ReasonKind,
    RecommendRequest,
    Selection,
    SimilarBooksRequest,
)
from recommendations.model.artifact import load, publish
from recommendations.model.ranking.compiled import diversify, rank
from recommendations.model.ranking.content import any_of
from recommendations.model.ranking.ranker import compile_ahead
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.artifacts import NOW, artifact_of
from tests.recommendations.model.ranking.served import (
    CATALOGUE,
    HISTORY,
    SF,
    TODAY,
    K,
    M,
    Supply,
    ask,
    book,
    by_id,
    ids,
    purchases,
    served,
)


def test_what_is_popular(model: ServedModel) -> None:
    """The list is the same for everyone except for books they read or dismissed; unread books end it as new."""
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


def test_popularity_outlasts_a_change_of_the_catalogue() -> None:
    """What was liked before a book came, or the catalogue changed, counts after it."""
    supply = Supply(CATALOGUE)
    model = ServedModel(artifact_of(CATALOGUE, HISTORY), supply)
    model.observe([Event(900, 500, 100, K.CLICK, 0.0, NOW.timestamp())])
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR))[0] == 6
    supply.take(book(100))
    model.refresh_catalogue()
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR))[:2] == [100, 6]


def test_what_is_new() -> None:
    """The newest books first, whatever others read, without the reader's own; each has the reason NEW."""
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
    """Whatever happened: no book twice, and none that is read, dismissed, excluded, of another category or removed.

    And the list is as long as it can be, best scores first, its reasons likings of this reader.
    """
    events = [Event(place, *one) for place, one in enumerate(told, 1)]
    catalogue = by_id(*first, *later)
    supply = Supply(by_id(*first))
    trained, diversity = data.draw(st.integers(0, len(events))), data.draw(st.sampled_from([0.0, 0.3]))
    model = ServedModel(artifact_of({one.id for one in first}, events[:trained]), supply, diversity=diversity)
    model.observe(events[trained:])
    supply.take(*later)
    model.refresh_catalogue()
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
