"""A moderator in a shop with one book."""

import pytest

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.usecases.catalogue.forms import BookForm, form_of
from marketplace.usecases.moderation import Moderation
from tests.marketplace.ordering import moderator_of
from tests.marketplace.stored import put

DUNE = Book(
    id=7,
    title="Dune",
    authors=("Frank Herbert", "Nobody"),
    year=-44,
    isbn="9780441013593",
    categories=(Category.SCIENCE_FICTION, Category.CLASSICS),
    subjects=("deserts", "politics"),
    description="Spice.\n\nMore spice.",
    price=Money(999, "EUR"),
    stock=10,
    picture="https://a.org/d.jpg",
)


class Desk:
    """A moderator in a shop with one book; `dropped` has the changed books, `woken` counts wake-ups."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.dropped: list[int] = []
        self.woken = 0
        self.moderation = Moderation(store, changed=self.dropped.extend, wake=self._wake)
        self.by = moderator_of(store)
        put(store, DUNE)

    def book(self, book_id: int = 7) -> Book:
        with self.store.read() as work:
            return work.all_books.get(book_id).book

    def form(self, **typed: str) -> BookForm:
        shown = form_of(self.book())
        return BookForm({**shown.texts, **typed}, shown.shown)

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def desk(store: Store) -> Desk:
    """A moderator in a shop with one book."""
    return Desk(store)
