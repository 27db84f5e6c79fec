"""How moderators add, change, hide and delete books: each change has an event and an audit entry."""

from dataclasses import replace

import pytest

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.errors import BookConflict, BookNotFound, InvalidBook
from marketplace.domain.events import BookChanged
from marketplace.domain.moderation import Action
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.usecases.catalogue.forms import FIELDS, BookForm, empty_form, fingerprints, form_of, texts_of
from tests.marketplace.ordering import buyer_of, log_of, order_of
from tests.marketplace.stored import events_of, put
from tests.marketplace.usecases.conftest import DUNE, Desk


def test_a_change_is_saved_sent_and_logged(desk: Desk) -> None:
    """The audit entry has the old values; an event is written, and the card is dropped."""
    assert desk.moderation.change_book(desk.by, 7, desk.form(title="Dune Messiah", price="8.50", stock=""))
    assert desk.book() == replace(DUNE, title="Dune Messiah", price=Money(850, "EUR"), stock=None)
    assert events_of(desk.store) == [BookChanged(7)]
    assert (desk.dropped, desk.woken) == ([7], 1)
    entry = log_of(desk.store)[0]
    assert (entry.email, entry.action, entry.subject) == ("mod@example.com", Action.BOOK_CHANGED, "7")
    assert entry.detail == {
        "title": "Dune Messiah",
        "changed": {"title": ["Dune", "Dune Messiah"], "price": ["9.99 EUR", "8.50 EUR"], "stock": ["10", ""]},
    }


def test_an_unchanged_form_changes_nothing(desk: Desk) -> None:
    """As a browser submits it, with CRLF line breaks: no event and no entry is written."""
    shown = form_of(desk.book())
    sent = BookForm({**shown.texts, "description": "Spice.\r\n\r\nMore spice."}, shown.shown)
    assert not desk.moderation.change_book(desk.by, 7, sent)
    assert desk.book() == DUNE
    assert (events_of(desk.store), log_of(desk.store)) == ([], [])


def test_sales_continue_while_a_form_is_open(desk: Desk) -> None:
    """Attributes that were not edited keep their current value, such as the stock."""
    form = desk.form(title="Dune Messiah")
    order_of(desk.store, buyer_of(desk.store), 7, 4)
    assert desk.moderation.change_book(desk.by, 7, form)
    assert desk.book() == replace(DUNE, title="Dune Messiah", stock=6)


def test_concurrent_edits_of_an_attribute_conflict(desk: Desk) -> None:
    """The second moderator sees the current value; submitting again saves their own."""
    form = desk.form(stock="50", title="Other", year="1965")
    order_of(desk.store, buyer_of(desk.store), 7, 4)
    put(desk.store, replace(desk.book(), title="Third"))
    with pytest.raises(BookConflict) as conflict:
        desk.moderation.change_book(desk.by, 7, form)
    assert conflict.value.attributes == {"stock", "title"}
    assert desk.book().stock == 6
    assert log_of(desk.store) == []
    again = form.refreshed(desk.book())
    assert (again.texts["stock"], again.texts["title"], again.texts["isbn"]) == ("50", "Other", "9780441013593")
    assert desk.moderation.change_book(desk.by, 7, again)
    assert (desk.book().stock, desk.book().title, desk.book().year) == (50, "Other", 1965)


def test_equal_concurrent_edits_do_not_conflict(desk: Desk) -> None:
    """Nothing is written twice."""
    form = desk.form(title="Dune Messiah")
    assert desk.moderation.change_book(desk.by, 7, form)
    assert not desk.moderation.change_book(desk.by, 7, form)
    assert len(log_of(desk.store)) == 1


def test_a_form_without_fingerprints_overwrites_nothing(desk: Desk) -> None:
    """It is treated as if all attributes had changed since."""
    with pytest.raises(BookConflict):
        desk.moderation.change_book(desk.by, 7, BookForm({**texts_of(DUNE), "title": "Other"}, {}))
    assert desk.book() == DUNE


@pytest.mark.parametrize(
    ("typed", "invalid"),
    [
        ({"title": "", "isbn": ""}, {"title"}),
        ({"title": "x" * 10_001}, {"title"}),
        ({"title": "a\0b"}, {"title"}),
        ({"year": "soon"}, {"year"}),
        ({"price": "9.999"}, {"price"}),
        ({"currency": "XYZ"}, {"price"}),
        ({"stock": "-1"}, {"stock"}),
        ({"picture": "javascript:x()"}, {"picture"}),
        ({"description": "x" * 10_001, "authors": "x" * 10_001, "stock": "1.5"}, {"authors", "description", "stock"}),
    ],
)
def test_an_invalid_form_is_refused(desk: Desk, typed: dict[str, str], invalid: set[str]) -> None:
    """By the rules of files; all invalid attributes are reported, and nothing is saved."""
    with pytest.raises(InvalidBook) as raised:
        desk.moderation.change_book(desk.by, 7, desk.form(**typed))
    assert raised.value.attributes == invalid
    with pytest.raises(InvalidBook):
        desk.moderation.add_book(desk.by, BookForm({**texts_of(DUNE), **typed}, fingerprints(empty_form().texts)))
    assert desk.book() == DUNE
    assert log_of(desk.store) == []


def test_an_invalid_old_value_does_not_block_edits(desk: Desk) -> None:
    """It stays while other attributes are edited."""
    put(desk.store, replace(DUNE, picture="ftp://old"))
    assert desk.moderation.change_book(desk.by, 7, desk.form(title="Other"))
    assert desk.book() == replace(DUNE, title="Other", picture="ftp://old")


def test_a_new_book_gets_a_new_id(desk: Desk) -> None:
    """Ids start at 1,000,000,000; search finds the book at once."""
    typed = dict.fromkeys(FIELDS, "") | {"title": "Emma", "categories": "classics;poetry", "authors": "Jane Austen"}
    book_id = desk.moderation.add_book(desk.by, BookForm(typed, empty_form().shown))
    assert book_id == 1_000_000_000
    made = Book(id=book_id, title="Emma", authors=("Jane Austen",), categories=(Category.CLASSICS, Category.POETRY))
    with desk.store.read() as work:
        assert work.books.get(book_id) == made
        assert [card.id for card in work.search.find("emma austen", limit=5).cards] == [book_id]
    assert events_of(desk.store) == [BookChanged(book_id)]
    assert log_of(desk.store)[0].action is Action.BOOK_ADDED


def test_hiding_and_showing_are_sent_and_logged_once(desk: Desk) -> None:
    """Repetitions change nothing."""
    assert desk.moderation.hide_book(desk.by, 7)
    assert not desk.moderation.hide_book(desk.by, 7)
    with desk.store.read() as work, pytest.raises(BookNotFound):
        work.books.get(7)
    assert desk.moderation.show_book(desk.by, 7)
    assert not desk.moderation.show_book(desk.by, 7)
    with desk.store.read() as work:
        assert work.books.get(7) == DUNE
    assert events_of(desk.store) == [BookChanged(7)] * 2
    assert [entry.action for entry in log_of(desk.store)] == [Action.BOOK_SHOWN, Action.BOOK_HIDDEN]


def test_a_deleted_book_stays_in_orders(desk: Desk) -> None:
    """Cancelling such an order restocks nothing and does not fail."""
    order_id = order_of(desk.store, buyer_of(desk.store), 7, 2)
    assert desk.moderation.delete_book(desk.by, 7).title == "Dune"
    with desk.store.read() as work:
        assert work.orders.get(order_id).lines[0].title == "Dune"
    assert BookChanged(7) in events_of(desk.store)
    assert log_of(desk.store)[0].action is Action.BOOK_DELETED
    assert desk.moderation.change_order_state(desk.by, order_id, OrderState.CANCELLED)
    for missing in (desk.moderation.hide_book, desk.moderation.show_book, desk.moderation.delete_book):
        with pytest.raises(BookNotFound):
            missing(desk.by, 7)
