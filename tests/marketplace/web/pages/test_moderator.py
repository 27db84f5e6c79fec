"""The moderators' pages, and who may use them."""

import gzip
import re
from io import BytesIO
from itertools import product

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.cli import moderator as moderator_command
from marketplace.domain.books import Book
from marketplace.domain.events import BookChanged
from marketplace.domain.moderation import Action
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.store import Store
from marketplace.usecases.catalogue.uploads import MAX_UPLOAD_BYTES
from tests.marketplace.browser import Browser, token
from tests.marketplace.ordering import MODERATOR, buyer_of, log_of, moderators_browser, order_of
from tests.marketplace.web.attacks import path_of

BOOK = "/moderator/books/20"


@pytest.fixture
def browser(app: Flask, store: Store) -> Browser:
    """A browser with a moderator signed in."""
    return moderators_browser(app, store)


def fields_of(browser: Browser, path: str = BOOK) -> dict[str, str]:
    """The values in the form of a book, without its categories."""
    html = browser.client.get(path).text
    form = html[html.index("facts-form") :]
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form))
    fields.pop("categories")
    description = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)
    assert description
    return fields | {"description": description[1]}


def send(browser: Browser, path: str, form_at: str, **fields: object) -> TestResponse:
    """Send a form with fields of many values, or files."""
    return browser.client.post(path, data={"csrf_token": token(browser.client.get(form_at).text), **fields})


def test_only_moderators_reach_the_moderators_routes(app: Flask) -> None:
    """Visitors and guests are asked to sign in, other accounts get 403, for every method; nothing is cached."""
    guest, account = Browser(app), Browser(app)
    guest.get("/books/20?from=shop")
    account.sign_up()
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/moderator")]
    assert len(rules) > 15
    for rule, browser in product(rules, (Browser(app), guest, account)):
        path = path_of(rule.rule).decode()
        csrf = token(browser.client.get("/books/20").text)
        for method in rule.methods or ():
            answer = browser.client.open(path, method=method, data={"csrf_token": csrf})
            if browser is account:
                assert answer.status_code == 403, (method, path)
            else:
                assert answer.status_code == 303
                next_path = path if method == "GET" else "/moderator"
                assert answer.location == f"/account/sign-in?next={next_path}"
            assert answer.headers["Cache-Control"] == "no-store"


def test_signing_in_leads_back_to_the_page(app: Flask, browser: Browser) -> None:
    """With its arguments; moderators find a link on their account page."""
    visitor = Browser(app)
    answer = visitor.client.get("/moderator/orders?state=paid")
    assert answer.location == "/account/sign-in?next=/moderator/orders?state%3Dpaid"
    back = visitor.send(
        answer.location, email=MODERATOR, password="correct horse", next="/moderator/orders?state=paid"
    )
    assert back.location == "/moderator/orders?state=paid"
    assert 'href="/moderator"' in visitor.get("/account")
    plain = Browser(app)
    plain.sign_up("plain@example.com")
    assert 'href="/moderator"' not in plain.get("/account")


def test_rights_end_with_the_next_page(app: Flask, store: Store) -> None:
    """The operator's commands accept any spelling of an e-mail; an unknown one has to sign up first."""
    browser = Browser(app)
    browser.sign_up("Ann@Example.com")

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(moderator_command, arguments, obj=(None, store))
        return result.exit_code, result.output

    browser.get("/moderator", 403)
    assert run("list") == (0, "")
    assert run("add", " ANN@example.COM")[0] == 0
    browser.get("/moderator")
    assert run("list") == (0, "ann@example.com\n")
    assert run("remove", "ann@example.com")[0] == 0
    browser.get("/moderator", 403)
    code, output = run("add", "bob@example.com")
    assert code == 1
    assert "sign up" in output
    assert output.count("\n") == 1


def test_the_overview_links_to_what_it_counts(browser: Browser) -> None:
    """The linked pages exist."""
    html = browser.get("/moderator")
    for path in ("/moderator/orders?state=paid&sort=placed", "/moderator/books?show=hidden", "/moderator/events"):
        assert path in html
        browser.get(path)


def test_the_table_of_books_is_searched_sorted_and_filtered(browser: Browser) -> None:
    """The sort order is announced, reversed by its link, and kept by the form."""
    html = browser.get("/moderator/books?q=dune&show=offered&sort=-price")
    assert "Dune" in html
    assert "Hyperion" not in html
    assert 'aria-sort="descending"><a href="/moderator/books?q=dune&show=offered&sort=price"' in html
    assert 'name="sort" value="-price"' in html
    assert "1 result" in html
    assert "No books match" in browser.get("/moderator/books?q=absent")
    for wrong in ("sort=size", "sort=--id", "show=some", "page=2", "page=0"):
        browser.get(f"/moderator/books?{wrong}", 404)


def test_a_book_is_changed_by_its_form(app: Flask, store: Store, browser: Browser) -> None:
    """Readers see it at once, and a message confirms it."""
    app.test_client().get("/books/20")
    answer = send(browser, BOOK, BOOK, **fields_of(browser) | {"title": "Dune Messiah"}, categories=["poetry"])
    assert answer.location == BOOK
    assert "Saved " in browser.get(BOOK)
    html = Browser(app).get("/books/20")
    assert "Dune Messiah" in html
    assert "/categories/poetry" in html
    with store.read() as work:
        assert work.books.get(20).price == Money(999, "EUR")


def test_errors_are_shown_at_their_fields(browser: Browser) -> None:
    """All of them, and what was typed is kept."""
    typed = fields_of(browser) | {
        "title": " ",
        "isbn": "",
        "price": "nine",
        "stock": "2",
        "description": "<b>kept</b>",
    }
    answer = send(browser, BOOK, BOOK, **typed, categories="science-fiction")
    assert answer.status_code == 422
    for part in ('id="title-error"', 'id="price-error"', 'value="nine"', "&lt;b&gt;kept&lt;/b&gt;"):
        assert part in answer.text
    assert 'id="stock-error"' not in answer.text


def test_concurrent_changes_are_shown_as_conflicts(store: Store, browser: Browser) -> None:
    """The form shows both versions and keeps the other's changes; saving again overwrites."""
    typed = fields_of(browser) | {"title": "Mine"}
    with store.write() as work:
        book = work.books.get(20)
        work.books.put([Book(id=20, title="Theirs", stock=1, categories=book.categories)])
        work.commit()
    answer = send(browser, BOOK, BOOK, **typed, categories="science-fiction")
    assert answer.status_code == 409
    for part in ("Somebody else has changed this book", 'value="Mine"', "<q>Theirs</q>"):
        assert part in answer.text
    form = answer.text[answer.text.index("facts-form") :]
    again = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form))
    assert (again["stock"], again["price"]) == ("1", "")
    again.pop("categories")
    assert send(browser, BOOK, BOOK, **again, description="", categories="science-fiction").status_code == 303
    with store.read() as work:
        assert (work.books.get(20).title, work.books.get(20).stock) == ("Mine", 1)


def test_a_book_is_added_hidden_shown_and_deleted(app: Flask, store: Store, browser: Browser) -> None:
    """Readers see it, until it is hidden, and again until it is deleted."""
    new = "/moderator/books/new"
    answer = send(browser, new, new, title="Emma", categories=["classics"], price="5", currency="eur")
    assert answer.location == "/moderator/books/1000000000"
    page, path = "/books/1000000000", answer.location
    reader = Browser(app)
    reader.get(page)
    browser.send(f"{path}/hide", form_at=path)
    assert "hidden" in browser.get(path)
    reader.get(page, 404)
    browser.send(f"{path}/show", form_at=path)
    reader.get(page)
    assert "<cite>Emma</cite> (ID 1000000000)" in browser.get(f"{path}/delete")
    assert browser.send(f"{path}/delete").location == "/moderator/books"
    assert "Deleted <cite>Emma</cite>" in browser.get("/moderator/books")
    reader.get(page, 404)
    browser.get(path, 404)
    with store.read() as work:
        assert [row.event() for row in work.outbox.waiting(10)] == [BookChanged(1_000_000_000)] * 4
    log = browser.get("/moderator/audit")
    for words in ("added book 1000000000", "hid book", "made book", "deleted book", MODERATOR):
        assert words in log


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_file_of_books_is_imported(store: Store, browser: Browser, gzipped: bool) -> None:
    """A larger body than other forms may have; rejected rows are shown with line and reason."""
    rows = "".join(f"{number},Title {number},{'x' * 150}\n" for number in range(1000, 1500))
    text = f"book_id,title,description\n{rows},Nought,\n".encode()
    assert len(text) > 64 * 1024
    file = (BytesIO(gzip.compress(text) if gzipped else text), "books.csv.gz" if gzipped else "books.csv")
    answer = send(browser, "/moderator/books/import", "/moderator/books/import", books=file)
    assert answer.status_code == 200
    for words in ("500 books read", "500 new or changed", "1 row rejected", ">502</th>"):
        assert words in re.sub(r"\s+", " ", answer.text)
    assert log_of(store)[0].action is Action.BOOKS_IMPORTED
    assert "500 new or changed" in browser.get("/moderator/audit")


def test_a_file_without_books_is_rejected(store: Store, browser: Browser) -> None:
    """With one line on the page; so is a form without a file."""
    path = "/moderator/books/import"
    answer = send(browser, path, path, books=(BytesIO(b"id,name\n"), "x.csv"))
    assert answer.status_code == 422
    assert "no row could be read" in answer.text
    assert send(browser, path, path).status_code == 422
    assert log_of(store) == []


def test_a_file_that_is_too_large_is_rejected_with_advice(app: Flask, browser: Browser) -> None:
    """The page names the command that accepts it; only moderators may send large bodies, and only here."""
    large = b"x" * (MAX_UPLOAD_BYTES + 1)
    answer = browser.client.post(
        "/moderator/books/import", data=large, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 413
    assert "python -m marketplace import --books" in answer.text
    account = Browser(app)
    account.sign_up()
    for sender, path in ((account, "/moderator/books/import"), (browser, BOOK), (browser, "/moderator/events/retry")):
        answer = sender.client.post(path, data={"books": (BytesIO(large[:100_000]), "x.csv")})
        assert answer.status_code == 413
        assert "python -m" not in answer.text


def test_an_order_is_shipped_and_delivered(store: Store, browser: Browser) -> None:
    """Only valid changes have a button, and the audit log has each of them."""
    order_id = order_of(store, buyer_of(store), 20, 2, OrderState.PAID)
    path = f"/moderator/orders/{order_id}"
    assert order_id in browser.get("/moderator/orders?q=oxford&state=paid&sort=-total")
    html = browser.get(path)
    for words in ("Ann Reader", "1 High Street", "ann@example.com", "€19.98", 'value="shipped"', 'value="cancelled"'):
        assert words in html
    assert 'value="delivered"' not in html
    assert browser.send(path, to="shipped").location == path
    html = browser.get(path)
    assert f"Order {order_id} is now shipped." in html
    assert 'value="cancelled"' not in html
    browser.send(path, to="shipped")
    assert "was already shipped" in browser.get(path)
    browser.send(path, to="cancelled")
    assert f"order {order_id} is shipped." in browser.get(path)
    browser.send(path, to="delivered")
    assert 'name="to"' not in browser.get(path)
    assert "paid → shipped" in browser.get("/moderator/audit")
    for wrong in ("paid", "placed", "", "nonsense"):
        assert browser.send(path, form_at="/moderator/books/new", to=wrong).status_code == 400
    browser.get("/moderator/orders/7K3M-9QXD-2TB4", 404)
    browser.get("/moderator/orders/nonsense", 404)
    browser.get("/moderator/orders?state=lost", 404)


def test_failed_deliveries_are_sent_again(store: Store, browser: Browser) -> None:
    """The reason is shown; one or all can be retried."""
    browser.send(f"{BOOK}/hide", form_at=BOOK)
    browser.send(f"{BOOK}/show", form_at=BOOK)
    with store.write() as work:
        first, second = (row.event_id for row in work.outbox.waiting(10))
        work.outbox.mark_failed({first: "<b>because</b>", second: "no"})
        work.commit()
    page = "/moderator/events"
    html = browser.client.get(page).text
    assert "&lt;b&gt;because&lt;/b&gt;" in html
    browser.send(f"{page}/{first}/retry", form_at=page)
    assert "Sending again" in browser.get(page)
    browser.send(f"{page}/{first}/retry", form_at=page)
    assert "no longer in the list" in browser.get(page)
    browser.send(f"{page}/retry", form_at=page)
    html = browser.get(page)
    assert "Sending 1 event again" in html
    assert "Everything was delivered" in html
    assert f"sent event {first} again" in browser.get("/moderator/audit")


def test_a_moderator_cannot_delete_their_own_data(browser: Browser) -> None:
    """The page says whom to ask."""
    answer = browser.send("/account/forget", password="correct horse")
    assert answer.status_code == 409
    assert "remove your moderator rights" in answer.text
    browser.get("/moderator")
