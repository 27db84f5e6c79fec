"""Lists of one category or subject."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommendations.domain.books import Book
from recommendations.domain.interactions import NOBODY, Event
from recommendations.domain.recommending import ReasonKind, Selection, Topic
from recommendations.model.ranking.catalogue import Catalogue
from recommendations.model.ranking.catalogue_index import MAX_TOPICS, CatalogueIndex, kept
from recommendations.model.ranking.served_model import ServedModel
from recommendations.model.vocabulary import Vocabulary
from tests.recommendations.model.artifacts import NOW, artifact_of
from tests.recommendations.model.ranking.served import (
    CATALOGUE,
    HISTORY,
    SF,
    TODAY,
    ChangingCatalogue,
    K,
    ask,
    by_id,
    ids,
    purchases,
    served,
)

SUBJECTS = {1: "Space travel", 2: "space  travel", 3: "Cooking", 4: "Space-Travel!", 6: "Cooking", 8: "SPACE TRAVEL"}
BOOKS = by_id(*(replace(book, subjects=(SUBJECTS.get(book.id, "Gardens"),)) for book in CATALOGUE.values()))


def index_of(*subjects: str) -> CatalogueIndex:
    """Books 1, 2, … with one subject each, which no model has learned."""
    books = [Book(id=number, title="", subjects=(subject,)) for number, subject in enumerate(subjects, 1)]
    return CatalogueIndex(Vocabulary(np.empty(0, dtype=np.int32)), Catalogue.empty().updated(books))


@pytest.mark.parametrize("written", ["Space travel", "  SPACE\ttravel", "space-travel", "SpaceTravel"])
def test_a_subject_however_it_is_written(written: str) -> None:
    """Case, spaces and punctuation make no difference, in the request and in the books."""
    model = served(HISTORY, BOOKS)
    assert sorted(ids(ask(model, NOBODY, written))) == [1, 2, 4, 8]


def test_languages_of_programming_are_different_subjects() -> None:
    """The signs + and # distinguish C, C++ and C#; the underscore is punctuation."""
    index = index_of("C", "C++", "c#", "C_plus")
    assert [index.ids[index.topic(name).has].tolist() for name in ("c", "c++", "C#", "C plus")] == [
        [1],
        [2],
        [3],
        [4],
    ]


@pytest.mark.parametrize("unknown", ["Chess", "", " ", "?", "Unknown", "x" * 10_000])
@pytest.mark.parametrize("selection", Selection)
def test_a_subject_without_books(unknown: str, selection: Selection) -> None:
    """The list is empty, also for a text that is no name of anything."""
    books = by_id(*BOOKS.values(), Book(id=9, title="Book 9", subjects=("Unknown", "?")))
    assert ids(ask(served(HISTORY, books), 30, unknown, selection=selection)) == []


def test_all_selections_of_a_subject() -> None:
    """The order is that of the list of all books, without the others; personal books come first."""
    model = served(HISTORY, BOOKS)
    for selection in Selection:
        everything = ids(ask(model, 31, selection=selection))
        assert ids(ask(model, 31, "space travel", selection=selection)) == [
            id_ for id_ in everything if id_ in {1, 2, 4, 8}
        ]
    personal = ask(model, 31, "space travel").recommendations[:2]
    assert [(item.book.id, item.reason.kind) for item in personal] == [
        (2, ReasonKind.BECAUSE_OF_BOOKS),
        (8, ReasonKind.SAME_SUBJECT),
    ]
    assert ids(ask(model, 31, "space travel", excluded=frozenset({2}), limit=1)) == [8]


def test_a_subject_is_no_category() -> None:
    """A subject that is the number of a category has a list and an id of its own."""
    number = str(int(SF))
    books = by_id(*CATALOGUE.values(), Book(id=9, title="Book 9", subjects=(number,)))
    model = served(HISTORY, books)
    assert ids(ask(model, NOBODY, number)) == [9]
    assert 9 not in ids(ask(model, NOBODY, SF))
    only = served([], by_id(Book(id=9, title="Book 9", categories=(SF,), subjects=(number,))))
    lists = [ask(only, NOBODY, topic) for topic in (None, SF, number)]
    assert [ids(answer) for answer in lists] == [[9]] * 3
    assert len({answer.recommendation_id for answer in lists}) == 3


def test_likes_and_changes_of_the_catalogue_count_at_once() -> None:
    """A click moves a book up in its subject; new, changed and removed books are in the next list, or not."""
    catalogue = ChangingCatalogue(BOOKS)
    model = ServedModel(artifact_of(BOOKS, HISTORY), catalogue)
    assert ids(ask(model, NOBODY, "space travel", selection=Selection.POPULAR)) == [1, 2, 4, 8]
    model.observe([Event(900, 500, 8, K.CLICK, 0.0, NOW.timestamp()), Event(901, 500, 6, K.CLICK, 0.0)])
    assert ids(ask(model, NOBODY, selection=Selection.POPULAR))[:2] == [8, 6]
    assert ids(ask(model, NOBODY, "space travel", selection=Selection.POPULAR)) == [8, 1, 2, 4]
    new = Book(id=100, title="Book 100", subjects=("Space Travel",), year=2030)
    catalogue.update(new, replace(BOOKS[1], subjects=("Chess",)), replace(BOOKS[2], removed=True))
    assert ids(ask(model, NOBODY, "chess")) == []
    model.refresh_catalogue()
    assert ids(ask(model, NOBODY, "chess")) == [1]
    assert ids(ask(model, NOBODY, "space travel", selection=Selection.NEW))[0] == 100
    assert sorted(ids(ask(model, NOBODY, "space travel"))) == [4, 8, 100]
    # Book 2 has been removed, but is still a neighbour of what this reader likes.
    assert 2 not in ids(ask(model, 31, "space travel"))


def test_fresh_books_are_of_the_subject() -> None:
    """Every fifth place has a fresh book of the same subject, none of another."""
    old = [Book(id=id_, title=f"Old {id_}", subjects=("Chess",)) for id_ in range(1, 9)]
    fresh = [
        Book(id=50, title="Fresh 50", subjects=("Cooking",), added_on=TODAY),
        Book(id=51, title="Fresh 51", subjects=("Chess",), added_on=TODAY - timedelta(1)),
    ]
    crowd = purchases(*((100 * id_ + reader, id_) for id_ in range(1, 9) for reader in range(20 - id_)))
    assert ids(ask(served(crowd, by_id(*old, *fresh)), NOBODY, "chess")) == [1, 2, 3, 4, 51, 5, 6, 7, 8]


def test_the_rows_of_few_subjects_are_kept() -> None:
    """Each has an entry for every book of the catalogue, and a caller may ask for any number of subjects."""
    model = served(HISTORY, BOOKS)
    expected = ask(model, 31, "cooking")
    for number in range(2 * MAX_TOPICS):
        model.observe([Event(900 + number, 500, 8, K.VIEW, 0.0)])
        assert ids(ask(model, 31, f"No such subject {number}")) == []
    popularity = model._snapshot.popularity
    for cache in (model._snapshot.catalogue._topics, popularity._orders, popularity._moved_of):
        assert len(cache) <= MAX_TOPICS
    assert ids(ask(model, 31, "cooking")) == ids(expected)


def test_what_is_kept_for_topics_is_dropped_together() -> None:
    """At the limit, all but the newest are."""
    cache: dict[Topic | None, int] = {str(number): number for number in range(MAX_TOPICS - 1)}
    assert kept(cache, "last", 7) == 7
    assert len(cache) == MAX_TOPICS
    assert kept(cache, None, 8) == 8
    assert cache == {None: 8}
