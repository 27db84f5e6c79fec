"""The promises of the contract, kept by a model at work."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain import (
    NOBODY,
    Book,
    Category,
    Event,
    InteractionKind,
    ReasonKind,
    Shelf,
    ShelfRequest,
    Standing,
    standing_after,
)
from recommendations.model.item_item import Parameters
from recommendations.model.served import ServedModel
from recommendations.model.training import train

K = InteractionKind
M, SF = Category.MYSTERY, Category.SCIENCE_FICTION
NOW = datetime(2026, 1, 1, tzinfo=UTC)


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
    return ServedModel(train(books if known is None else known, [events], now=NOW), books)


def ask(
    model: ServedModel,
    reader_id: int,
    category: Category | None = None,
    *,
    limit: int = 10,
    excluded: frozenset[int] = frozenset(),
) -> Shelf:
    """One shelf."""
    return model.recommend(ShelfRequest(reader_id=reader_id, category=category, limit=limit, excluded=excluded))


def ids(shelf: Shelf) -> list[int]:
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
    absent = by_id(*(one for one in CATALOGUE.values() if one.id not in {1, 6}))
    model = served(HISTORY, absent)
    shelf = ask(model, 30)
    assert {1, 6}.isdisjoint(ids(shelf))
    assert all(one.reason.books for one in shelf.recommendations if one.reason.kind is ReasonKind.BECAUSE_OF_BOOKS)
    model.stock(CATALOGUE)
    assert ask(model, 30).recommendations[0].reason.books == (CATALOGUE[1],)
    assert ids(ask(model, NOBODY))[0] == 6


def test_books_newer_than_the_model(model: ServedModel) -> None:
    """A book that came after the training is recommended as new, is excluded by id, and may have been bought."""
    model.stock(CATALOGUE | by_id(book(100, M, year=2026), book(101, M)))
    model.observe([Event(900, 30, 101, K.PURCHASE, 0.0)])
    shelf = ask(model, 30, M)
    assert ids(shelf) == [2, 6, 100, 7]
    assert shelf.recommendations[2].reason.kind is ReasonKind.NEW
    assert 100 not in ids(ask(model, 30, M, excluded=frozenset({100})))


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
    st.tuples(READERS, BOOK_IDS, st.sampled_from([int(kind) for kind in K]), st.sampled_from([0.5, 3.0, 5.0])),
    max_size=40,
)
SHELVED = st.dictionaries(BOOK_IDS, st.sets(st.sampled_from([M, SF, Category.REFERENCE])), max_size=12)


@given(SHELVED, SHELVED, EVENTS, READERS, st.data())
def test_promises_of_the_contract(
    first: dict[int, set[Category]],
    later: dict[int, set[Category]],
    told: Sequence[tuple[int, int, int, float]],
    reader: int,
    data: st.DataObject,
) -> None:
    """Whatever happened: no book twice, none taken, waved away, excluded, of another shelf or not on sale.

    And the list is as long as it can be, best scores first, its reasons likings of this reader.
    """
    events = [Event(place, *one) for place, one in enumerate(told, 1)]
    catalogue = by_id(*(book(id_, *sorted(shelves)) for id_, shelves in (first | later).items()))
    trained = data.draw(st.integers(0, len(events)))
    in_time = {id_: catalogue[id_] for id_ in first}
    parameters = Parameters(neighbours=data.draw(st.integers(1, 5)))
    model = ServedModel(train(in_time, [events[:trained]], now=NOW, parameters=parameters), in_time)
    model.observe(events[trained:])
    model.stock(catalogue)
    request = ShelfRequest(
        reader_id=reader,
        category=data.draw(st.sampled_from([None, M, SF, Category.REFERENCE])),
        limit=data.draw(st.integers(1, 14)),
        excluded=data.draw(st.frozensets(BOOK_IDS, max_size=4)),
    )
    standings: dict[int, Standing] = {}
    for event in events:
        if event.reader_id == reader != NOBODY:
            before = standings.get(event.book_id, Standing.NONE)
            standings[event.book_id] = standing_after(before, K(event.kind), event.value)
    allowed = {
        one.id
        for one in catalogue.values()
        if (request.category is None or request.category in one.categories)
        and one.id not in request.excluded
        and not standings.get(one.id, Standing.NONE) & (Standing.TAKEN | Standing.WAVED_AWAY)
    }

    shelf = model.recommend(request)

    assert len(set(ids(shelf))) == len(ids(shelf)) == min(request.limit, len(allowed))
    assert set(ids(shelf)) <= allowed
    scores = [one.score for one in shelf.recommendations]
    assert scores == sorted(scores, reverse=True)
    liked = {id_ for id_, standing in standings.items() if standing & Standing.LIKED}
    for one in shelf.recommendations:
        because = one.reason.kind is ReasonKind.BECAUSE_OF_BOOKS
        assert one.book == catalogue[one.book.id]
        assert because == bool(one.reason.books) == (one.score > 0)
        assert {known.id for known in one.reason.books} <= liked - {one.book.id}
    known = [bool(standings.get(id_, Standing.NONE)) for id_ in ids(shelf)]
    assert known == sorted(known)
    assert model.recommend(request) == shelf
