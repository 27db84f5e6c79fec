"""Queries over the starter catalogue whose first result is obvious."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bookfiles.commands import starter_files
from bookfiles.ids import UnsharedIds
from marketplace.store import Store, open_store
from marketplace.usecases.catalogue.imports import Importer
from tests.marketplace.store.search.conftest import find

STARTER = Path(__file__).parents[4] / "starter"


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The starter's catalogue with its history."""
    folder = tmp_path_factory.mktemp("starter")
    with closing(open_store(f"sqlite:///{folder / 'shop.db'}")) as store:
        store.migrate()
        Importer(store, UnsharedIds(), rejects=folder / "rejects").run(starter_files(STARTER))
        yield store


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("hobit", "The Hobbit"),
        ("harry poter", "Harry Potter and the Philosopher's Stone"),
        ("dostoevski", "Crime and Punishment"),
        ("dostoyevsky", "Crime and Punishment"),
        ("Достоевский", "Crime and Punishment"),
        ("prid and predjudice", "Pride and Prejudice"),
        ("ursula leguin", "A Wizard of Earthsea"),
        ("bronte", "Jane Eyre"),
        ("brontë", "Jane Eyre"),
        ("gatsbi", "The Great Gatsby"),
        ("dnue", "The Dune Chronicles"),
        ("tolkein", "The Hobbit"),
        ("j r r tolkien", "The Hobbit"),
        ("steven king", "It"),
        ("it", "It"),
        ("king shining", "The Shining"),
        ("hitch hikers guide", "The Hitchhiker's Guide to the Galaxy"),
        ("frankenstien", "Frankenstein"),
        ("catch22", "Catch-22"),
        ("to kill a mocking bird", "To Kill a Mockingbird"),
        ("farenheit 451", "Fahrenheit 451"),
        ("brave new wrold", "Brave New World"),
        ("handmaids tale", "The Handmaid's Tale"),
        ("atomic habbits", "Atomic Habits"),
        ("girl with dragon tatoo", "The Girl with the Dragon Tattoo"),
        ("les miserables", "Les Misérables"),
        ("one hundred years solitude", "One Hundred Years of Solitude"),
        ("nietzche", "Beyond Good and Evil"),
        ("romeo juliet", "Romeo and Juliet"),
        ("jane austin", "Pride and Prejudice"),
        ("emma", "Emma"),
        ("space travel", "Project Hail Mary"),
        ("hobbit xyzzyq", "The Hobbit"),
    ],
)
def test_the_first_result_is_the_obvious_one(starter: Store, query: str, first: str) -> None:
    """For queries that people type."""
    assert find(starter, query).cards[0].title == first
