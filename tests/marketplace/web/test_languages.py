"""The language of a page, and how readers choose it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from gettext import NullTranslations
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace.app import create_app
from marketplace.domain.errors import StoreUnavailable
from marketplace.domain.money import Money
from marketplace.settings import TRANSLATIONS, Settings
from marketplace.store import Store
from marketplace.web.formats import FORMATS
from marketplace.web.languages import MAX_ACCEPT_LANGUAGE, Languages
from servicekit.translations import translations
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.translations import Texts

PAGE = "/account/sign-in"
EMAIL = "ann@example.com"
ALL = Languages(translations(TRANSLATIONS), complete={"ru": ("",)})
"""As if every page were translated."""


class Shouted(NullTranslations):
    """A language whose sentences are the English ones in capitals."""

    def gettext(self, message: str) -> str:
        return re.sub(r"(%\(\w+\)s|<[^>]+>)|(\w)", lambda match: match[1] or match[2].upper(), message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def make_app(store: Store, folder: Path, *, languages: Languages | None = None, language: str = "en") -> Flask:
    settings = Settings(data_dir=folder, language=language)
    return create_app(settings, FakeRecommender(), store=store, passwords=quick_passwords(), languages=languages)


def language_of(response: TestResponse) -> str:
    """The language that a page says it is in, in its header and its HTML."""
    match = re.search(r'<html lang="([a-z]+)">', response.text)
    assert match
    assert response.headers["Content-Language"] == match[1]
    return match[1]


def texts_of(html: str) -> str:
    """The texts of a page."""
    texts = Texts()
    texts.feed(html)
    return " ".join(" ".join(texts.words).split())


@pytest.mark.parametrize(
    ("known", "language"),
    [
        ((None, None, None, "en"), "en"),
        ((None, None, None, "ru"), "ru"),
        ((None, None, "de", "ru"), "ru"),
        ((None, None, "*", "ru"), "ru"),
        ((None, None, "ru", "en"), "ru"),
        ((None, None, "en", "ru"), "en"),
        ((None, None, "ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", "en"), "ru"),
        ((None, None, "ru-RU,en;q=0.9", "en"), "ru"),
        ((None, None, "de,en;q=0.5,ru;q=0.8", "en"), "ru"),
        ((None, None, "ru;q=0,en;q=0.1", "ru"), "en"),
        ((None, "ru", None, "en"), "ru"),
        ((None, "ru", "en", "en"), "ru"),
        ((None, "en", "ru", "ru"), "en"),
        (("en", "ru", "ru", "ru"), "en"),
        (("ru", "en", "en", "en"), "ru"),
        (("de", "ru", "en", "en"), "ru"),
        (("", None, "ru", "en"), "ru"),
        (("../ru", None, None, "en"), "en"),
        (("ru", None, "??;;q=,,", "en"), "ru"),
        ((None, None, ";q=x,,\t-", "en"), "en"),
        ((None, None, "ru," + "x" * MAX_ACCEPT_LANGUAGE, "en"), "en"),
        ((None, "xx", "ru", "en"), "ru"),
    ],
)
def test_what_is_chosen_counts_in_order(
    store: Store, tmp_path: Path, known: tuple[str | None, str | None, str | None, str], language: str
) -> None:
    """This browser's choice, the account's, what the browser asks for, the shop's setting; nonsense is skipped."""
    cookie, account, header, setting = known
    app = make_app(store, tmp_path, language=setting)
    browser = Browser(app)
    if account is not None:
        browser.sign_up(EMAIL)
        with store.write() as work:
            stored = work.accounts.by_email(EMAIL)
            assert stored
            work.accounts.set_language(stored.reader_id, account)
            work.commit()
    if cookie is not None:
        browser.client.set_cookie("language", cookie)
    headers = {} if header is None else {"Accept-Language": header}
    assert language_of(browser.client.get("/account", headers=headers)) == language


def test_a_link_chooses_for_a_year(visitor: FlaskClient) -> None:
    """It leads back to the page without itself; the cookie is for the shop's server alone."""
    response = visitor.get(f"{PAGE}?next=/cart%3Fa=b&lang=ru&x=%D1%8F")
    assert response.status_code == 303
    assert response.location == f"{PAGE}?next=%2Fcart%3Fa%3Db&x=%D1%8F"
    cookie = response.headers["Set-Cookie"]
    assert re.fullmatch(r"language=ru; Expires=[^;]+; Max-Age=31536000; HttpOnly; Path=/; SameSite=Lax", cookie)
    assert language_of(visitor.get(PAGE)) == "ru"
    assert visitor.get(f"{PAGE}?lang=en").location == PAGE
    assert language_of(visitor.get(PAGE, headers={"Accept-Language": "ru"})) == "en"


def test_the_cookie_is_secure_behind_tls(store: Store, tmp_path: Path) -> None:
    """Like the others."""
    app = create_app(Settings(data_dir=tmp_path, secure_cookies=True), FakeRecommender(), store=store)
    assert "Secure;" in app.test_client().get("/?lang=ru", base_url="https://localhost").headers["Set-Cookie"]


@pytest.mark.parametrize("query", ["lang=de", "lang=", "lang", "lang=RU", "lang=ru%00", "language=ru", "xlang=ru"])
def test_nonsense_chooses_nothing(visitor: FlaskClient, query: str) -> None:
    """The page is shown as without it."""
    response = visitor.get(f"{PAGE}?{query}")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers or "language=" not in response.headers["Set-Cookie"]
    assert language_of(response) == "en"


def test_a_form_chooses_nothing(browser: Browser) -> None:
    """Only links do."""
    response = browser.send(f"{PAGE}?lang=ru", form_at=PAGE, email=EMAIL, password="wrong")
    assert response.status_code == 401
    assert "language=" not in str(response.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example.com",
        "//evil.example.com/%2e%2e",
        "/%2f/evil.example.com",
        "/%5cevil.example.com",
        "/account%0d%0aLocation:%20//evil.example.com",
        "/%09/evil.example.com",
    ],
)
def test_the_choice_leads_to_no_other_site(visitor: FlaskClient, path: str) -> None:
    """A path that a browser may read as a host leads to the home page, or, still encoded, to a page of the shop."""
    location = visitor.get("/", query_string="lang=ru", environ_overrides={"PATH_INFO": path}).location
    assert location is None or re.match(r"/(?![/\\%])", location) or location == "/"
    raw = visitor.get(f"{path}?lang=ru", follow_redirects=False)
    assert raw.location is None or re.match(r"/(?![/\\])", raw.location)


def test_an_account_keeps_its_choice(browser: Browser, app: Flask, store: Store) -> None:
    """It is the language at signing up, until a link of the shop changes it; other browsers show it too."""
    browser.client.get("/?lang=ru")
    browser.sign_up(EMAIL)
    assert stored_language(store) == "ru"
    browser.client.get("/account?lang=en", headers={"Sec-Fetch-Site": "same-origin"})
    assert stored_language(store) == "en"
    browser.client.get("/account?lang=ru", headers={"Sec-Fetch-Site": "cross-site"})
    assert stored_language(store) == "en"
    assert language_of(browser.client.get("/account")) == "ru"
    other = Browser(app)
    other.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "ru"
    other.sign_in(EMAIL)
    assert language_of(other.client.get("/account")) == "en"


def stored_language(store: Store) -> str | None:
    with store.read() as work:
        account = work.accounts.by_email(EMAIL)
    assert account
    return account.language


def test_pages_without_a_translation_are_in_english(visitor: FlaskClient) -> None:
    """All of the page, with no choice and nothing that depends on it."""
    response = visitor.get("/", headers={"Accept-Language": "ru", "Cookie": "language=ru"})
    assert language_of(response) == "en"
    assert not re.search("[\u0400-\u04ff]", texts_of(response.text))
    assert 'hreflang="ru"' not in response.text
    assert "Accept-Language" not in response.headers.get("Vary", "")


def test_a_translated_page_says_what_it_depends_on(visitor: FlaskClient) -> None:
    """Caches keep one for each; the current language is no link."""
    response = visitor.get(f"{PAGE}?next=/cart", headers={"Accept-Language": "ru"})
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in response.headers["Vary"].split(",")}
    assert (
        f'<a lang="en" href="{PAGE}?next=%2Fcart&amp;lang=en" hreflang="en" rel="nofollow">English</a>'
        in response.text
    )
    assert '<a lang="ru" aria-current="true">Русский</a>' in response.text


def test_unknown_addresses_are_answered_in_the_readers_language(visitor: FlaskClient) -> None:
    """Their pages are translated."""
    response = visitor.get("/no-such-page", headers={"Accept-Language": "ru"})
    assert language_of(response) == "ru"
    assert "Страница не найдена" in response.text


def test_files_and_covers_have_no_language(visitor: FlaskClient) -> None:
    """They are the same for everyone."""
    cover = re.search(r'<img src="([^"]+)"', visitor.get("/").text)
    assert cover
    for path in ("/static/shop.css", unescape(cover[1]), "/healthz"):
        response = visitor.get(path, headers={"Accept-Language": "ru"})
        assert response.status_code == 200
        assert "Content-Language" not in response.headers
        assert "Accept-Language" not in response.headers.get("Vary", "")


def test_an_account_is_not_looked_up_again_while_the_database_fails(
    browser: Browser, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error page is in the language that the browser asks for."""
    browser.sign_up(EMAIL)

    def fail() -> None:
        raise StoreUnavailable

    monkeypatch.setattr(store, "read", fail)
    response = browser.client.get("/account", headers={"Accept-Language": "ru"})
    assert response.status_code == 503
    assert language_of(response) == "ru"
    assert "Магазин ненадолго закрыт" in response.text


def test_account_pages_are_russian_throughout(browser: Browser) -> None:
    """Every text of them, of their errors and messages; what is left is data and names."""
    browser.client.set_cookie("language", "ru")
    pages = [browser.client.get(path) for path in ("/account", PAGE, "/account/sign-up")]
    pages.append(browser.send("/account/sign-up", email="no", password="no"))
    pages.append(browser.send(PAGE, email=EMAIL, password="wrong"))
    browser.get("/books/20?from=list-1")
    pages += [browser.client.get(path) for path in ("/account", "/account/forget", "/nothing")]
    browser.sign_up(EMAIL)
    pages += [browser.client.get(path) for path in ("/account", "/account/password", "/account/forget")]
    pages.append(browser.send("/account/password", old="wrong", password="12345678"))
    pages.append(browser.client.post("/account/sign-out"))
    browser.sign_out()
    pages.append(browser.client.get("/account"))
    for page in pages:
        assert language_of(page) == "ru"
        text = texts_of(re.sub(r' value="[^"]*"', "", page.text))
        for name in ("Online Books For You", "English", "ISBN", "cookie", EMAIL, "name@example.com"):
            text = text.replace(name, "")
        assert re.findall("[A-Za-z]{2,}", text) == []


def test_numbers_prices_and_dates() -> None:
    """In both languages, and in UTC."""
    moment = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
    money = Money(123456, "EUR")
    shown = {
        language: [
            FORMATS[name](value, language)
            for name, value in (
                ("price", money),
                ("number", 1234.5),
                ("number", 4.0),
                ("day", moment),
                ("moment", moment),
            )
        ]
        for language in ("en", "ru")
    }
    assert shown["en"] == ["€1,234.56", "1,234.5", "4", "22 November 2026", "22 November 2026, 14:05 UTC"]
    assert shown["ru"] == ["1\xa0234,56\xa0€", "1\xa0234,5", "4", "22 ноября 2026", "22 ноября 2026, 14:05 UTC"]


def test_pages_show_prices_in_their_language(app: Flask, store: Store, tmp_path: Path) -> None:
    """Once all pages are translated; here nothing else of the page is."""
    translated = make_app(store, tmp_path, languages=ALL).test_client()
    texts = {
        language: texts_of(translated.get("/books/20", headers={"Accept-Language": language}).text)
        for language in ("ru", "en")
    }
    assert "9,99 €" in texts["ru"]
    assert "€9.99" in texts["en"]


def test_cached_parts_do_not_mix_languages(app: Flask, store: Store, tmp_path: Path) -> None:
    """Two guests' pages take their cards from one cache, in whichever order and at the same time."""
    shouted = Languages({"en": NullTranslations(), "ru": Shouted()}, complete={"ru": ("",)})
    mixed = make_app(store, tmp_path, languages=shouted)

    def home(language: str) -> str:
        return unescape(texts_of(mixed.test_client().get("/", headers={"Accept-Language": language}).text))

    alone = {language: home(language) for language in ("ru", "en")}
    assert alone["en"].upper().replace("€9.99", "9,99 €") == alone["ru"].upper()
    assert "POPULAR WITH OUR READERS" in alone["ru"]
    assert "Popular with our readers" in alone["en"]
    with ThreadPoolExecutor(8) as threads:
        asked = ["ru", "en"] * 50
        assert list(threads.map(home, asked)) == [alone[language] for language in asked]
