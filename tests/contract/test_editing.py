"""Books that both services imported, and that are changed in the shop afterwards."""

import io
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from bookfiles.ids import UnsharedIds
from bookfiles.imports import Files
from marketplace.gateways.channel import target
from marketplace.gateways.recommender import GrpcRecommender
from marketplace.relay.relay import Relay
from marketplace.store import Store, open_store
from marketplace.usecases.catalogue.forms import BookForm, form_of
from marketplace.usecases.catalogue.imports import Importer
from marketplace.usecases.catalogue.uploads import Uploads
from marketplace.usecases.moderation import Moderation
from recommendations.domain.books import Book
from recommendations.imports import Importer as RecommendationsImporter
from tests.contract.conftest import DEADLINE, Shop
from tests.marketplace.ordering import moderator_of
from tests.marketplace.relay.relaying import relay

BOOKS = """book_id,title,year,published_at,ratings_count,average_rating
77,Dune,1965,1965-08-01,4780653,4.34
78,Emma,1815,1815-12-23T10:00:00+02:00,,
79,Odyssey,-700,,,
"""
DUNE = date(1965, 8, 1)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Store]:
    """The shop's own store."""
    with closing(open_store(f"sqlite:///{tmp_path / 'marketplace.db'}")) as store:
        store.migrate()
        yield store


def published(shop: Shop) -> dict[int, tuple[str, date | None]]:
    """The title and day of these books in Recommendations."""
    with shop.store.read() as work:
        stored: list[Book] = work.books.changed_since(0)[0]
    return {book.id: (book.title, book.published_on) for book in stored if book.id >= 77}


def ratings_elsewhere(shop: Shop) -> dict[int, tuple[int, float]]:
    """What Recommendations knows of the ratings of these books elsewhere."""
    with shop.store.read() as work:
        stored: list[Book] = work.books.changed_since(0)[0]
    return {book.id: (book.ratings_count, book.average_rating) for book in stored if book.id >= 77}


@pytest.fixture
def delivery(shop: Shop, catalogue: Store) -> Iterator[Relay]:
    """The shop's relay to Recommendations."""
    shop.server.set_serving(serving=True)
    with closing(GrpcRecommender(target("127.0.0.1", shop.server.port), timeout=DEADLINE)) as recommender:
        yield relay(catalogue, recommender)


def test_a_change_in_the_shop_keeps_what_its_forms_do_not_show(
    shop: Shop, catalogue: Store, delivery: Relay, tmp_path: Path
) -> None:
    """An edit, hiding and showing, and an upload; the day of publication goes only with a year that contradicts."""
    ids = UnsharedIds()
    file = tmp_path / "books.csv"
    file.write_text(BOOKS, encoding="utf-8")
    for importer in (
        RecommendationsImporter(shop.store, ids, rejects=tmp_path),
        Importer(catalogue, ids, rejects=tmp_path),
    ):
        importer.run(Files(books=file, interactions=None))
    before = published(shop)
    assert before == {77: ("Dune", DUNE), 78: ("Emma", date(1815, 12, 23)), 79: ("Odyssey", None)}
    desk, by = Moderation(catalogue), moderator_of(catalogue)

    def edit(book_id: int, **texts: str) -> None:
        with catalogue.read() as work:
            form = form_of(work.all_books.get(book_id).book)
        desk.change_book(by, book_id, BookForm({**form.texts, **texts}, form.shown))
        delivery.deliver()

    edit(77, title="Dune Messiah", stock="3")
    assert published(shop) == before | {77: ("Dune Messiah", DUNE)}
    desk.hide_book(by, 78)
    desk.show_book(by, 78)
    upload = io.BytesIO(b"book_id,title,year,published_at\n77,Dune,1965,1965-08-01\n79,The Odyssey,-700,0999-01-02\n")
    assert Uploads(catalogue, ids).books(by, "books.csv", upload).changed == 1
    delivery.deliver()
    # The upload keeps the moderator's title.
    assert published(shop) == before | {77: ("Dune Messiah", DUNE), 79: ("The Odyssey", date(999, 1, 2))}
    edit(77, year="1969")
    assert published(shop)[77] == ("Dune Messiah", None)
    assert ratings_elsewhere(shop) == {77: (4_780_653, 4.34), 78: (0, 0.0), 79: (0, 0.0)}
