"""The shop's own client sends books to Recommendations."""

from contextlib import closing
from pathlib import Path

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.events import BookChanged
from marketplace.domain.interactions import Outcome
from marketplace.gateways.channel import target
from marketplace.gateways.recommender import MAX_MESSAGE_BYTES, GrpcRecommender
from marketplace.store import open_store
from servicekit.grpc.calls import MAX_REQUEST_BYTES
from tests.contract.conftest import DEADLINE, Shop
from tests.marketplace.relay.relaying import add_events, failures, relay
from tests.marketplace.stored import put


def test_upserting_and_removing_books(shop: Shop) -> None:
    """Each book gets its outcome, a refused one with the reason; a book may be removed twice."""
    dune = Book(
        id=77,
        title="Dune",
        authors=("Frank Herbert",),
        year=1965,
        categories=(Category.CLASSICS,),
        work="W1",
        ratings_count=4_780_653,
        average_rating=4.34,
    )
    shop.server.set_serving(serving=True)
    with closing(GrpcRecommender(target("127.0.0.1", shop.server.port), timeout=DEADLINE)) as recommender:
        results = recommender.upsert([dune, Book(id=78, title="Old", year=-5001), Book(id=79, title="x" * 10_001)])
        assert [result.outcome for result in results] == [Outcome.STORED, Outcome.REFUSED, Outcome.REFUSED]
        assert "year must be -5000 to 9999" in results[1].reason
        assert "title must be 1 to 10,000 characters" in results[2].reason
        assert [result.outcome for result in recommender.upsert([dune])] == [Outcome.REPEATED]
        recommender.remove([77, 78])
        recommender.remove([77])
    with shop.store.read() as work:
        stored = {book.id: book for book in work.books.changed_since(0)[0]}
    assert (stored[77].title, stored[77].year, stored[77].removed) == ("Dune", 1965, True)
    assert stored[77].work == "W1"
    assert (stored[77].ratings_count, stored[77].average_rating) == (4_780_653, 4.34)
    assert not {78, 79} & set(stored)


def test_the_relay_keeps_to_the_size_of_requests(shop: Shop, tmp_path: Path) -> None:
    """Changed books that are too large for one request are sent in several; none fails."""
    assert MAX_MESSAGE_BYTES == MAX_REQUEST_BYTES
    store = open_store(f"sqlite:///{tmp_path / 'marketplace.db'}")
    store.migrate()
    subjects = tuple(f"{number} " + "\U0001f4da" * 9_900 for number in range(10))
    put(store, *(Book(id=number, title=f"Title {number}", subjects=subjects) for number in range(1_001, 1_016)))
    add_events(store, *(BookChanged(number) for number in range(1_001, 1_016)))
    shop.server.set_serving(serving=True)
    with (
        closing(store),
        closing(GrpcRecommender(target("127.0.0.1", shop.server.port), timeout=DEADLINE)) as recommender,
    ):
        assert relay(store, recommender).deliver() == 15
        assert failures(store) == []
        with store.read() as work:
            assert work.outbox.length().waiting == 0
    with shop.store.read() as work:
        stored = {book.id for book in work.books.changed_since(0)[0]}
    assert set(range(1_001, 1_016)) <= stored
