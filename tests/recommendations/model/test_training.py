"""Training from end to end on small histories."""

from datetime import UTC, datetime

import pytest

from recommendations.domain import Book, Event, InteractionKind, ShelfRequest
from recommendations.model.artifact import Artifact
from recommendations.model.item_item import Parameters
from recommendations.model.served import ServedModel
from recommendations.model.training import train

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def events(*pairs: tuple[int, int]) -> list[Event]:
    """Clicks of readers on books."""
    return [Event(place, reader, book, InteractionKind.CLICK, 0.0) for place, (reader, book) in enumerate(pairs, 1)]


def first_for(artifact: Artifact, reader: int, *book_ids: int) -> list[int]:
    """The books that a reader gets from a catalogue of these."""
    model = ServedModel(artifact, {id_: Book(id=id_, title="") for id_ in book_ids})
    shelf = model.recommend(ShelfRequest(reader_id=reader, category=None, limit=3))
    return [one.book.id for one in shelf.recommendations]


def test_from_events_to_recommendations() -> None:
    """Two circles of readers get the books of their own circle."""
    told = events((1, 10), (1, 11), (2, 10), (2, 11), (3, 20), (3, 21), (4, 20), (4, 21), (5, 10), (6, 20))
    artifact = train([10, 11, 20, 21], [told[:4], told[4:]], now=NOW)
    assert first_for(artifact, 5, 10, 11, 20, 21)[0] == 11
    assert first_for(artifact, 6, 10, 11, 20, 21)[0] == 21
    assert artifact.readers_of_book.tolist() == [3, 2, 3, 2]


def test_the_manifest_tells_what_it_was_made_of() -> None:
    """Counts, the reach of the history, the parameters and the time are written down."""
    artifact = train([3, 1], [events((1, 1), (2, 1), (2, 3))], now=NOW, parameters=Parameters(neighbours=7))
    told = artifact.manifest
    assert (told["books"], told["readers"], told["likings"], told["sequence"]) == (2, 2, 3, 3)
    assert told["parameters"]["neighbours"] == 7
    assert told["created_at"] == NOW.isoformat()
    assert told["vocabulary_sha256"] == artifact.books.digest()
    assert told["version"].startswith("20260101T000000Z-")


def test_books_not_in_the_catalogue_take_part() -> None:
    """A book that only events name is learned of, and counts for its readers once it arrives."""
    artifact = train([10], [events((1, 10), (1, 99), (2, 10), (2, 99), (3, 99))], now=NOW)
    assert artifact.books.ids.tolist() == [10, 99]
    assert first_for(artifact, 3, 10) == [10]
    model = ServedModel(artifact, {id_: Book(id=id_, title="") for id_ in (10, 99)})
    (first, *_) = model.recommend(ShelfRequest(reader_id=3, category=None, limit=3)).recommendations
    assert (first.book.id, [one.id for one in first.reason.books]) == (10, [99])


@pytest.mark.parametrize("chunks", [[], [[]]])
def test_an_empty_history_trains(chunks: list[list[Event]]) -> None:
    """A new shop has a model before its first reader."""
    artifact = train([2, 1], chunks, now=NOW)
    assert artifact.books.ids.tolist() == [1, 2]
    assert artifact.histories.sequence == 0
    assert first_for(artifact, 1, 1, 2) == [1, 2]


def test_progress_rises_to_one() -> None:
    """The share of the work that is done ends at all of it."""
    shares: list[float] = []
    train(range(1, 3000), [], now=NOW, advance=shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 1
    assert shares[-1] == 1.0
