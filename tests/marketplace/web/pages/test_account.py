"""Tests of the pages under /account, through Flask's test client."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, text

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import LIMITS, Limit, Limiter, Tried
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import FakeRecommender

EMAIL, PASSWORD = "ann@example.com", "correct horse"
PAGES = [
    "/account",
    "/account/sign-up",
    "/account/sign-in",
    "/account/password",
    "/account/forget",
    "/account/export",
]


@pytest.fixture
def recommender() -> FakeRecommender:
    """Remembers for whom it was asked."""
    return FakeRecommender()


@pytest.fixture
def app(store: Store, recommender: FakeRecommender, tmp_path: Path) -> Flask:
    """A shop with one book, that lets one sign in three times a minute and five from one address."""
    with store.write() as work:
        work.books.put([Book(id=7, title="Dune")])
        work.commit()
    limits = {
        **LIMITS,
        Tried.SIGN_IN_BY_ADDRESS: Limit(5, 60),
        Tried.SIGN_IN_BY_EMAIL: Limit(3, 60),
        Tried.PASSWORD_BY_READER: Limit(2, 60),
        Tried.SIGN_UP_BY_ADDRESS: Limit(4, 60),
    }
    return create_app(
        Settings(data_dir=tmp_path),
        recommender,
        store=store,
        passwords=quick_passwords(),
        limiter=Limiter(limits),
    )


@pytest.fixture
def browser(app: Flask) -> Browser:
    """A browser that has never been here."""
    return Browser(app)


@pytest.fixture
def queries(store: Store) -> Iterator[list[str]]:
    """The statements that the database was given."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield seen
    event.remove(store.engine, "before_cursor_execute", note)


def asked_for(browser: Browser, recommender: FakeRecommender) -> int:
    """The reader for whom this browser's home page is made."""
    browser.get("/")
    return recommender.asked[-1][0]


def session_of(browser: Browser) -> dict[str, object]:
    """What is in the cookie."""
    with browser.client.session_transaction() as session:
        return dict(session)


def test_signing_up_signs_in(browser: Browser, recommender: FakeRecommender) -> None:
    """The form leads to the account's page, which greets once and knows the e-mail; the shop knows the reader."""
    response = browser.sign_up()
    assert (response.status_code, response.location) == (303, "/account")
    html = browser.get("/account")
    assert "Your account is ready" in html
    assert "signed in as ann@example.com" in html
    assert "Your account is ready" not in browser.get("/account")
    assert asked_for(browser, recommender) == session_of(browser)["reader_id"]


def test_an_account_is_the_same_in_every_browser(app: Flask, recommender: FakeRecommender) -> None:
    """Signing in elsewhere makes it the same reader's shop, until they sign out there."""
    here, there = Browser(app), Browser(app)
    here.sign_up()
    reader_id = asked_for(here, recommender)
    assert there.sign_in().status_code == 303
    assert asked_for(there, recommender) == reader_id
    assert there.sign_out().location == "/account"
    assert "You are signed out" in there.get("/account")
    assert asked_for(there, recommender) == 0
    assert asked_for(here, recommender) == reader_id


@pytest.mark.parametrize(
    ("fields", "words", "invalid"),
    [
        ({"email": "ann", "password": PASSWORD}, "Enter an e-mail address", ["email"]),
        ({"email": EMAIL, "password": "short"}, "at least 8 characters", ["password"]),
        ({"email": EMAIL, "password": "x" * 199 + "yz"}, "at most 200 characters", ["password"]),
        ({"email": EMAIL, "password": "password"}, "too common", ["password"]),
        ({}, "Enter an e-mail address", ["email", "password"]),
    ],
)
def test_a_form_that_cannot_be_used_is_shown_again(
    browser: Browser, fields: dict[str, str], words: str, invalid: list[str]
) -> None:
    """With 422, a summary that leads to the fields, each with its error, and all that was typed but passwords."""
    response = browser.send("/account/sign-up", **fields)
    assert response.status_code == 422
    assert words in response.text
    assert "<title>Error:" in response.text
    assert 'role="alert"' in response.text
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', response.text) == invalid
    for each in invalid:
        described = re.search(rf'<input id="{each}"[^>]*aria-describedby="([^"]+)"', response.text)
        assert described
        assert all(f'id="{named}"' in response.text for named in described[1].split())
        assert f'<a href="#{each}">' in response.text
    if fields:
        assert f'value="{fields["email"]}"' in response.text
        assert f'value="{fields["password"]}"' not in response.text
    assert "reader_id" not in session_of(browser)


def test_an_email_that_is_taken_is_a_conflict(app: Flask) -> None:
    """409, said at the field."""
    Browser(app).sign_up()
    response = Browser(app).sign_up("ANN@example.com", "another password")
    assert response.status_code == 409
    assert "An account with this e-mail already exists" in response.text


def test_a_wrong_password_and_an_unknown_email_look_the_same(app: Flask) -> None:
    """401, and pages that differ in nothing but what was typed."""
    Browser(app).sign_up()
    pages = []
    for email in (EMAIL, "bob@example.com"):
        response = Browser(app).sign_in(email, "wrong horse")
        assert response.status_code == 401
        assert "WWW-Authenticate" in response.headers
        page = re.sub(r'name="csrf_token" value="[^"]+"', "", response.text).replace(email, "")
        pages.append(page)
    assert pages[0] == pages[1]
    assert "E-mail or password is incorrect" in pages[0]


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [("/books/7?from=shop", "/books/7?from=shop"), ("//evil.org", "/account"), ("https:evil.org", "/account")],
)
def test_signing_in_leads_back_within_the_shop(app: Flask, asked: str, leads_to: str) -> None:
    """To where the reader came from, also after a failed try, and to no other site."""
    Browser(app).sign_up()
    browser = Browser(app)
    form = browser.client.get("/account/sign-in", query_string={"next": asked}).text
    assert 'name="next"' in form
    again = browser.send("/account/sign-in", email=EMAIL, password="wrong horse", next=asked)
    assert 'name="next"' in again.text
    response = browser.send("/account/sign-in", email=EMAIL, password=PASSWORD, next=asked)
    assert response.location == leads_to
    assert Browser(app).send("/account/sign-up", email="b@example.com", password=PASSWORD, next=asked).location == (
        leads_to
    )


def test_a_session_begins_anew_with_whom_it_is(app: Flask) -> None:
    """Signing up, in and out keep nothing of the cookie that was there before, the forms' secret least of all."""
    browser = Browser(app)
    for act in (browser.sign_up, browser.sign_out, browser.sign_in):
        browser.get("/account/sign-in", 303 if act == browser.sign_out else 200)
        browser.get("/account")
        with browser.client.session_transaction() as session:
            session["planted"] = "by somebody else"
        before = session_of(browser)["csrf_token"]
        assert act().status_code == 303
        after = session_of(browser)
        assert "planted" not in after
        assert after.get("csrf_token") != before


def test_a_guests_cookie_opens_no_account(app: Flask, recommender: FakeRecommender, store: Store) -> None:
    """Whoever copied a guest's cookie before the guest signed up or in is nobody afterwards: the guest is gone."""
    browser, copier = Browser(app), Browser(app)
    browser.get("/books/7?from=shop")
    copied = browser.client.get_cookie("reader")
    assert copied is not None
    guest = asked_for(browser, recommender)
    browser.sign_up()
    copier.client.set_cookie("reader", copied.value)
    assert "signed in as" not in copier.get("/account")
    assert asked_for(browser, recommender) != guest
    copier.get("/books/7?from=shop")
    assert asked_for(copier, recommender) not in {guest, asked_for(browser, recommender)}


@pytest.mark.parametrize("key", [None, "", "0" * 64, 7, ["x"]])
def test_an_account_is_not_opened_without_its_key(app: Flask, recommender: FakeRecommender, key: object) -> None:
    """A signed cookie that names the account's reader with another key is nobody's."""
    browser, other = Browser(app), Browser(app)
    browser.sign_up()
    reader_id = session_of(browser)["reader_id"]
    with other.client.session_transaction() as session:
        session["reader_id"] = reader_id
        session["session_key"] = key
    assert asked_for(other, recommender) == 0
    assert "signed in as" not in other.get("/account")
    other.get("/account/export", 404)


def test_another_password_signs_the_other_browsers_out(app: Flask, recommender: FakeRecommender) -> None:
    """Here one stays signed in; there one is nobody, and may sign in with the new password only."""
    here, there = Browser(app), Browser(app)
    here.sign_up()
    there.sign_in()
    response = here.send("/account/password", old=PASSWORD, password="battery staple")
    assert (response.status_code, response.location) == (303, "/account")
    assert "Your password has been changed" in here.get("/account")
    assert "signed in as" in here.get("/account")
    assert asked_for(there, recommender) == 0
    assert there.sign_in().status_code == 401
    assert there.sign_in(password="battery staple").status_code == 303


def test_a_password_that_is_not_changed_says_why(browser: Browser) -> None:
    """A wrong old one and an unfit new one, each at its field; who is not signed in is led to do so."""
    browser.sign_up()
    wrong = browser.send("/account/password", old="wrong horse", password="battery staple")
    assert wrong.status_code == 422
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', wrong.text) == ["old"]
    unfit = browser.send("/account/password", old=PASSWORD, password="short")
    assert unfit.status_code == 422
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', unfit.text) == ["password"]
    browser.sign_out()
    response = browser.client.get("/account/password")
    assert (response.status_code, response.location) == (303, "/account/sign-in?next=/account/password")


def test_the_export_is_a_file_of_ones_own(browser: Browser) -> None:
    """Guests and accounts download theirs, nobody has none; it is kept by no cache."""
    browser.get("/account/export", 404)
    browser.get("/books/7?from=shop")
    for become in (lambda: None, browser.sign_up):
        become()
        response = browser.client.get("/account/export")
        assert response.json is not None
        assert response.json["reader_id"] == session_of(browser)["reader_id"]
        assert [each["title"] for each in response.json["history"]] == ["Dune"]
        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert response.headers["Cache-Control"] == "no-store"


def test_a_guest_is_forgotten_after_a_question(browser: Browser, store: Store) -> None:
    """The page asks; its form deletes the reader and the cookie, and says that it is done."""
    browser.get("/books/7?from=shop")
    assert "cannot be undone" in browser.get("/account/forget")
    assert browser.send("/account/forget").location == "/account"
    assert "Your data has been deleted" in browser.get("/account")
    assert "reader_id" not in session_of(browser)
    with store.read() as work:
        assert not work.readers.exists(1_000_000_000)


def test_an_account_is_forgotten_by_its_password(app: Flask, browser: Browser, recommender: FakeRecommender) -> None:
    """A wrong one is refused at the field; after the right one every browser is nobody's and the account is gone."""
    browser.sign_up()
    elsewhere = Browser(app)
    elsewhere.sign_in()
    refused = browser.send("/account/forget", password="wrong horse")
    assert refused.status_code == 422
    assert re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', refused.text) == ["password"]
    assert browser.send("/account/forget", password=PASSWORD).status_code == 303
    assert asked_for(browser, recommender) == 0
    assert asked_for(elsewhere, recommender) == 0
    assert browser.sign_in().status_code == 401


@pytest.mark.parametrize("path", ["/account/sign-up", "/account/sign-in"])
def test_who_is_signed_in_is_not_asked_to(browser: Browser, path: str) -> None:
    """These forms lead to the account's page then."""
    browser.sign_up()
    browser.get(path, 303)


@pytest.mark.parametrize("path", ["/account/sign-out", "/account/forget", "/account/password"])
def test_nobody_can_send_what_is_for_readers(browser: Browser, path: str) -> None:
    """With a valid token, they are led elsewhere and nothing happens."""
    assert browser.send(path, form_at="/account/sign-in").status_code == 303


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_an_account_is_kept(browser: Browser, path: str) -> None:
    """Whoever presses Back after somebody signed out sees nothing of theirs."""
    browser.sign_up()
    assert browser.client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/account/sign-up", "/account/sign-in", "/account/password", "/account/forget"])
def test_forms_work_with_password_stores(browser: Browser, path: str) -> None:
    """Each field says to browsers what it is for, has a label of its own, and lets one paste."""
    if path in {"/account/password", "/account/forget"}:
        browser.sign_up()
    html = browser.get(path)
    fields = re.findall(r'<input id="(\w+)" name="(\w+)" type="(\w+)" autocomplete="([\w-]+)"', html)
    assert fields
    assert {each[3] for each in fields} <= {"username", "current-password", "new-password"}
    assert all(each[3].endswith("password") == (each[2] == "password") for each in fields)
    assert all(f'<label for="{each[0]}">' in html for each in fields)
    assert "onpaste" not in html
    assert html.count("<h1") == 1


def test_a_guest_costs_no_query(browser: Browser, queries: list[str]) -> None:
    """Who a guest is stands in the cookie; an account is looked up once for each request."""
    browser.get("/books/7?from=shop")
    queries.clear()
    browser.get("/account")
    assert queries == []
    browser.sign_up()
    queries.clear()
    browser.get("/account")
    assert len([each for each in queries if "FROM accounts" in each]) == 1


def test_signing_in_is_limited_by_account(app: Flask) -> None:
    """Three wrong tries a minute; the fourth is not even looked at, and is told when to come back."""
    Browser(app).sign_up()
    browser = Browser(app)
    for spelling in (EMAIL, "ANN@example.com", " ann@example.com"):
        assert browser.sign_in(spelling, "wrong horse").status_code == 401
    refused = browser.sign_in()
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "Too many attempts" in refused.text
    assert f'value="{EMAIL}"' in refused.text
    assert browser.sign_in("bob@example.com").status_code == 401


def test_the_right_password_clears_the_count_of_the_account(app: Flask) -> None:
    """Who mistypes now and then is not locked out."""
    Browser(app).sign_up()
    for _ in range(4):
        assert Browser(app).sign_in().status_code == 303


def test_signing_in_is_limited_by_address(app: Flask) -> None:
    """Five tries a minute from one address, at however many accounts."""
    browser = Browser(app)
    for number in range(5):
        assert browser.sign_in(f"reader{number}@example.com").status_code == 401
    assert browser.sign_in("reader5@example.com").status_code == 429
    html = browser.client.get("/account/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert token
    fields = {"csrf_token": token[1], "email": EMAIL, "password": PASSWORD}
    elsewhere = browser.client.post("/account/sign-in", data=fields, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 401


def test_signing_up_is_limited_by_address(app: Flask) -> None:
    """Four a minute here."""
    for number in range(4):
        assert Browser(app).sign_up(f"reader{number}@example.com").status_code == 303
    refused = Browser(app).sign_up()
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_guessing_the_password_of_an_open_session_is_limited(browser: Browser) -> None:
    """A browser left open lets nobody try passwords for long, by either form."""
    browser.sign_up()
    assert browser.send("/account/password", old="guess 1", password="battery staple").status_code == 422
    assert browser.send("/account/forget", password="guess 2").status_code == 422
    assert browser.send("/account/forget", password=PASSWORD).status_code == 429
    assert browser.send("/account/password", old=PASSWORD, password="battery staple").status_code == 429


def test_without_the_database_nobody_is_signed_in(browser: Browser, store: Store) -> None:
    """The shop says that it is closed instead of treating an account as a stranger."""
    browser.sign_up()
    with store.engine.connect() as connection:
        connection.execute(text("DROP TABLE accounts"))
        connection.commit()
    assert "closed for a moment" in browser.get("/account", 503)
    assert "closed for a moment" in browser.get("/", 503)


def test_what_stands_on_every_page_can_be_made_without_the_database(app: Flask, store: Store) -> None:
    """A template that asks who is signed in is told nobody, so that the page of the failure does not fail itself."""
    browser = Browser(app)
    browser.sign_up()
    cookie = browser.client.get_cookie("reader")
    assert cookie is not None
    with store.engine.connect() as connection:
        connection.execute(text("DROP TABLE accounts"))
        connection.commit()
    with app.test_request_context("/", headers={"Cookie": f"reader={cookie.value}"}):
        template = app.jinja_env.from_string("{{ current_account() }} {{ current_reader() }}")
        assert template.render() == "None 0"


def test_hostile_input_is_only_text(browser: Browser) -> None:
    """What was typed comes back as a value, not as markup."""
    hostile = '"><script>alert(1)</script>'
    response = browser.send("/account/sign-up", email=hostile, password="x", next=hostile)
    assert "<script>" not in response.text
    assert "&lt;script" in response.text
