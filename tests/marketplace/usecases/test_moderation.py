"""Tests of marketplace.moderation, each on both databases: every change with its event and its entry in the log."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.errors import (
    BookConflict,
    BookNotFound,
    EventNotFound,
    InvalidBook,
    NotSignedIn,
    OrderNotFound,
    StateConflict,
    StillModerator,
)
from marketplace.domain.events import BookChanged, Destination, PaymentWithdrawn, ShopEvent
from marketplace.domain.moderation import Action
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, OrderState
from marketplace.store import Store
from marketplace.usecases.catalogue.forms import FIELDS, BookForm, empty_form, fingerprints, form_of, texts_of
from marketplace.usecases.moderation import Moderation
from tests.marketplace.ordering import accounts_of, buyer_of, log_of, moderator_of, order_of

DUNE = Book(
    id=7,
    title="Dune",
    authors=("Frank Herbert", "Nobody"),
    year=-44,
    isbn="978",
    categories=(Category.SCIENCE_FICTION, Category.CLASSICS),
    subjects=("deserts", "politics"),
    description="Spice.\n\nMore spice.",
    price=Money(999, "EUR"),
    stock=10,
    picture="https://a.org/d.jpg",
)


class Desk:
    """A moderator at work in a shop with one book; `dropped` and `woken` are what others were told."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.dropped: list[int] = []
        self.woken = 0
        self.moderation = Moderation(store, changed=self.dropped.extend, wake=self._wake)
        self.by = moderator_of(store)
        self.put(DUNE)

    def put(self, *books: Book) -> None:
        with self.store.write() as work:
            work.books.put(books)
            work.commit()

    def book(self, book_id: int = 7) -> Book:
        with self.store.read() as work:
            return work.all_books.get(book_id).book

    def form(self, **typed: str) -> BookForm:
        shown = form_of(self.book())
        return BookForm({**shown.texts, **typed}, shown.shown)

    def events(self) -> list[ShopEvent]:
        with self.store.read() as work:
            return [row.event() for each in Destination for row in work.outbox.waiting(1000, each)]

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def desk(store: Store) -> Desk:
    """A moderator at work."""
    return Desk(store)


def test_a_change_is_saved_told_and_logged(desk: Desk) -> None:
    """The facts that were typed, with what they were before; others are told, and cards are dropped."""
    assert desk.moderation.change_book(desk.by, 7, desk.form(title="Dune Messiah", price="8.50", stock=""))
    assert desk.book() == replace(DUNE, title="Dune Messiah", price=Money(850, "EUR"), stock=None)
    assert desk.events() == [BookChanged(7)]
    assert (desk.dropped, desk.woken) == ([7], 1)
    entry = log_of(desk.store)[0]
    assert (entry.email, entry.action, entry.subject) == ("mod@example.com", Action.BOOK_CHANGED, "7")
    assert entry.detail == {
        "title": "Dune Messiah",
        "changed": {"title": ["Dune", "Dune Messiah"], "price": ["9.99 EUR", "8.50 EUR"], "stock": ["10", ""]},
    }


def test_a_form_that_changes_nothing_changes_nothing(desk: Desk) -> None:
    """As a browser sends it back: lines end in its own way, and no event or entry is written."""
    shown = form_of(desk.book())
    sent = BookForm({**shown.texts, "description": "Spice.\r\n\r\nMore spice."}, shown.shown)
    assert not desk.moderation.change_book(desk.by, 7, sent)
    assert desk.book() == DUNE
    assert (desk.events(), log_of(desk.store)) == ([], [])


def test_sales_go_on_while_a_form_is_open(desk: Desk) -> None:
    """Copies that were sold meanwhile stay sold: a field that the moderator did not touch keeps what it is now."""
    form = desk.form(title="Dune Messiah")
    order_of(desk.store, buyer_of(desk.store), 7, 4)
    assert desk.moderation.change_book(desk.by, 7, form)
    assert desk.book() == replace(DUNE, title="Dune Messiah", stock=6)


def test_a_fact_that_two_change_is_overwritten_by_neither(desk: Desk) -> None:
    """The second is told which, sees what it is now, and what they typed counts when they save once more."""
    form = desk.form(stock="50", title="Other", year="1965")
    order_of(desk.store, buyer_of(desk.store), 7, 4)
    desk.put(replace(desk.book(), title="Third"))
    with pytest.raises(BookConflict) as conflict:
        desk.moderation.change_book(desk.by, 7, form)
    assert conflict.value.attributes == {"stock", "title"}
    assert desk.book().stock == 6
    assert log_of(desk.store) == []
    again = form.refreshed(desk.book())
    assert (again.texts["stock"], again.texts["title"], again.texts["isbn"]) == ("50", "Other", "978")
    assert desk.moderation.change_book(desk.by, 7, again)
    assert (desk.book().stock, desk.book().title, desk.book().year) == (50, "Other", 1965)


def test_two_who_change_the_same_to_the_same_agree(desk: Desk) -> None:
    """No conflict, and nothing is written twice."""
    form = desk.form(title="Dune Messiah")
    assert desk.moderation.change_book(desk.by, 7, form)
    assert not desk.moderation.change_book(desk.by, 7, form)
    assert len(log_of(desk.store)) == 1


def test_a_form_without_marks_overwrites_nothing(desk: Desk) -> None:
    """Whoever sends one is told that all of it was changed meanwhile."""
    with pytest.raises(BookConflict):
        desk.moderation.change_book(desk.by, 7, BookForm({**texts_of(DUNE), "title": "Other"}, {}))
    assert desk.book() == DUNE


@pytest.mark.parametrize(
    ("typed", "facts"),
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
def test_what_a_file_may_not_have_a_form_may_not(desk: Desk, typed: dict[str, str], facts: set[str]) -> None:
    """All that is wrong is named at once, and nothing is saved."""
    with pytest.raises(InvalidBook) as unfit:
        desk.moderation.change_book(desk.by, 7, desk.form(**typed))
    assert unfit.value.attributes == facts
    with pytest.raises(InvalidBook):
        desk.moderation.add_book(desk.by, BookForm({**texts_of(DUNE), **typed}, fingerprints(empty_form().texts)))
    assert desk.book() == DUNE
    assert log_of(desk.store) == []


def test_what_is_unfit_and_untouched_stays(desk: Desk) -> None:
    """A fact that no form would take, but that is there, hinders nobody who changes another one."""
    desk.put(replace(DUNE, picture="ftp://old"))
    assert desk.moderation.change_book(desk.by, 7, desk.form(title="Other"))
    assert desk.book() == replace(DUNE, title="Other", picture="ftp://old")


def test_a_new_book_has_a_number_of_its_own(desk: Desk) -> None:
    """From a thousand millions on; readers find it at once."""
    typed = dict.fromkeys(FIELDS, "") | {"title": "Emma", "categories": "classics;poetry", "authors": "Jane Austen"}
    book_id = desk.moderation.add_book(desk.by, BookForm(typed, empty_form().shown))
    assert book_id == 1_000_000_000
    made = Book(id=book_id, title="Emma", authors=("Jane Austen",), categories=(Category.CLASSICS, Category.POETRY))
    with desk.store.read() as work:
        assert work.books.get(book_id) == made
        assert [card.id for card in work.search.find("emma austen", limit=5).cards] == [book_id]
    assert desk.events() == [BookChanged(book_id)]
    assert log_of(desk.store)[0].action is Action.BOOK_ADDED


def test_hiding_and_showing_are_told_and_logged_once(desk: Desk) -> None:
    """Done twice they change nothing more."""
    assert desk.moderation.hide_book(desk.by, 7)
    assert not desk.moderation.hide_book(desk.by, 7)
    with desk.store.read() as work, pytest.raises(BookNotFound):
        work.books.get(7)
    assert desk.moderation.show_book(desk.by, 7)
    assert not desk.moderation.show_book(desk.by, 7)
    with desk.store.read() as work:
        assert work.books.get(7) == DUNE
    assert desk.events() == [BookChanged(7)] * 2
    assert [entry.action for entry in log_of(desk.store)] == [Action.BOOK_SHOWN, Action.BOOK_HIDDEN]


def test_a_deleted_book_stays_in_orders(desk: Desk) -> None:
    """What was sold stays sold; what is cancelled then finds no stock to go back to, and that is no fault."""
    order_id = order_of(desk.store, buyer_of(desk.store), 7, 2)
    assert desk.moderation.delete_book(desk.by, 7).title == "Dune"
    with desk.store.read() as work:
        assert work.orders.get(order_id).lines[0].title == "Dune"
    assert BookChanged(7) in desk.events()
    assert log_of(desk.store)[0].action is Action.BOOK_DELETED
    assert desk.moderation.change_order_state(desk.by, order_id, OrderState.CANCELLED)
    for missing in (desk.moderation.hide_book, desk.moderation.show_book, desk.moderation.delete_book):
        with pytest.raises(BookNotFound):
            missing(desk.by, 7)


def test_an_order_goes_its_way(desk: Desk) -> None:
    """Each step once, by a moderator, and logged; where another was faster the second is told."""
    order_id = order_of(desk.store, buyer_of(desk.store), 7, 1, OrderState.PAID)
    assert desk.moderation.change_order_state(desk.by, order_id, OrderState.SHIPPED)
    assert not desk.moderation.change_order_state(desk.by, order_id, OrderState.SHIPPED)
    with pytest.raises(StateConflict):
        desk.moderation.change_order_state(desk.by, order_id, OrderState.CANCELLED)
    assert desk.moderation.change_order_state(desk.by, order_id, OrderState.DELIVERED)
    with desk.store.read() as work:
        changes = work.orders.get(order_id).changes
    assert [change.by for change in changes[2:]] == [Actor.MODERATOR] * 2
    entries = [(entry.subject, entry.detail) for entry in log_of(desk.store)]
    assert entries == [
        (order_id, {"from": "shipped", "to": "delivered"}),
        (order_id, {"from": "paid", "to": "shipped"}),
    ]


def test_a_cancelled_order_gives_everything_back(desk: Desk) -> None:
    """The copies to the stock, and the money to the buyer, who may be the moderator too."""
    order_id = order_of(desk.store, desk.by, 7, 4, OrderState.PAID)
    assert desk.moderation.change_order_state(desk.by, order_id, OrderState.CANCELLED)
    assert desk.book().stock == 10
    assert PaymentWithdrawn(order_id) in desk.events()


@pytest.mark.parametrize("state", [OrderState.PLACED, OrderState.PAID, OrderState.REJECTED])
def test_moderators_make_no_payments(desk: Desk, state: OrderState) -> None:
    """What only the provider says cannot be said by a moderator."""
    order_id = order_of(desk.store, buyer_of(desk.store), 7)
    with pytest.raises(ValueError, match="moderator"):
        desk.moderation.change_order_state(desk.by, order_id, state)


def test_an_order_that_is_not_there_is_not_moved(desk: Desk) -> None:
    """Nor is anything logged."""
    with pytest.raises(OrderNotFound):
        desk.moderation.change_order_state(desk.by, "7K3M-9QXD-2TB4", OrderState.SHIPPED)
    assert log_of(desk.store) == []


def test_moderators_at_once_do_not_wait_for_each_other_for_ever(desk: Desk) -> None:
    """Two who buy from the shop themselves move each other's orders, while books change and are sold."""
    other = moderator_of(desk.store, "other@example.com")
    orders = [order_of(desk.store, reader_id, 7, 1, OrderState.PAID) for reader_id in (desk.by, other)]

    def work_on(number: int) -> None:
        moderator, order_id = (desk.by, other)[number % 2], orders[(number + 1) % 2]
        desk.moderation.change_order_state(moderator, order_id, OrderState.SHIPPED)
        desk.moderation.hide_book(moderator, 7)
        desk.moderation.show_book(moderator, 7)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work_on, range(8)))
    with desk.store.read() as work:
        assert {work.orders.get(order_id).state for order_id in orders} == {OrderState.SHIPPED}
        moved = [entry for entry in work.audit.page(limit=100).rows if entry.action is Action.ORDER_STATE_CHANGED]
    assert len(moved) == 2


def test_events_are_sent_again(desk: Desk) -> None:
    """One, or all; each is logged, and one that was not set aside is no event to retry."""
    desk.moderation.hide_book(desk.by, 7)
    desk.moderation.show_book(desk.by, 7)
    with desk.store.write() as work:
        first, second = (row.event_id for row in work.outbox.waiting(10))
        work.outbox.mark_failed({first: "no", second: "no"})
        work.commit()
    assert desk.moderation.overview().failed_deliveries == 2
    desk.moderation.retry_event(desk.by, first)
    with pytest.raises(EventNotFound):
        desk.moderation.retry_event(desk.by, first)
    assert desk.moderation.retry_all_events(desk.by) == 1
    assert desk.moderation.retry_all_events(desk.by) == 0
    assert len(desk.events()) == 2
    entries = [(entry.action, entry.subject, entry.detail) for entry in log_of(desk.store)[:2]]
    assert entries == [(Action.EVENTS_RETRIED, "", {"count": 1}), (Action.EVENT_RETRIED, str(first), {})]


def test_the_overview_counts(desk: Desk) -> None:
    """Orders that wait, books that are sold out, and those that are hidden."""
    buyer = buyer_of(desk.store)
    order_of(desk.store, buyer, 7)
    order_of(desk.store, buyer, 7, 1, OrderState.PAID)
    desk.put(Book(id=8, title="Emma", stock=0), Book(id=9, title="Ulysses", stock=0))
    desk.moderation.hide_book(desk.by, 9)
    overview = desk.moderation.overview()
    assert (overview.awaiting_payment, overview.to_ship, overview.sold_out, overview.hidden) == (1, 1, 1, 1)


def test_who_is_gone_changes_nothing(desk: Desk) -> None:
    """A moderator cannot be forgotten; once they are none they can, and the log keeps what a former one did."""
    accounts = accounts_of(desk.store)
    desk.moderation.hide_book(desk.by, 7)
    with pytest.raises(StillModerator):
        accounts.forget(desk.by, "correct horse")
    with desk.store.write() as work:
        work.accounts.set_moderator(desk.by, False)
        work.commit()
    accounts.forget(desk.by, "correct horse")
    assert [(entry.email, entry.action) for entry in log_of(desk.store)] == [(None, Action.BOOK_HIDDEN)]
    with pytest.raises(NotSignedIn):
        desk.moderation.show_book(desk.by, 7)
    assert desk.moderation.overview().hidden == 1
