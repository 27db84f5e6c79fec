"""Books like another one, and books that borrow what the model has not learned."""

from collections.abc import Iterable
from dataclasses import replace
from math import log1p

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book, Category
from recommendations.domain.errors import BookNotFound
from recommendations.domain.interactions import NOBODY, Event, InteractionKind
from recommendations.domain.recommending import ReasonKind, RecommendationList, RecommendRequest, SimilarBooksRequest
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.content import AUTHOR, CATEGORY, FEW_READERS, SUBJECTS, unit_of
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.artifacts import artifact_of

K = InteractionKind
M, SF = Category.MYSTERY, Category.SCIENCE_FICTION
LIKE, AUTHORS, SUBJECT = ReasonKind.LIKE_THIS_BOOK, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT
POPULAR = ReasonKind.POPULAR


def book(id_: int, *categories: Category, by: str = "", about: str = "") -> Book:
    """A book; authors and subjects are letters."""
    return Book(id=id_, title=f"Book {id_}", categories=categories, authors=tuple(by), subjects=tuple(about))


def likings(*groups: tuple[Iterable[int], Iterable[int]]) -> list[Event]:
    """Purchases of each of some readers of each of some books."""
    pairs = [(reader, id_) for readers, books in groups for reader in readers for id_ in books]
    return [Event(place, *pair, K.PURCHASE, 0.0) for place, pair in enumerate(pairs, 1)]


def served(events: list[Event], *books: Book, diversity: float = 0.0) -> ServedModel:
    return ServedModel.of(artifact_of([one.id for one in books], events), books, diversity=diversity)


def like(
    model: ServedModel, book_id: int, reader_id: int = NOBODY, limit: int = 10, *excluded: int
) -> RecommendationList:
    request = SimilarBooksRequest(book_id=book_id, reader_id=reader_id, limit=limit, excluded=frozenset(excluded))
    return model.similar(request)


def told(shelf: RecommendationList) -> list[tuple[int, ReasonKind]]:
    """The books of a shelf and why they are there."""
    return [(one.book.id, one.reason.kind) for one in shelf.recommendations]


def ids(shelf: RecommendationList) -> list[int]:
    return [one.book.id for one in shelf.recommendations]


# Readers of 1 read 2 most and 3 less; 4 to 8 each have a crowd of their own, 7 the greatest.
CIRCLES = likings(
    (range(1, 7), [1, 2]),
    (range(1, 4), [3]),
    (range(10, 14), [4]),
    (range(20, 25), [5]),
    (range(30, 36), [6]),
    (range(40, 49), [7]),
    (range(50, 53), [8]),
)
BOOKS = [
    book(1, M, by="A", about="xy"),
    book(2, SF),
    book(3, SF),
    book(4, by="A"),
    book(5, by="A"),
    book(6, about="x"),
    book(7, M),
    book(8, M, SF),
    book(9, SF),
]


@pytest.fixture
def model() -> ServedModel:
    return served(CIRCLES, *BOOKS)


def test_neighbours_then_authors_then_subjects_then_shelves(model: ServedModel) -> None:
    """What its readers read comes first; what the books have in common fills up, the popular first among equals."""
    shelf = like(model, 1)
    assert told(shelf) == [
        (2, LIKE), (3, LIKE), (5, AUTHORS), (4, AUTHORS), (6, SUBJECT), (7, POPULAR), (8, POPULAR)
    ]  # fmt: skip
    for one in shelf.recommendations:
        assert [named.id for named in one.reason.books] == ([] if one.reason.kind is ReasonKind.POPULAR else [1])
    scores = [one.score for one in shelf.recommendations]
    assert scores == sorted(scores, reverse=True)
    assert scores[4] > 0 == scores[5]
    assert shelf.model_version == model.version
    for limit in range(1, 8):
        assert like(model, 1, NOBODY, limit).recommendations == shelf.recommendations[:limit]


def test_the_neighbours_are_those_that_the_book_speaks_for() -> None:
    """The weights are read from the book's own row: what the book says of others, not what they say of it."""
    artifact = artifact_of([1, 2, 3], likings((range(1, 7), [1, 2]), (range(7, 9), [1, 3]), (range(9, 30), [3])))
    model = ServedModel.of(artifact, [book(1), book(2), book(3)])
    start, stop = artifact.neighbours.indptr[:2]
    row = dict(
        zip(artifact.neighbours.rows[start:stop].tolist(), artifact.neighbours.weights[start:stop], strict=True)
    )
    scores = {one.book.id: one.score for one in like(model, 1).recommendations}
    assert scores == {2: pytest.approx(row[1]), 3: pytest.approx(row[2])}


def test_what_the_reader_took_is_left_out(model: ServedModel) -> None:
    """Bought, dismissed, excluded and removed books never appear; a book merely viewed may."""
    kinds = [(2, K.PURCHASE), (4, K.NOT_INTERESTED), (6, K.RATING), (3, K.VIEW)]
    model.observe([Event(900 + id_, 500, id_, kind, 1.0) for id_, kind in kinds])
    assert ids(like(model, 1, 500, 10, 7)) == [3, 5, 8]
    gone = served(CIRCLES, *(replace(one, removed=one.id in {2, 5, 7}) for one in BOOKS))
    assert ids(like(gone, 1)) == [3, 4, 6, 8]


def test_shelves_in_common_are_gone_through_together() -> None:
    """Of a book on two shelves both count, what stands on both comes once, and the most popular first."""
    events = likings((range(1, 3), [2]), (range(10, 15), [3]), (range(20, 24), [4]))
    model = served(events, book(1, M, SF), book(2, M, SF), book(3, SF), book(4, M), book(5, Category.POETRY))
    assert told(like(model, 1)) == [(3, POPULAR), (4, POPULAR), (2, POPULAR)]


def test_a_shared_author_is_worth_a_best_neighbour() -> None:
    """On the model's own scale: a new book of the author scores what the median book says of its best neighbour."""
    books = [book(1, by="A"), book(2), book(3), book(100, by="A")]
    artifact = artifact_of([1, 2, 3], likings((range(1, 7), [1, 2]), (range(1, 4), [3]), ([500], [1])))
    scores = {one.book.id: one.score for one in for_you(ServedModel.of(artifact, books), 500).recommendations}
    assert scores[100] == pytest.approx(unit_of(artifact.neighbours)) != pytest.approx(1.0)


def test_a_removed_book_still_has_likes(model: ServedModel) -> None:
    """Its old page can still show similar books."""
    gone = served(CIRCLES, *(replace(one, removed=one.id == 1) for one in BOOKS))
    assert told(like(gone, 1)) == told(like(model, 1))


def test_an_unknown_book(model: ServedModel) -> None:
    """One that was never in the catalogue is an error, even if readers' histories name it."""
    absent = served(CIRCLES, *BOOKS[1:])
    for strange in (1, 77, 2**40):
        with pytest.raises(BookNotFound):
            like(absent, strange)


def test_the_order_is_the_readers_own() -> None:
    """Among a book's neighbours those that suit the reader's history rise; others do not come in by taste alone."""
    events = likings((range(1, 9), [1, 2]), (range(1, 8), [3]), (range(20, 30), [3, 4]), (range(30, 40), [5, 4]))
    model = served(events, *(book(id_) for id_ in range(1, 6)))
    assert ids(like(model, 1)) == [2, 3]
    model.observe([Event(900, 500, 4, K.CLICK, 0.0)])
    mine = like(model, 1, 500)
    assert ids(mine) == [3, 2]
    assert {kind for _, kind in told(mine)} == {LIKE}
    scores = {one.book.id: one.score for one in like(model, 1).recommendations}
    assert {one.book.id: one.score for one in mine.recommendations} == pytest.approx({3: 2 * scores[3], 2: scores[2]})


def test_a_new_book_works_by_content_alone(model: ServedModel) -> None:
    """A book that no one has read has likes from its first moment: its authors', then its subjects'."""
    fresh = served(CIRCLES, *BOOKS, book(100, M, by="A", about="x"))
    assert told(like(fresh, 100)) == [
        (1, AUTHORS), (4, AUTHORS), (5, AUTHORS), (6, SUBJECT), (7, POPULAR), (8, POPULAR)
    ]  # fmt: skip
    assert (100, AUTHORS) in told(like(fresh, 1))


def test_names_of_lists(model: ServedModel) -> None:
    """The same question has the same name, another book or reader another one."""
    shelves = [like(model, 1), like(model, 2), like(model, 1, 999), like(model, 1, NOBODY, 2)]
    assert len({shelf.recommendation_id for shelf in shelves}) == len(shelves)
    assert like(model, 1) == shelves[0]


def test_one_author_does_not_fill_it() -> None:
    """Diversity holds here too."""
    authors = {1: "", 2: "B", 3: "B", 4: "C"}
    events = likings((range(1, 9), [1]), (range(1, 8), [2]), (range(1, 7), [3]), (range(1, 4), [4]))
    books = [book(id_, by=name) for id_, name in authors.items()]
    assert ids(like(served(events, *books, diversity=0.0), 1)) == [2, 3, 4]
    assert ids(like(served(events, *books, diversity=1.0), 1)) == [2, 4, 3]


def for_you(model: ServedModel, reader_id: int) -> RecommendationList:
    return model.recommend(RecommendRequest(reader_id=reader_id, category=None, limit=20))


def test_a_new_book_borrows_and_says_so() -> None:
    """Right after its arrival a book is on the lists of readers of its author or subject, and names their book."""
    new = [book(100, by="A"), book(101, about="y"), book(102, SF)]
    model = served([*CIRCLES, Event(900, 500, 1, K.PURCHASE, 0.0)], *BOOKS, *new)
    reasons = {one.book.id: one.reason for one in for_you(model, 500).recommendations}
    assert (reasons[100].kind, [one.id for one in reasons[100].books]) == (AUTHORS, [1])
    assert (reasons[101].kind, [one.id for one in reasons[101].books]) == (SUBJECT, [1])
    assert reasons[102].kind is ReasonKind.NEW
    assert reasons[2].kind is ReasonKind.BECAUSE_OF_BOOKS
    assert reasons[4].kind is reasons[6].kind is ReasonKind.POPULAR


def test_a_learned_book_borrows_nothing_of_another() -> None:
    """Once enough readers have read both books, what they read besides decides alone."""
    for readers, borrows in ((FEW_READERS - 1, True), (FEW_READERS, False)):
        events = likings((range(1, 9), [1]), (range(50, 50 + readers), [100]), ([500], [1]))
        model = served(events, book(1, by="A"), book(100, by="A"))
        assert told(for_you(model, 500)) == [(100, AUTHORS if borrows else ReasonKind.POPULAR)]


def test_a_history_of_a_new_book_speaks_for_learned_ones() -> None:
    """A reader whose only click is on a book of today gets its author's others."""
    model = served(CIRCLES, *BOOKS, book(100, by="A"))
    model.observe([Event(900, 500, 100, K.CLICK, 0.0)])
    assert told(for_you(model, 500))[:3] == [(1, AUTHORS), (4, AUTHORS), (5, AUTHORS)]


def test_what_counted_most_is_the_reason() -> None:
    """A book with a reader or two has both kinds of reason; the one book that said most is named."""
    events = likings((range(1, 3), [1, 100]), (range(3, 9), [1]), (range(20, 29), [2]), ([500], [1, 2]))
    events += likings((range(600, 640), [3, 4]), (range(640, 680), [5, 6]))
    for authors, kind in (("A", AUTHORS), ("", ReasonKind.BECAUSE_OF_BOOKS)):
        model = served(events, book(1), book(2, by=authors), *map(book, range(3, 7)), book(100, by="A"))
        (one,) = [one for one in for_you(model, 500).recommendations if one.book.id == 100]
        assert one.reason.kind is kind
        assert [named.id for named in one.reason.books] == [2 if authors else 1]


NAMES = st.lists(st.sampled_from("ABC"), max_size=2, unique=True).map("".join)


@given(
    st.lists(st.tuples(NAMES, NAMES, st.booleans(), st.booleans()), min_size=1, max_size=6),
    st.sets(st.integers(0, 5)),
)
def test_borrowed_scores_equal_a_plain_computation(
    facts: list[tuple[str, str, bool, bool]], history: set[int]
) -> None:
    """Authors in common, half the cosine of subjects by rarity, a twentieth more on a shared shelf, summed."""
    books = [book(n, *([M] if m else [SF]), by=by, about=about) for n, (by, about, m, _) in enumerate(facts, 1)]
    learned = {n for n, (*_, crowd) in enumerate(facts, 1) if crowd}
    events = likings(*((range(100 * n, 100 * n + 3), [n]) for n in learned))
    model = served(events, *books)
    mine = {n + 1 for n in history if n < len(books)}
    model.observe([Event(900 + n, 9000, n, K.CLICK, 0.0) for n in mine])

    def rarity(name: str) -> float:
        return log1p(len(books) / sum(name in one.subjects for one in books))

    def weight(one: Book, other: Book) -> float:
        squares = [sum(rarity(name) ** 2 for name in each.subjects) for each in (one, other)]
        common = sum(rarity(name) ** 2 for name in set(one.subjects) & set(other.subjects))
        cosine = common / (squares[0] * squares[1]) ** 0.5 if common else 0.0
        shared = AUTHOR * len(set(one.authors) & set(other.authors)) + SUBJECTS * cosine
        return shared * (1 + CATEGORY * (one.categories == other.categories))

    expected = {
        one.id: sum(
            weight(known, one)
            for known in books
            if known.id in mine and not (known.id in learned and one.id in learned)
        )
        for one in books
        if one.id not in mine
    }
    found = {one.book.id: one.score for one in for_you(model, 9000).recommendations if one.score > 0}
    assert found == pytest.approx({id_: score for id_, score in expected.items() if score > 0})


def test_the_unit_is_what_best_neighbours_are_worth() -> None:
    """It is the median of each speaking book's strongest weight, so that one giant moves nothing; 1 without any."""
    rows = np.zeros(5, dtype=np.int32)
    neighbours = Neighbours(np.array([0, 2, 2, 3, 5]), rows, np.array([0.1, 0.2, 9.0, 0.3, 0.1], dtype=np.float32))
    assert unit_of(neighbours) == pytest.approx(0.3)
    assert unit_of(Neighbours(np.zeros(4, dtype=np.int64), rows[:0], np.empty(0, dtype=np.float32))) == 1.0
