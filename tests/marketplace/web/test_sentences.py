"""Every text on every page is marked for translation."""

import re
from gettext import NullTranslations
from pathlib import Path

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.money import Money
from marketplace.domain.orders import Address, OrderState
from marketplace.domain.recommendations import Reason, ReasonKind
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.languages import Languages
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import FakeRecommender, recommended
from tests.marketplace.ordering import buyer_of, moderators_browser, order_of
from tests.marketplace.stored import notices_of, put
from tests.translations import Texts

MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
DATA = (
    *("Qqbook", "Qqauthor", "Qqsubject", "Qqdescription", "qq@example.com", "€9.99", "978-3", "BC"),
    *("Qqname", "Qqstreet", "Qqcity", "QQ", "EUR"),
)
"""Texts of the catalogue and of readers; all other texts are the shop's."""


class Pseudo(NullTranslations):
    """A pseudo-locale: every English sentence in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


def unmarked(html: str) -> list[str]:
    """Texts that are neither marked nor data."""
    texts = Texts()
    texts.feed(html)
    text = " \n ".join(texts.words)
    # A sentence may contain another one, such as the name of a category.
    while MARKED.search(text):
        text = MARKED.sub(" ", text)
    # A sentence may span elements, such as a cited title.
    text = re.sub(r"⟦.*?⟧", " ", text, flags=re.DOTALL)
    for data in DATA:
        text = text.replace(data, " ")
    return [line.strip() for line in text.splitlines() if re.search(r"[^\W\d_]", line)]


@pytest.fixture
def recommender() -> FakeRecommender:
    """Recommends a book for every kind of reason."""
    kinds = [Reason(kind, ((2, "Qqbook"), (3, "Qqbook"))) for kind in ReasonKind]
    return FakeRecommender(*(recommended(4, reason=reason) for reason in [*kinds, *map(Reason, ReasonKind)][:5]))


@pytest.fixture
def app(store: Store, recommender: FakeRecommender, tmp_path: Path) -> Flask:
    """A shop in the pseudo-locale, with books that have all attributes."""
    put(
        store,
        *(
            Book(
                id=number,
                title="Qqbook",
                authors=("Qqauthor",),
                year=-44,
                isbn="978-3",
                categories=(Category.MYSTERY, Category.POETRY),
                subjects=("Qqsubject",) if number % 2 == 0 else (),
                description="Qqdescription",
                price=Money(999, "EUR"),
                stock=number % 8,
            )
            for number in range(1, 41)
        ),
    )
    return create_app(
        Settings(data_dir=tmp_path),
        recommender,
        store=store,
        passwords=quick_passwords(),
        languages=Languages({"en": Pseudo()}),
    )


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A reader with a history, a rating, a wish and a dismissed book."""
    browser = Browser(app)
    browser.get("/books/2?from=list-1")
    browser.send("/books/2/rating", form_at="/books/2", stars="4.5")
    browser.send("/books/3/wish", form_at="/books/3")
    browser.send("/books/5/not-interested", form_at="/books/5")
    return browser


PAGES = [
    *("/", "/books/2", "/books/3", "/books/5", "/books/8", "/categories", "/categories/mystery"),
    *("/categories/mystery?page=2", "/authors/qqauthor", "/search", "/search?q=qqbook", "/search?q=qqbok"),
    *("/search?q=qqbook+zzzzzz", "/search?q=zzzzzz", "/search/suggest?q=qq", "/search/suggest?q=myst"),
    *("/history", "/wishlist", "/account", "/account/sign-up", "/account/sign-in", "/account/forget", "/nope"),
    *("/account/forgotten", "/account/reset", "/account/confirm"),
]


@pytest.mark.parametrize("path", PAGES)
def test_every_sentence_of_a_page_is_marked(browser: Browser, path: str) -> None:
    """For a visitor and for a reader."""
    for reader in (browser, Browser(browser.client.application)):
        response = reader.client.get(path)
        # Nobody reads the body of a redirect.
        assert response.location or unmarked(response.text) == []


@pytest.mark.parametrize("kind", ReasonKind)
def test_every_reason_is_marked(browser: Browser, recommender: FakeRecommender, kind: ReasonKind) -> None:
    """With two books, one, and none."""
    named = ((2, "Qqbook"), (30, "Qqbook"))
    for books in (named, named[:1], named[1:], ()):
        recommender.answer = [recommended(4, reason=Reason(kind, books))]
        assert unmarked(browser.client.get("/").text) == []


def test_messages_after_actions_are_marked(browser: Browser, recommender: FakeRecommender) -> None:
    """So is the notice of an outage."""
    for path, fields in (
        ("/books/6/rating", {"stars": "3"}),
        ("/books/6/wish", {}),
        ("/books/6/unwish", {}),
        ("/books/6/not-interested", {}),
        ("/undo", {"interaction": "none"}),
    ):
        browser.send(path, form_at="/books/6", **fields)
        assert unmarked(browser.client.get("/").text) == []
    recommender.error = RecommenderUnavailable("down")
    assert unmarked(browser.client.get("/").text) == []
    assert unmarked(Browser(browser.client.application).client.get("/").text) == []


def test_account_pages_are_marked(browser: Browser, store: Store) -> None:
    """With errors and messages."""
    wrong = browser.send("/account/sign-up", email="no", password="no")
    assert unmarked(wrong.text.replace('value="no"', "")) == []
    assert unmarked(browser.send("/account/sign-in", email="no", password="no").text) == []
    browser.sign_up("qq@example.com")
    for path in ("/account", "/account/password", "/account/forget", "/account/email"):
        assert unmarked(browser.client.get(path).text) == []
    assert unmarked(browser.send("/account/email", email="qq@example.com", password="correct horse").text) == []
    browser.send("/account/email", email="new-qq@example.com", password="correct horse")
    assert unmarked(browser.client.get("/account").text.replace("new-", "")) == []
    browser.send("/account/forgotten", email="qq@example.com")
    change, reset = (notice.path for notice in notices_of(store)[-2:])
    other = Browser(browser.client.application)
    for reader, path in ((browser, change), (other, change), (browser, reset)):
        assert unmarked(reader.client.get(path).text.replace("new-", "")) == []
    assert unmarked(other.send("/account/forgotten", email="no").text.replace('value="no"', "")) == []
    reset_form = {"token": reset.partition("=")[2], "password": "no"}
    assert unmarked(browser.send("/account/reset", form_at=reset, **reset_form).text) == []
    for _ in range(6):
        browser.send("/account/email/confirmation", form_at="/account")
        assert unmarked(browser.client.get("/account").text.replace("new-", "")) == []
    assert unmarked(browser.send("/account/password", old="no", password="no").text) == []
    browser.sign_out()
    assert unmarked(browser.client.get("/account").text) == []
    assert unmarked(browser.client.post("/account/sign-in").text) == []


@pytest.mark.slow
def test_moderators_pages_are_marked(app: Flask, store: Store) -> None:
    """Full and empty, with errors and messages."""
    browser = moderators_browser(app, store, "qq@example.com")
    pages = ("", "/books", "/books?q=zzz", "/books/new", "/books/import", "/orders", "/events", "/audit")
    for page in pages:
        assert unmarked_on(browser, f"/moderator{page}") == []
    address = Address(name="Qqname", street="Qqstreet", city="Qqcity", country="QQ")
    orders = [
        order_of(store, buyer_of(store, f"{n}qq@example.com"), n, 1, *states, address=address)
        for n, states in (
            (1, [OrderState.PAID, OrderState.SHIPPED, OrderState.DELIVERED]),
            (2, [OrderState.PAID]),
            (3, [OrderState.REJECTED]),
            (4, []),
        )
    ]
    book, order = "/moderator/books/5", f"/moderator/orders/{orders[1]}"
    for path, form_at, fields in (
        (f"{book}/hide", book, {}),
        (f"{book}/show", book, {}),
        (order, order, {"to": "shipped"}),
        (order, order, {"to": "shipped"}),
        (order, order, {"to": "cancelled"}),
        ("/moderator/events/retry", book, {}),
        ("/moderator/events/1/retry", book, {}),
    ):
        browser.send(path, form_at=form_at, **fields)
        assert unmarked_on(browser, form_at) == []
    with store.write() as work:
        work.outbox.mark_failed({row.event_id: "Qqbook" for row in work.outbox.waiting(3)})
        work.commit()
    for page in (*pages, "/books/5/delete", *(f"/orders/{order}" for order in orders)):
        assert unmarked_on(browser, f"/moderator{page}") == []
    new = "/moderator/books/new"
    assert (
        unmarked(
            browser.send(new, stock="many", price="many", year="many", picture="many").text.replace(
                'value="many"', ""
            )
        )
        == []
    )
    browser.send(new, title="Qqbook")
    assert unmarked_on(browser, "/moderator/books/1000000000") == []
    assert unmarked(browser.send("/moderator/books/1000000000", title="Qqauthor").text) == []
    assert (
        unmarked(browser.client.post("/moderator/books/import", data=b"x" * 9_000_000).text.replace("books FILE", ""))
        == []
    )
    browser.send("/moderator/books/1000000000/delete")
    assert unmarked_on(browser, "/moderator/audit") == []


def unmarked_on(browser: Browser, path: str) -> list[str]:
    """Texts of a page that are neither marked, nor data, nor the number of an order."""
    html = browser.client.get(path).text
    html = re.sub(r'<(td|p|span)( lang="en")? class="(?:raw|code)">.*?</\1>', "", html)
    return unmarked(re.sub(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", "", html))


def test_unmarked_texts_are_detected() -> None:
    """Text, spoken attributes and descriptions alike."""
    html = '<p>⟦fine⟧ <a title="bad">Qqbook</a> worse</p><meta name="description" content="worst"><script>x</script>'
    assert unmarked(html) == ["bad", "worse", "worst"]
