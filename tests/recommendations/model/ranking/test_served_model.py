"""Lists of a model being served."""

from dataclasses import replace

import numpy as np
import pytest

from recommendations.domain.books import Category
from recommendations.domain.interactions import NOBODY, Event
from recommendations.domain.recommending import ReasonKind, Selection
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.artifacts import artifact_of
from tests.recommendations.model.ranking.served import (
    CATALOGUE,
    HISTORY,
    SF,
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


def test_personal_books_come_first_with_their_reasons(model: ServedModel) -> None:
    """A reader of 1 gets books that its readers read, the strongest first; then popular and new books."""
    result = ask(model, 30)
    assert ids(result) == [2, 3, 4, 6, 5, 7, 8]
    kinds = [item.reason.kind for item in result.recommendations]
    assert kinds == [ReasonKind.BECAUSE_OF_BOOKS] * 3 + [ReasonKind.POPULAR] * 2 + [ReasonKind.NEW] * 2
    assert result.recommendations[0].reason.books == (CATALOGUE[1],)
    scores = [item.score for item in result.recommendations]
    assert scores[0] > scores[1] > scores[2] > 0
    assert scores[3:] == [0, 0, 0, 0]
    assert result.model_version == model.version


def test_a_negative_weight_is_no_reason() -> None:
    """Negative weights lower the score, but only books with positive weights are named as reasons."""
    artifact = artifact_of([1, 2, 3, 4], [])
    weights = np.array([0.5, -0.25, -0.25, 0.125], dtype=np.float32)
    rows = np.array([2, 3, 2, 3], dtype=np.int32)
    artifact = replace(artifact, neighbours=Neighbours(np.array([0, 2, 4, 4, 4]), rows, weights))
    model = ServedModel.of(artifact, [book(id_) for id_ in (1, 2, 3, 4)])
    model.observe([Event(1, 9, 1, K.CLICK, 0.0), Event(2, 9, 2, K.CLICK, 0.0)])
    first, *others = ask(model, 9).recommendations
    assert (first.book.id, first.score, [item.id for item in first.reason.books]) == (3, 0.25, [1])
    assert [item.reason.kind for item in others if item.book.id == 4] == [ReasonKind.NEW]


def test_the_top_contributor_is_named_first() -> None:
    """Of three contributors, the two strongest are the reason, the strongest first."""
    together = [(reader, 1) for reader in range(1, 10)]
    together += [(reader, 4) for reader in range(1, 7)] + [(reader, 2) for reader in range(1, 4)]
    together += [(reader, 9) for reader in range(1, 10)]
    model = served(purchases(*together, (50, 1), (50, 2), (50, 4)), by_id(book(1), book(2), book(4), book(9)))
    (only,) = ask(model, 50).recommendations
    assert only.book.id == 9
    assert [item.id for item in only.reason.books] == [1, 4]


@pytest.mark.parametrize(
    ("kind", "value"), [(K.PURCHASE, 0.0), (K.RATING, 5.0), (K.RATING, 0.5), (K.NOT_INTERESTED, 0.0)]
)
def test_read_and_dismissed_books_are_not_recommended_again(model: ServedModel, kind: int, value: float) -> None:
    """A bought, rated or dismissed book disappears at once, whether it was personal or popular."""
    for reader, gone in ((30, 2), (77, 6)):
        assert gone in ids(ask(model, reader))
        model.observe([Event(900, reader, gone, kind, value)])
        assert gone not in ids(ask(model, reader))


def test_excluded_books_are_left_out(model: ServedModel) -> None:
    """Excluded books are in no part of the list, and unknown ids are ignored."""
    assert ids(ask(model, 30, excluded=frozenset({2, 6, 7, 12345, 0}))) == [3, 4, 5, 8]


def test_a_request_for_a_category(model: ServedModel) -> None:
    """All books are of the category, in the same order as without it."""
    assert ids(ask(model, 30, SF)) == [3, 4, 5, 8]
    assert ids(ask(model, 30, M)) == [2, 6, 7]


def test_a_category_without_books_is_empty(model: ServedModel) -> None:
    """The list is empty, but has an id."""
    result = ask(model, 30, Category.POETRY)
    assert result.recommendations == ()
    assert result.recommendation_id


def test_nobody_and_unknown_readers_get_popular_books(model: ServedModel) -> None:
    """Without a history, the order is popularity, then the newest unread books."""
    expected = [6, 1, 2, 4, 3, 5, 7, 8]
    assert ids(ask(model, NOBODY)) == ids(ask(model, 999)) == expected
    kinds = [item.reason.kind for item in ask(model, 999).recommendations]
    assert kinds == [ReasonKind.POPULAR] * 6 + [ReasonKind.NEW] * 2


def test_events_of_nobody_count_for_nobody(model: ServedModel) -> None:
    """Reader 0 has no history, even if there are events."""
    before = ask(model, NOBODY)
    model.observe([Event(900, NOBODY, 6, K.NOT_INTERESTED, 0.0)])
    assert ask(model, NOBODY) == before


def test_the_first_event_of_a_new_reader_makes_the_list_personal(model: ServedModel) -> None:
    """A single click of a new reader changes the next list at once, without a training."""
    assert ids(ask(model, 500))[0] == 6
    model.observe([Event(900, 500, 4, K.CLICK, 0.0)])
    first = ask(model, 500).recommendations[0]
    assert first.book.id == 5
    assert first.reason.books == (CATALOGUE[4],)


def test_seen_books_come_last(model: ServedModel) -> None:
    """Books that the reader has seen but not read come after all unknown books, however popular."""
    model.observe([Event(900, 500, 6, K.VIEW, 0.0), Event(901, 500, 1, K.CART, 0.0)])
    assert ids(ask(model, 500))[-2:] == [6, 1]
    assert ids(ask(model, 500, M, limit=2)) == [2, 7]


def test_a_book_that_was_shown_keeps_its_place(model: ServedModel) -> None:
    """Showing a list does not change it."""
    before = ids(ask(model, 30))
    model.observe([Event(900 + id_, 30, id_, K.SHOWN, 0.0) for id_ in before[:4]])
    assert ids(ask(model, 30)) == before


def test_the_list_is_as_long_as_asked(model: ServedModel) -> None:
    """A shorter list is the beginning of a longer one."""
    longest = ids(ask(model, 30))
    for limit in range(1, 9):
        assert ids(ask(model, 30, limit=limit)) == longest[:limit]


def test_the_same_state_gives_the_same_list_and_id(model: ServedModel) -> None:
    """Equal requests have equal results; ids differ by reader, category, selection and list."""
    assert ask(model, 30) == ask(model, 30)
    results = [ask(model, 30), ask(model, 31), ask(model, 30, SF), ask(model, 30, limit=2), ask(model, NOBODY)]
    results.append(ask(model, NOBODY, selection=Selection.POPULAR))
    assert results[-1].recommendations == results[-2].recommendations
    assert len({result.recommendation_id for result in results}) == len(results)


def test_the_same_list_has_another_id_for_another_reader(model: ServedModel) -> None:
    """The id depends on the reader, even if two readers get the same books."""
    first, second = ask(model, 998), ask(model, 999)
    assert first.recommendations == second.recommendations
    assert first.recommendation_id != second.recommendation_id


def test_the_order_of_events_does_not_matter(model: ServedModel) -> None:
    """The same likes in another order give the same list."""
    model.observe([Event(900, 500, 1, K.CLICK, 0.0), Event(901, 500, 4, K.CLICK, 0.0)])
    model.observe([Event(902, 501, 4, K.CLICK, 0.0), Event(903, 501, 1, K.CLICK, 0.0)])
    assert ask(model, 500).recommendations == ask(model, 501).recommendations


def test_a_book_missing_from_the_catalogue_counts_once_it_arrives() -> None:
    """Until then it is neither recommended nor a reason; then the learned history counts."""
    catalogue = ChangingCatalogue(by_id(*(book for book in CATALOGUE.values() if book.id not in {1, 6})))
    model = ServedModel(artifact_of(catalogue().by_id.ids.tolist(), HISTORY), catalogue)
    result = ask(model, 30)
    assert {1, 6}.isdisjoint(ids(result))
    assert all(
        item.reason.books for item in result.recommendations if item.reason.kind is ReasonKind.BECAUSE_OF_BOOKS
    )
    catalogue.update(CATALOGUE[1], CATALOGUE[6])
    assert {1, 6}.isdisjoint(ids(ask(model, 30)))
    model.refresh_catalogue()
    assert ask(model, 30).recommendations[0].reason.books == (CATALOGUE[1],)
    assert ids(ask(model, NOBODY))[0] == 6


def test_books_newer_than_the_model() -> None:
    """A book added after the training is recommended as new, can be excluded, and may have been bought."""
    model = served(HISTORY, CATALOGUE | by_id(book(100, M, year=2026), book(101, M)), known=CATALOGUE)
    model.observe([Event(900, 30, 101, K.PURCHASE, 0.0)])
    result = ask(model, 30, M)
    assert ids(result) == [2, 6, 100, 7]
    assert result.recommendations[2].reason.kind is ReasonKind.NEW
    assert 100 not in ids(ask(model, 30, M, excluded=frozenset({100})))


def test_removed_books_are_only_reasons(model: ServedModel) -> None:
    """A removed book is not recommended, but still named as the reason for others."""
    catalogue = ChangingCatalogue(CATALOGUE)
    model = ServedModel(artifact_of(CATALOGUE, HISTORY), catalogue)
    assert ids(ask(model, 30))[0] == 2
    catalogue.update(replace(CATALOGUE[1], removed=True), replace(CATALOGUE[2], removed=True))
    model.refresh_catalogue()
    for selection in Selection:
        for reader in (30, NOBODY):
            assert {1, 2}.isdisjoint(ids(ask(model, reader, selection=selection)))
    first = ask(model, 30).recommendations[0]
    assert first.book.id == 3
    assert [item.id for item in first.reason.books] == [1]
    assert first.reason.books[0].removed


def test_a_replaced_history_changes_the_list(model: ServedModel) -> None:
    """After an undo or a merge, the list depends on the remaining events."""
    assert ids(ask(model, 30))[0] == 2
    model.replace(30, [Event(900, 30, 4, K.CLICK, 0.0)])
    assert ids(ask(model, 30))[0] == 5
    model.replace(30, [])
    assert ids(ask(model, 30)) == ids(ask(model, NOBODY))
