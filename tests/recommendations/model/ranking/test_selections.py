"""Lists of popular, new and fresh books, and the rules that all lists follow."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import NOBODY, Event, Preference, preference_after
from recommendations.domain.recommending import ReasonKind, RecommendRequest, Selection, SimilarBooksRequest
from recommendations.model.artifact import load, publish
from recommendations.model.ranking.compiled import diversify, rank
from recommendations.model.ranking.content import any_of
from recommendations.model.ranking.editions import all_editions
from recommendations.model.ranking.live_histories import LONG
from recommendations.model.ranking.ranker import compile_ahead
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.artifacts import NOW, artifact_of
from tests.recommendations.model.ranking.served import (
    CATALOGUE,
    HISTORY,
    SF,
    TODAY,
    ChangingCatalogue,
    K,
    M,
    ask,
    book,
    by_id,
    ids,
    purchases,
    served,
)


def test_popular_books(model: ServedModel) -> None:
    """The list leaves out only books that the reader read or dismissed; books without readers come last, as new."""
    result = ask(model, NOBODY, selection=Selection.POPULAR)
    assert ids(result) == [6, 1, 2, 4, 3, 5, 7, 8]
    assert [item.reason.kind for item in result.recommendations] == [ReasonKind.POPULAR] * 6 + [ReasonKind.NEW] * 2
    assert {item.score for item in result.recommendations} == {0}
    assert ids(ask(model, 30, selection=Selection.POPULAR)) == [6, 2, 4, 3, 5, 7, 8]
    assert ids(ask(model, 30, SF, selection=Selection.POPULAR, excluded=frozenset({4}))) == [3, 5, 8]
    model.observe([Event(900, 30, 6, K.VIEW, 0.0)])
    assert ids(ask(model, 30, selection=Selection.POPULAR, limit=2)) == [6, 2]


def test_likes_count_in_popularity_at_once(model: ServedModel) -> None:
    """A click of today outweighs undated ones, in the popular list and in the lists of new readers."""
    model.observe([Event(900, 500, 8, K.CLICK, 0.0, NOW.timestamp())])
    result = ask(model, NOBODY, selection=Selection.POPULAR)
    assert ids(result)[:2] == [8, 6]
    assert result.recommendations[0].reason.kind is ReasonKind.POPULAR
    assert ids(ask(model, 999))[:2] == [8, 6]
    assert ids(ask(model, 999, SF))[0] == 8


def test_popularity_survives_a_change_of_the_catalogue() -> None:
    """Likes of a book that was not yet in the catalogue count once it arrives."""
    catalogue = ChangingCatalogue(CATALOGUE)
    model = ServedModel(artifact_of(CATALOGUE, HISTORY), catalogue)
    model.observe([Event(900, 500, 100, K.CLICK, 0.0, NOW.timestamp())])
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR))[0] == 6
    catalogue.update(book(100))
    model.refresh_catalogue()
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR))[:2] == [100, 6]


def test_new_books() -> None:
    """The newest books come first, without those the reader has read; each has the reason NEW."""
    books = by_id(*(book(id_, M if id_ % 2 else SF, year=2000 + id_) for id_ in range(1, 7)))
    model = served(purchases((1, 6), (2, 6), (3, 6)), books)
    result = ask(model, NOBODY, selection=Selection.NEW)
    assert ids(result) == [6, 5, 4, 3, 2, 1]
    assert {item.reason.kind for item in result.recommendations} == {ReasonKind.NEW}
    assert ids(ask(model, 1, selection=Selection.NEW)) == [5, 4, 3, 2, 1]
    assert ids(ask(model, NOBODY, SF, selection=Selection.NEW, limit=2)) == [6, 4]


def test_one_author_does_not_fill_a_list() -> None:
    """Further books of an author move down in every kind of list; with diversity 0 they do not."""
    circle = [(reader, id_) for reader in range(1, 20) for id_ in range(1, 8) if reader > 2 * id_]
    authors = {1: "A", 2: "B", 3: "B", 4: "B", 5: "B", 6: "C", 7: "D"}
    books = by_id(*(replace(book(id_, year=2000 - id_), authors=(name,)) for id_, name in authors.items()))
    artifact = artifact_of(books, purchases(*circle, (500, 1)))
    plain, diversified = (ServedModel.of(artifact, books.values(), diversity=diversity) for diversity in (0.0, 1.0))
    for selection in Selection:
        order = ids(ask(plain, 500, selection=selection))
        if selection is not Selection.FOR_YOU:
            assert order == [2, 3, 4, 5, 6, 7]
        by_b = [id_ for id_ in order if authors[id_] == "B"]
        expected = [id_ for id_ in order if id_ not in by_b[1:]] + by_b[1:]
        assert ids(ask(diversified, 500, selection=selection)) == expected != order
        assert ids(ask(diversified, 500, selection=selection, limit=2)) == expected[:2]
    scores = {item.book.id: item.score for item in ask(plain, 500).recommendations}
    assert {item.book.id: item.score for item in ask(diversified, 500).recommendations} == {
        id_: 0 if id_ in {3, 4, 5} else score for id_, score in scores.items()
    }


def test_all_loops_are_compiled_ahead(tmp_path: Path) -> None:
    """No list needs further compilation, neither for mapped arrays nor for arrays in memory."""
    books = by_id(*(replace(book(id_, M), authors=("A", str(id_)), work="W" * (id_ < 3)) for id_ in range(1, 9)))
    artifact = artifact_of(list(range(1, 8)), purchases(*((n % 5 + 1, n % 7 + 1) for n in range(33))))
    publish(artifact, tmp_path)
    compile_ahead()
    loops = (rank, diversify, any_of, all_editions)
    compiled = [list(loop.signatures) for loop in loops]
    for model in (ServedModel.of(source, books.values()) for source in (artifact, load(tmp_path / artifact.version))):
        for selection in Selection:
            ask(model, 1, selection=selection)
        model.observe([Event(900, 1, 8, K.CLICK, 0.0)])
        assert ids(ask(model, 1, M, limit=3, excluded=frozenset({3})))
        assert model.similar(SimilarBooksRequest(book_id=1, reader_id=1, limit=5)).book_ids
    assert compiled == [loop.signatures for loop in loops]
    assert len(rank.signatures) == 1


def test_diversity_includes_the_personal_books() -> None:
    """Authors of the personal books count in the rest of the list."""
    together = purchases(
        *((reader, id_) for reader in range(1, 5) for id_ in (1, 2)), (20, 3), (21, 3), (22, 4), (9, 1)
    )
    authors = {1: "A", 2: "B", 3: "B", 4: "C"}
    books = by_id(*(replace(book(id_), authors=(name,)) for id_, name in authors.items()))
    artifact = artifact_of(books, together)
    assert ids(ask(ServedModel.of(artifact, books.values(), diversity=0.0), 9)) == [2, 3, 4]
    assert ids(ask(ServedModel.of(artifact, books.values(), diversity=1.0), 9)) == [2, 4, 3]


def test_a_model_without_history_recommends_new_books() -> None:
    """The newest books come first."""
    model = served([], by_id(book(1, year=1990), book(2, year=2020)))
    assert ids(ask(model, 5)) == [2, 1]
    assert {item.reason.kind for item in ask(model, 5).recommendations} == {ReasonKind.NEW}


def test_an_empty_catalogue() -> None:
    """Without books, the list is empty."""
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
    title=st.sampled_from(["Title", "Another"]),
    work=st.sampled_from(["", "", "work"]),
    categories=st.lists(st.sampled_from([M, SF, Category.REFERENCE]), max_size=2).map(tuple),
    authors=NAMES,
    subjects=NAMES,
    added_on=st.none() | st.dates(TODAY - timedelta(40), TODAY),
    removed=st.booleans(),
)
BOOKS = st.lists(FACTS, max_size=12)


def works_of(books: Iterable[Book]) -> dict[int, frozenset[int]]:
    """The ids of the editions of each book's work, its own among them, by its id."""
    works = {book.id: {book.id} for book in books}
    for one, other in product(books, repeat=2):
        if (one.authors and (one.title, one.authors) == (other.title, other.authors)) or (
            one.work and one.work == other.work
        ):
            joined = works[one.id] | works[other.id]
            works.update(dict.fromkeys(joined, joined))
    return {id_: frozenset(work) for id_, work in works.items()}


BECAUSE = {ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT}


@pytest.mark.slow
@given(BOOKS, BOOKS, EVENTS, READERS, st.data())
def test_rules_of_all_lists(
    first: list[Book],
    later: list[Book],
    drawn: Sequence[tuple[int, int, int, float]],
    reader: int,
    data: st.DataObject,
) -> None:
    """No list has repeated, read, dismissed, excluded or removed books, or books of another category or subject.

    Neither has it other editions of read, dismissed and excluded books, nor two editions of a work. Lists are as long
    as possible, scores fall along them, also those of similar books, and reasons are books that the reader likes.
    """
    events = [Event(sequence, *event) for sequence, event in enumerate(drawn, 1)]
    books = by_id(*first, *later)
    catalogue = ChangingCatalogue(by_id(*first))
    trained, diversity = data.draw(st.integers(0, len(events))), data.draw(st.sampled_from([0.0, 0.3]))
    prior = data.draw(st.sampled_from([0.0, 0.3, 5.0]))
    artifact = artifact_of({book.id for book in first}, events[:trained], prior)
    model = ServedModel(artifact, catalogue, diversity=diversity)
    model.observe(events[trained:])
    catalogue.update(*later)
    model.refresh_catalogue()
    request = RecommendRequest(
        reader_id=reader,
        topic=data.draw(st.sampled_from([None, M, SF, Category.REFERENCE, "A", "b", "C"])),
        limit=data.draw(st.integers(1, 14)),
        excluded=data.draw(st.frozensets(BOOK_IDS, max_size=4)),
        selection=data.draw(st.sampled_from(Selection)),
    )
    preferences: dict[int, Preference] = {}
    for event in events:
        if event.reader_id == reader != NOBODY:
            before = preferences.get(event.book_id, Preference.NONE)
            preferences[event.book_id] = preference_after(before, K(event.kind), event.value)
    editions = works_of(books.values())
    never = {
        edition
        for id_ in books
        if id_ in request.excluded or preferences.get(id_, Preference.NONE) & (Preference.READ | Preference.DISMISSED)
        for edition in editions[id_]
    }
    allowed = {
        book.id
        for book in books.values()
        if not book.removed
        and (
            request.topic is None
            or request.topic in (*book.categories, *book.subjects, *map(str.lower, book.subjects))
        )
        and book.id not in never
    }

    result = model.recommend(request)

    assert len({editions[id_] for id_ in ids(result)}) == len(ids(result))
    assert len(ids(result)) == min(request.limit, len({editions[id_] for id_ in allowed}))
    assert set(ids(result)) <= allowed
    scores = [item.score for item in result.recommendations]
    assert scores == sorted(scores, reverse=True)
    for book_id in books:
        similar = model.similar(SimilarBooksRequest(book_id=book_id, reader_id=reader, limit=request.limit))
        similarities = [item.score for item in similar.recommendations]
        assert similarities == sorted(similarities, reverse=True)
    liked = {id_ for id_, preference in preferences.items() if preference & Preference.LIKED}
    for item in result.recommendations:
        because = item.reason.kind in BECAUSE
        assert item.book == books[item.book.id]
        assert because == bool(item.reason.books)
        # Only if popularity counts, books that have nothing to do with the history have a score.
        assert because <= (item.score > 0) <= (because or (prior > 0 and bool(liked)))
        assert {known.id for known in item.reason.books} <= liked - {item.book.id}
        if item.reason.kind is ReasonKind.SAME_AUTHOR:
            assert set(item.book.authors) & set(item.reason.books[0].authors)
        if item.reason.kind is ReasonKind.SAME_SUBJECT:
            assert set(item.book.subjects) & set(item.reason.books[0].subjects)
    if request.selection is Selection.FOR_YOU:
        known = [any(preferences.get(other) for other in editions[id_]) for id_ in ids(result)]
        assert known == sorted(known)
    else:
        assert set(scores) <= {0}
    assert model.recommend(request) == result


def test_a_reader_of_thousands_of_books_gets_what_is_left() -> None:
    """In the order in which anybody gets it, and nothing that they have read; learned or not."""
    count, read = 2 * LONG, 2 * LONG - 300
    model = served(
        purchases(*((50 + number % 7, number) for number in range(1, 90))),
        by_id(*(book(number, M if number % 2 else SF, year=1900 + number % 90) for number in range(1, count + 1))),
    )
    bought = list(range(count - read + 1, count + 1))
    everything = {selection: ids(ask(model, 0, limit=count, selection=selection)) for selection in Selection}
    model.observe([Event(1000 + number, 7, number, K.PURCHASE, 0.0) for number in bought])
    for selection in (Selection.POPULAR, Selection.NEW):
        left = [number for number in everything[selection] if number not in set(bought)]
        assert ids(ask(model, 7, limit=count, selection=selection)) == left
        assert ids(ask(model, 7, limit=20, selection=selection)) == left[:20]
    for category in (None, M, SF):
        listed = ids(ask(model, 7, category, limit=count))
        assert sorted(listed) == [
            number
            for number in range(1, count - read + 1)
            if category is None or (number % 2 == 1) == (category == M)
        ]
