"""Similar books, and content scores for books that the model has not learned."""

from collections.abc import Iterable
from dataclasses import replace
from math import log1p, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book, Category
from recommendations.domain.errors import BookNotFound
from recommendations.domain.interactions import NOBODY, Event, InteractionKind
from recommendations.domain.recommending import ReasonKind, RecommendationList, SimilarBooksRequest
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.content import AUTHOR, CATEGORY, SUBJECTS, unit_of
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.artifacts import artifact_of
from tests.recommendations.model.ranking.served import ask, ids

K = InteractionKind
M, SF = Category.MYSTERY, Category.SCIENCE_FICTION
LIKE, AUTHORS, SUBJECT = ReasonKind.LIKE_THIS_BOOK, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT
POPULAR = ReasonKind.POPULAR


def book(id_: int, *categories: Category, by: str = "", about: str = "") -> Book:
    """A book; authors and subjects are letters."""
    return Book(id=id_, title=f"Book {id_}", categories=categories, authors=tuple(by), subjects=tuple(about))


def purchases(*groups: tuple[Iterable[int], Iterable[int]]) -> list[Event]:
    """Every reader of a group buys every book of the group."""
    pairs = [(reader, id_) for readers, books in groups for reader in readers for id_ in books]
    return [Event(sequence, *pair, K.PURCHASE, 0.0) for sequence, pair in enumerate(pairs, 1)]


def served(events: list[Event], *books: Book, diversity: float = 0.0) -> ServedModel:
    return ServedModel.of(artifact_of([book.id for book in books], events), books, diversity=diversity)


def like(
    model: ServedModel, book_id: int, reader_id: int = NOBODY, limit: int = 10, *excluded: int
) -> RecommendationList:
    request = SimilarBooksRequest(book_id=book_id, reader_id=reader_id, limit=limit, excluded=frozenset(excluded))
    return model.similar(request)


def kinds_of(result: RecommendationList) -> list[tuple[int, ReasonKind]]:
    """The books of a list and the kinds of their reasons."""
    return [(item.book.id, item.reason.kind) for item in result.recommendations]


# All readers of 1 read 2, and half of them 3; 4 to 8 have readers of their own, 7 the most.
CIRCLES = purchases(
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


def test_neighbours_then_authors_then_subjects_then_categories(model: ServedModel) -> None:
    """Books with the same readers come first, then those with shared content, popular ones first among equals."""
    result = like(model, 1)
    assert kinds_of(result) == [
        (2, LIKE), (3, LIKE), (5, AUTHORS), (4, AUTHORS), (6, SUBJECT), (7, POPULAR), (8, POPULAR)
    ]  # fmt: skip
    for item in result.recommendations:
        assert [named.id for named in item.reason.books] == ([] if item.reason.kind is ReasonKind.POPULAR else [1])
    scores = [item.score for item in result.recommendations]
    assert scores == sorted(scores, reverse=True)
    assert scores[4] > 0 == scores[5]
    assert result.model_version == model.version
    for limit in range(1, 8):
        assert like(model, 1, NOBODY, limit).recommendations == result.recommendations[:limit]


def test_neighbours_are_the_books_to_which_it_contributes() -> None:
    """The weights are those of the book's row, not of its column."""
    artifact = artifact_of([1, 2, 3], purchases((range(1, 7), [1, 2]), (range(7, 9), [1, 3]), (range(9, 30), [3])))
    model = ServedModel.of(artifact, [book(1), book(2), book(3)])
    start, stop = artifact.neighbours.indptr[:2]
    row = dict(
        zip(artifact.neighbours.rows[start:stop].tolist(), artifact.neighbours.weights[start:stop], strict=True)
    )
    scores = {item.book.id: item.score for item in like(model, 1).recommendations}
    assert scores == {2: pytest.approx(row[1]), 3: pytest.approx(row[2])}


def test_read_and_dismissed_books_are_left_out(model: ServedModel) -> None:
    """Bought, dismissed, excluded and removed books never appear; a book that was only viewed may."""
    kinds = [(2, K.PURCHASE), (4, K.NOT_INTERESTED), (6, K.RATING), (3, K.VIEW)]
    model.observe([Event(900 + id_, 500, id_, kind, 1.0) for id_, kind in kinds])
    assert ids(like(model, 1, 500, 10, 7)) == [3, 5, 8]
    gone = served(CIRCLES, *(replace(book, removed=book.id in {2, 5, 7}) for book in BOOKS))
    assert ids(like(gone, 1)) == [3, 4, 6, 8]


def test_books_of_several_shared_categories() -> None:
    """Books of any shared category are listed, the most popular first, without repetitions."""
    events = purchases((range(1, 3), [2]), (range(10, 15), [3]), (range(20, 24), [4]))
    model = served(events, book(1, M, SF), book(2, M, SF), book(3, SF), book(4, M), book(5, Category.POETRY))
    assert kinds_of(like(model, 1)) == [(3, POPULAR), (4, POPULAR), (2, POPULAR)]


def test_a_shared_author_counts_as_much_as_a_best_neighbour() -> None:
    """A new book of the author scores as much as the median of the best neighbours' weights."""
    books = [book(1, by="A"), book(2), book(3), book(100, by="A")]
    artifact = artifact_of([1, 2, 3], purchases((range(1, 7), [1, 2]), (range(1, 4), [3]), ([500], [1])))
    scores = {
        item.book.id: item.score for item in ask(ServedModel.of(artifact, books), 500, limit=20).recommendations
    }
    assert scores[100] == pytest.approx(unit_of(artifact.neighbours)) != pytest.approx(1.0)


def test_a_removed_book_still_has_similar_books(model: ServedModel) -> None:
    """Its page can still show them."""
    gone = served(CIRCLES, *(replace(book, removed=book.id == 1) for book in BOOKS))
    assert kinds_of(like(gone, 1)) == kinds_of(like(model, 1))


def test_an_unknown_book(model: ServedModel) -> None:
    """A book that was never in the catalogue is an error, even if it is in histories."""
    absent = served(CIRCLES, *BOOKS[1:])
    for strange in (1, 77, 2**40):
        with pytest.raises(BookNotFound):
            like(absent, strange)


def test_the_order_depends_on_the_reader() -> None:
    """Neighbours that fit the reader's history move up; other books are not added."""
    events = purchases((range(1, 9), [1, 2]), (range(1, 8), [3]), (range(20, 30), [3, 4]), (range(30, 40), [5, 4]))
    model = served(events, *(book(id_) for id_ in range(1, 6)))
    assert ids(like(model, 1)) == [2, 3]
    model.observe([Event(900, 500, 4, K.CLICK, 0.0)])
    mine = like(model, 1, 500)
    assert ids(mine) == [3, 2]
    assert {kind for _, kind in kinds_of(mine)} == {LIKE}
    scores = {item.book.id: item.score for item in like(model, 1).recommendations}
    assert {item.book.id: item.score for item in mine.recommendations} == pytest.approx(
        {3: 2 * scores[3], 2: scores[2]}
    )


def test_a_new_book_has_similar_books_by_content(model: ServedModel) -> None:
    """An unread book has similar books at once: of its authors, then of its subjects."""
    fresh = served(CIRCLES, *BOOKS, book(100, M, by="A", about="x"))
    assert kinds_of(like(fresh, 100)) == [
        (1, AUTHORS), (4, AUTHORS), (5, AUTHORS), (6, SUBJECT), (7, POPULAR), (8, POPULAR)
    ]  # fmt: skip
    assert (100, AUTHORS) in kinds_of(like(fresh, 1))


def test_ids_of_lists(model: ServedModel) -> None:
    """Equal requests have the same id; another book, reader or list has another one."""
    results = [like(model, 1), like(model, 2), like(model, 1, 999), like(model, 1, NOBODY, 2)]
    assert len({result.recommendation_id for result in results}) == len(results)
    assert like(model, 1) == results[0]


def test_one_author_does_not_fill_the_list() -> None:
    """Diversity applies to similar books too."""
    authors = {1: "", 2: "B", 3: "B", 4: "C"}
    events = purchases((range(1, 9), [1]), (range(1, 8), [2]), (range(1, 7), [3]), (range(1, 4), [4]))
    books = [book(id_, by=name) for id_, name in authors.items()]
    plain, some, most = (like(served(events, *books, diversity=diversity), 1) for diversity in (0.0, 0.5, 1.0))
    assert ids(plain) == [2, 3, 4]
    assert ids(some) == ids(most) == [2, 4, 3]
    # The scores are those that decided, and so fall along the list.
    scores = {item.book.id: item.score for item in plain.recommendations}
    assert [item.score for item in some.recommendations] == pytest.approx([scores[2], scores[4], scores[3] / 2])
    assert [item.score for item in most.recommendations] == pytest.approx([scores[2], scores[4], 0])


def test_a_new_book_is_recommended_by_content() -> None:
    """A new book is recommended at once to readers of its author or subject, and the reason is their book."""
    new = [book(100, by="A"), book(101, about="y"), book(102, SF)]
    model = served([*CIRCLES, Event(900, 500, 1, K.PURCHASE, 0.0)], *BOOKS, *new)
    reasons = {item.book.id: item.reason for item in ask(model, 500, limit=20).recommendations}
    assert (reasons[100].kind, [item.id for item in reasons[100].books]) == (AUTHORS, [1])
    assert (reasons[101].kind, [item.id for item in reasons[101].books]) == (SUBJECT, [1])
    assert reasons[102].kind is ReasonKind.NEW
    assert reasons[2].kind is ReasonKind.BECAUSE_OF_BOOKS
    assert reasons[4].kind is reasons[6].kind is ReasonKind.POPULAR


def test_learned_books_have_no_content_scores() -> None:
    """As soon as anybody has read both books, only the learned weights count."""
    for readers, by_content in ((0, True), (1, False)):
        events = purchases((range(1, 9), [1]), (range(50, 50 + readers), [100]), ([500], [1]))
        model = served(events, book(1, by="A"), book(100, by="A"))
        assert kinds_of(ask(model, 500, limit=20)) == [(100, AUTHORS if by_content else ReasonKind.POPULAR)]


def test_a_new_book_contributes_to_learned_ones() -> None:
    """A reader whose only click is on a new book gets other books of its author."""
    model = served(CIRCLES, *BOOKS, book(100, by="A"))
    model.observe([Event(900, 500, 100, K.CLICK, 0.0)])
    assert kinds_of(ask(model, 500, limit=20))[:3] == [(1, AUTHORS), (4, AUTHORS), (5, AUTHORS)]


def test_the_top_contribution_is_the_reason() -> None:
    """A book may have contributors that were read with it and new ones of its author; the top one is the reason."""
    events = purchases((range(1, 3), [1, 100]), (range(3, 9), [1]), ([500], [1]))
    events += purchases((range(600, 640), [3, 4]), (range(640, 680), [5, 6]))
    for authors, kind in (("A", AUTHORS), ("", ReasonKind.BECAUSE_OF_BOOKS)):
        model = served(events, book(1), book(2, by=authors), *map(book, range(3, 7)), book(100, by="A"))
        model.observe([Event(900, 500, 2, K.CLICK, 0.0)])
        (found,) = [item for item in ask(model, 500, limit=20).recommendations if item.book.id == 100]
        assert found.reason.kind is kind
        assert [book.id for book in found.reason.books] == [2 if authors else 1]


NAMES = st.lists(st.sampled_from("ABC"), max_size=2, unique=True).map("".join)


@pytest.mark.slow
@given(
    st.lists(st.tuples(NAMES, NAMES, st.booleans(), st.booleans()), min_size=1, max_size=6),
    st.sets(st.integers(0, 5)),
)
def test_content_scores_equal_a_plain_computation(
    facts: list[tuple[str, str, bool, bool]], history: set[int]
) -> None:
    """A score is 1 for each shared author, plus half the cosine of the subjects, plus 5 % for a shared category.

    The cosine is divided by the square root of the number of books that share a name with any.
    """
    books = [book(n, *([M] if m else [SF]), by=by, about=about) for n, (by, about, m, _) in enumerate(facts, 1)]
    learned = {n for n, (*_, crowd) in enumerate(facts, 1) if crowd}
    events = purchases(*((range(100 * n, 100 * n + 3), [n]) for n in learned))
    model = served(events, *books)
    mine = {n + 1 for n in history if n < len(books)}
    model.observe([Event(900 + n, 9000, n, K.CLICK, 0.0) for n in mine])

    def rarity(name: str) -> float:
        return log1p(len(books) / sum(name in book.subjects for book in books))

    def shares_with(first: Book, second: Book) -> bool:
        if first is second or {first.id, second.id} <= learned:
            return False
        return bool({*first.authors} & {*second.authors} or {*first.subjects} & {*second.subjects})

    sources = [known for known in books if known.id in mine and any(shares_with(known, other) for other in books)]

    def weight(first: Book, second: Book) -> float:
        squares = [sum(rarity(name) ** 2 for name in book.subjects) for book in (first, second)]
        common = sum(rarity(name) ** 2 for name in set(first.subjects) & set(second.subjects))
        cosine = common / (squares[0] * squares[1]) ** 0.5 if common else 0.0
        shared = AUTHOR * len(set(first.authors) & set(second.authors)) + SUBJECTS * cosine / sqrt(len(sources))
        return shared * (1 + CATEGORY * (first.categories == second.categories))

    expected = {
        candidate.id: sum(weight(known, candidate) for known in sources if not {known.id, candidate.id} <= learned)
        for candidate in books
        if candidate.id not in mine
    }
    found = {item.book.id: item.score for item in ask(model, 9000, limit=20).recommendations if item.score > 0}
    assert found == pytest.approx({id_: score for id_, score in expected.items() if score > 0})


def test_the_unit_is_the_median_of_the_greatest_weights() -> None:
    """Books without neighbours do not count, and an outlier has no effect; without neighbours the unit is 1."""
    rows = np.zeros(5, dtype=np.int32)
    neighbours = Neighbours(np.array([0, 2, 2, 3, 5]), rows, np.array([0.1, 0.2, 9.0, 0.3, 0.1], dtype=np.float32))
    assert unit_of(neighbours) == pytest.approx(0.3)
    assert unit_of(Neighbours(np.zeros(4, dtype=np.int64), rows[:0], np.empty(0, dtype=np.float32))) == 1.0


def test_new_books_of_common_subjects_do_not_fill_a_list() -> None:
    """What some readers of twenty books of a subject liked comes before new books of that subject."""
    known, liked, new = range(1, 21), range(30, 34), range(100, 140)
    # Pairs of the books are read together by many, so that the weights of the liked ones are small beside theirs.
    pairs = [(range(1000 + 50 * one, 1030 + 50 * one), [one, one + 1]) for one in known[::2]]
    few = [(range(5000 + 20 * one, 5010 + 20 * one), [one, *liked]) for one in known]
    model = served(purchases(*pairs, *few, ([500], known)), *(book(n, about="x") for n in (*known, *liked, *new)))
    assert {item.book.id for item in ask(model, 500, limit=4).recommendations} == {*liked}
