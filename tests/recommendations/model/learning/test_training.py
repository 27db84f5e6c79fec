"""Training from end to end on small histories."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
import pytest

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, InteractionKind, Preference
from recommendations.model.artifact import Artifact
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import full_size
from recommendations.model.learning.training import liked_matrix, train
from recommendations.model.preferences import EventColumns, dated_histories_of
from recommendations.model.vocabulary import Vocabulary
from tests.recommendations.model.learning import dense

NOW = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = 365 * 86_400.0
K = InteractionKind


def books(*ids: int) -> list[Book]:
    return [Book(id=id_, title="") for id_ in ids]


def clicks(*pairs: tuple[int, int]) -> list[Event]:
    return [Event(position, reader, book, K.CLICK, 0.0) for position, (reader, book) in enumerate(pairs, 1)]


def scores(artifact: Artifact, *history: int) -> dict[int, float]:
    """The scores of other books for a history, the latest book last."""
    contributions = dense.score_matrix(artifact.neighbours)
    rows = artifact.books.rows(list(history))
    total = artifact.neighbours.recency_weights(len(rows)) @ contributions[rows]
    return {int(artifact.books.ids[row]): float(total[row]) for row in np.flatnonzero(total > 0)}


def crowd(
    readers: int = 50, books_: int = 100, each: int = 12, *, dated: bool = False, rated: bool = False
) -> list[Event]:
    """Readers of one half of the books; if rated, they dislike every third book, of the other half."""
    rng = np.random.default_rng(0)
    half, events = books_ // 2, list[Event]()
    for reader in range(1, readers + 1):
        mine, theirs = (half * (reader % 2), half * (1 - reader % 2))
        for position, book in enumerate(rng.permutation(half)[:each].tolist()):
            disliked = rated and position % 3 == 0
            happened = NOW.timestamp() - YEAR * float(rng.random()) if dated else float("nan")
            kind, value = (K.RATING, 1.0 if disliked else 4.0) if rated else (K.PURCHASE, 0.0)
            id_ = 1 + book + (theirs if disliked else mine)
            events.append(Event(len(events) + 1, reader, id_, kind, value, happened))
    return events


@pytest.mark.parametrize("rated", [False, True], ids=["bought", "rated"])
@pytest.mark.parametrize("dated", [False, True], ids=["undated", "dated"])
def test_a_small_shop_learns_groups_of_readers(dated: bool, rated: bool) -> None:
    """With fifty readers of a hundred books, neighbours are of the same half; disliked books do not count."""
    trained = train(books(*range(1, 101)), [crowd(dated=dated, rated=rated)], now=NOW)
    assert trained.search is not None
    assert trained.search.hold_outs == (("time",) if dated else ("order", "drift"))
    artifact = trained.artifact
    assert artifact.manifest["likes"] == 50 * (8 if rated else 12)
    neighbours = scores(artifact, 1, 2)
    assert neighbours
    assert max(neighbours) <= 50


def test_a_low_rating_is_not_a_like() -> None:
    """Disliked books are not neighbours, even if they were bought before."""
    events = [Event(1, 1, 10, K.PURCHASE, 0.0), Event(2, 1, 11, K.CLICK, 0.0), Event(3, 2, 10, K.RATING, 4.0)]
    events += [Event(4, 2, 12, K.RATING, 3.0), Event(5, 1, 11, K.RATING, 2.5), Event(6, 1, 13, K.NOT_INTERESTED, 0.0)]
    artifact = train(books(10, 11, 12, 13), [events], now=NOW, budget=0).artifact
    assert set(scores(artifact, 10)) == {12}
    assert scores(artifact, 11) == scores(artifact, 13) == {}
    assert artifact.readers_of_book.tolist() == [2, 0, 1, 0]


def test_from_events_to_neighbours() -> None:
    """With two groups of readers, books have neighbours in their own group, in any chunks."""
    events = clicks((1, 10), (1, 11), (2, 10), (2, 11), (3, 20), (3, 21), (4, 20), (4, 21), (5, 10), (6, 20))
    artifact = train(books(10, 11, 20, 21), [events[:4], [], events[4:]], now=NOW).artifact
    assert set(scores(artifact, 10)) == {11}
    assert set(scores(artifact, 21)) == {20}
    assert artifact.readers_of_book.tolist() == [3, 2, 3, 2]


def test_content_features_are_used() -> None:
    """A book without readers has a neighbour of the same author."""
    catalogue = [
        Book(id=id_, title="", authors=(author,)) for id_, author in ((1, "A"), (2, "A"), (3, "B"), (4, "C"))
    ]
    artifact = train(catalogue, [clicks((1, 1), (1, 3))], now=NOW, budget=0).artifact
    assert set(scores(artifact, 1)) == {2, 3}
    assert scores(artifact, 4) == {}


def test_the_order_of_a_history_is_used() -> None:
    """For readers of two books in one order, the first contributes more to the second than vice versa."""
    events = clicks(*((reader, book) for reader in range(1, 9) for book in (20, 10)))
    artifact = train(books(10, 20), [events], now=NOW, parameters=Parameters(direction=0.5, trend=0.0)).artifact
    assert scores(artifact, 20)[10] > 1.5 * scores(artifact, 10)[20]
    dated = [event._replace(happened=-float(event.sequence)) for event in events]
    artifact = train(books(10, 20), [dated], now=NOW, parameters=Parameters(direction=0.5, trend=0.0)).artifact
    assert scores(artifact, 10)[20] > 1.5 * scores(artifact, 20)[10]


def test_the_manifest_describes_the_model() -> None:
    """It has counts, the last sequence number, the parameters and the time."""
    events = clicks((1, 1), (2, 1), (2, 3))
    trained = train(books(3, 1), [events], now=NOW, parameters=Parameters(neighbours=7), readers_revision=5)
    assert trained.search is None
    manifest = trained.artifact.manifest
    assert (manifest["books"], manifest["readers"], manifest["likes"], manifest["sequence"]) == (2, 2, 3, 3)
    assert manifest["parameters"] == asdict(Parameters(neighbours=7))
    assert manifest["search"] is None
    assert manifest["readers_revision"] == 5
    assert manifest["created_at"] == NOW.isoformat()
    assert manifest["vocabulary_sha256"] == trained.artifact.books.digest()
    assert manifest["version"].startswith("20260101T000000Z-")


def test_the_manifest_has_the_search() -> None:
    """The hold-outs, the number of readers, all trials and the chosen one can be read from the JSON."""
    trained = train(books(*range(1, 101)), [crowd()], now=NOW)
    manifest = json.loads(json.dumps(trained.artifact.manifest, allow_nan=False))
    summary, search = manifest["search"], trained.search
    assert search is not None
    assert summary["held_out_by"] == ["order", "drift"]
    assert summary["readers"] == search.readers == 100
    assert summary["trials"][summary["chosen"]] == json.loads(json.dumps(asdict(search.chosen)))
    assert (summary["recall"], summary["ndcg"]) == (search.chosen.recall, search.chosen.ndcg)
    assert len(summary["trials"]) == len(search.trials) > 2
    assert summary["trials"][0].keys() >= {"behind", "error"}
    assert manifest["parameters"] == asdict(full_size(search.chosen.parameters, 100))
    assert manifest["prior"] == asdict(trained.artifact.neighbours.prior)


def test_without_a_budget_nothing_is_searched_for() -> None:
    """A budget of 0 means the default parameters."""
    trained = train(books(1, 2), [crowd()], now=NOW, budget=0)
    assert trained.search is None
    assert trained.artifact.manifest["parameters"] == asdict(Parameters())


def test_books_outside_the_catalogue_are_learned() -> None:
    """A book that is only in events has neighbours, and counts once it arrives."""
    artifact = train(books(10), [clicks((1, 10), (1, 99), (2, 10), (2, 99), (3, 99))], now=NOW).artifact
    assert artifact.books.ids.tolist() == [10, 99]
    assert set(scores(artifact, 99)) == {10}


def test_the_greatest_ids() -> None:
    """Ids up to the greatest are distinct."""
    top = 2**31 - 1
    events = clicks(*((reader, book) for reader in (top, top - 1, 1) for book in (top, top - 2)), (2, 1))
    artifact = train(books(1, top - 2, top), [events], now=NOW).artifact
    assert artifact.books.ids.tolist() == [1, top - 2, top]
    assert artifact.histories.readers.ids.tolist() == [1, 2, top - 1, top]
    assert artifact.readers_of_book.tolist() == [1, 3, 3]
    assert set(scores(artifact, top)) == {top - 2}


def test_a_reader_of_thousands_of_books_neither_dominates_nor_breaks() -> None:
    """The neighbours from fifty readers remain the strongest."""
    events = crowd()
    everything = [Event(len(events) + position, 999, position, K.CLICK, 0.0) for position in range(1, 3001)]
    without, with_ = (
        train(books(*range(1, 3001)), [history], now=NOW, budget=0).artifact
        for history in (events, events + everything)
    )
    for book in (1, 51):
        before, after = scores(without, book), scores(with_, book)
        best = max(after, key=after.__getitem__)
        assert best in before
        assert sum(after.get(id_, 0) for id_ in before) > 2 * sum(after[id_] for id_ in after.keys() - before.keys())


@pytest.mark.parametrize("chunks", [[], [[]]])
@pytest.mark.parametrize("ids", [(), (1,), (1, 2)])
def test_an_empty_history_trains(chunks: list[list[Event]], ids: tuple[int, ...]) -> None:
    """A new shop has a model before its first reader, even before its first book."""
    artifact = train(books(*reversed(ids)), chunks, now=NOW).artifact
    assert artifact.books.ids.tolist() == [*ids]
    assert artifact.histories.sequence == 0
    assert artifact.readers_of_book.tolist() == [0] * len(ids)
    assert artifact.popularity.weights.tolist() == [0] * len(ids)
    assert artifact.neighbours.indptr.tolist() == [0] * (len(ids) + 1)


def test_one_reader_of_one_book() -> None:
    """The smallest history can be trained on."""
    artifact = train(books(1), [clicks((1, 1))], now=NOW).artifact
    assert artifact.readers_of_book.tolist() == [1]
    assert scores(artifact, 1) == {}


@pytest.mark.parametrize("budget", [0, 60.0], ids=["without a search", "with one"])
def test_progress_never_falls_and_ends_at_one(budget: float) -> None:
    """The search and the last fit report their shares one after the other."""
    shares: list[float] = []
    train(books(*range(1, 3000)), [crowd()], now=NOW, budget=budget, advance=shares.append)
    assert shares == sorted(shares)
    assert shares[0] < 0.9
    assert len(shares) > 10
    assert shares[-1] == 1.0


def test_progress_of_a_slow_search() -> None:
    """Even after a slow search, the last fit has a share of the progress."""
    shares: list[float] = []
    ticks = iter(np.arange(0.0, 1e6, 50.0).tolist())
    train(books(*range(1, 3000)), [crowd()], now=NOW, budget=100, advance=shares.append, clock=lambda: next(ticks))
    assert shares == sorted(shares)
    searching = [share for share in shares if share <= 0.9]
    assert searching[-1] == 0.9
    assert len([share for share in shares if 0.9 < share < 1]) > 10
    assert shares[-1] == 1.0


def test_the_budget_includes_reading_the_history() -> None:
    """If reading used up the budget, only popularity and the start are tried."""
    trained = train(books(1), [crowd()], now=NOW, budget=50, started=0.0, clock=lambda: 49.0)
    assert trained.search is not None
    assert [trial.name for trial in trained.search.trials] == ["popularity", "start"]


def test_likes_are_in_reading_order_with_their_times() -> None:
    """Each reader's liked books, the latest last, each with its own time."""
    events = [
        Event(1, 1, 10, K.CLICK, 0.0, 30.0),
        Event(2, 1, 20, K.CLICK, 0.0, 10.0),
        Event(3, 1, 30, K.RATING, 1.0, 40.0),
        Event(4, 2, 20, K.NOT_INTERESTED, 0.0, 5.0),
        Event(5, 3, 30, K.CART, 0.0),
        Event(6, 3, 10, K.CART, 0.0, 5.0),
    ]
    vocabulary = Vocabulary(np.array([10, 20, 30], dtype=np.int32))
    dated = dated_histories_of(EventColumns.of([events]), vocabulary)
    assert dated.histories.preferences[2] == Preference.READ | Preference.OPINION
    liked, times = liked_matrix(dated, 3)
    assert dense.rows_of(liked) == [[1, 0], [], [2, 0]]
    assert times.tolist() == pytest.approx([10, 30, float("nan"), 5], nan_ok=True)
    assert liked.shape == (3, 3)


def test_events_are_read_once() -> None:
    """Chunks may come from a generator."""

    def chunks() -> Iterable[list[Event]]:
        yield from ([event] for event in clicks((1, 1), (1, 2)))

    assert train(books(), chunks(), now=NOW).artifact.manifest["likes"] == 2
