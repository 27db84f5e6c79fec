"""Links in messages with their cards, and the form of a new book filled in from a link."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.app import create_app
from marketplace.domain.errors import PreviewsError, PreviewsRefused, PreviewsUnavailable
from marketplace.domain.limits import Limit
from marketplace.domain.links import Picture, Preview, picture_path
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.usecases.previews import LinkFetcher
from marketplace.web.limits import LIMITS, Attempt, Limiter
from tests.marketplace.browser import DAY, Browser, quick_passwords
from tests.marketplace.fakes import NOON, FakePreviews, FakeRecommender
from tests.marketplace.ordering import check_out, moderator_of, moderators_browser
from tests.marketplace.web.pages.test_conversations import form_of

NEW = "/moderator/books/new"
URL = "https://books.example/dune?a=1&b=2"
HOSTILE = Preview(
    title="<b>Dune</b>",
    description='"><script>alert(1)</script>',
    site="Books & more",
    authors=("Frank Herbert", "Nobody; Jr."),
    isbn="9780441013593",
    image="https://books.example/dune.png",
)
PICTURE = Picture(content=b"jpeg", width=30, height=40)
PICTURE_HEADERS = {
    "Content-Type": "image/jpeg",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "public, max-age=31536000, immutable",
}


@pytest.fixture
def previews() -> FakePreviews:
    """Previews of a page that a stranger wrote."""
    return FakePreviews(HOSTILE, PICTURE)


@pytest.fixture
def moderator(app: Flask, store: Store) -> Browser:
    """A moderator, signed in."""
    return moderators_browser(app, store)


def fetch_all(store: Store, previews: FakePreviews) -> None:
    """Fetch every link that was asked for."""
    with store.engine.connect() as connection:
        ids = connection.exec_driver_sql("SELECT link_id FROM link_previews").scalars().all()
    for link_id in ids:
        LinkFetcher(store, previews).fetch(link_id)


def ask(moderator: Browser, link: str = URL) -> TestResponse:
    return moderator.send(f"{NEW}/link", form_at=NEW, link=link)


def values(html: str) -> dict[str, str]:
    """The fields of the form of a book."""
    form = html[html.index("facts-form") :]
    fields = dict(re.findall(r'<input id="(\w+)" name="\w+" type="text" value="([^"]*)"', form))
    fields["description"] = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", form, re.DOTALL)[0]
    return {name: unescape(text) for name, text in fields.items()}


def test_both_sides_see_the_card(browser: Browser, moderator: Browser, store: Store, previews: FakePreviews) -> None:
    """Escaped, as one link that passes nothing on to the site; the link in the text can be followed too."""
    browser.sign_up()
    order = check_out(browser)
    page = f"/orders/{order}"
    browser.client.post(f"{page}/messages", data={**form_of(browser, page), "text": f"<i>See</i> {URL}."})
    assert "link-card" not in browser.get(page)
    fetch_all(store, previews)
    for reading, at in ((browser, page), (moderator, f"/moderator/orders/{order}")):
        html = reading.client.get(at).text
        (item,) = re.findall(r'<li id="message-1".*?</li>', html, re.DOTALL)
        assert re.findall(r'<a [^>]*target="_blank"[^>]*>', item) == [
            f'<a {css}href="https://books.example/dune?a=1&amp;b=2" target="_blank" rel="noopener nofollow ugc">'
            for css in ("", 'class="link-card" ')
        ]
        assert "&lt;i&gt;See&lt;/i&gt; <a " in item
        assert '<strong dir="auto">&lt;b&gt;Dune&lt;/b&gt;</strong>' in item
        assert '<small dir="auto">Books &amp; more</small>' in item
        assert f'<img src="{picture_path(PICTURE.id)}" alt="" width="30" height="40"' in item
        assert "<script" not in item


def test_a_picture_is_served_for_ever(app: Flask, store: Store) -> None:
    """As a JPEG that can load and run nothing; an unknown one, and what is no id, is not found and not cached."""
    with store.write() as work:
        work.pictures.put(PICTURE, at=NOON)
        work.commit()
    client = app.test_client()
    response = client.get(picture_path(PICTURE.id))
    assert (response.status_code, response.data) == (200, b"jpeg")
    assert {name: response.headers[name] for name in PICTURE_HEADERS} == PICTURE_HEADERS
    assert "Set-Cookie" not in response.headers
    for picture_id in ("0" * 64, PICTURE.id.upper(), PICTURE.id[1:], PICTURE.id + "0", "%00" * 64):
        unknown = client.get(f"/pictures/{picture_id}")
        assert unknown.status_code == 404
        assert "public" not in unknown.headers["Cache-Control"]


def test_the_form_is_filled_in_from_a_link(moderator: Browser, store: Store, previews: FakePreviews) -> None:
    """The page waits until the link is read; then the book can be checked and saved, with the picture as cover."""
    asked = ask(moderator)
    assert asked.status_code == 303
    waiting = moderator.client.get(asked.location).text
    assert "data-waiting" in waiting
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in waiting
    assert f'href="{asked.location}">Look again</a>' in waiting
    fetch_all(store, previews)
    html = moderator.client.get(asked.location).text
    assert "Filled in from Books &amp; more. Please check it" in html
    assert "data-waiting" not in html
    filled = values(html)
    assert filled == {
        **dict.fromkeys(("year", "subjects", "price", "currency", "stock"), ""),
        "title": HOSTILE.title,
        "authors": "Frank Herbert; Nobody, Jr.",
        "isbn": HOSTILE.isbn,
        "description": HOSTILE.description,
        "picture": picture_path(PICTURE.id),
    }
    added = moderator.send(NEW, form_at=asked.location, **filled)
    assert added.status_code == 303
    book_id = added.location.rpartition("/")[2]
    page = moderator.client.get(f"/books/{book_id}").text
    assert f'<img src="{picture_path(PICTURE.id)}" alt=""' in page
    assert f'<meta property="og:image" content="http://localhost{picture_path(PICTURE.id)}">' in page
    changed = moderator.send(added.location, **{**filled, "picture": ""}, **shown(moderator, added.location))
    assert changed.status_code == 303
    assert PICTURE.id not in moderator.client.get(f"/books/{book_id}").text


def shown(browser: Browser, page: str) -> dict[str, str]:
    """The fingerprints of what a form showed."""
    return dict(re.findall(r'name="(shown-\w+)" value="([^"]*)"', browser.client.get(page).text))


def refused(code: str) -> PreviewsError:
    error = PreviewsRefused(code)
    error.code = code
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refused("NOT_FOUND"), "The site answered that there is nothing at this address."),
        (refused("INVALID_ARGUMENT"), "Enter the address of a public web page"),
        (refused("FAILED_PRECONDITION"), "This page cannot be read."),
        (refused("DEADLINE_EXCEEDED"), "The site took too long to answer."),
        (PreviewsUnavailable("down"), "The page cannot be reached at the moment."),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
def test_a_failure_is_told_and_the_form_can_be_used(
    moderator: Browser, store: Store, previews: FakePreviews, error: PreviewsError, told: str
) -> None:
    """Also while the shop will try again by itself: the moderator need not wait."""
    previews.errors = [error]
    asked = ask(moderator)
    fetch_all(store, previews)
    html = moderator.client.get(asked.location).text
    assert told in html
    assert 'aria-describedby="link-hint link-error"' in html
    assert f'value="{URL.replace("&", "&amp;")}"' in html
    assert set(values(html).values()) == {""}


def test_what_is_no_link_is_refused(moderator: Browser) -> None:
    """With what was typed; an old link is to be entered again."""
    response = ask(moderator, "dune")
    assert response.status_code == 422
    assert "Enter the address of a public web page" in response.text
    assert 'value="dune"' in response.text
    for link in ("0" * 64, "", "\0", "x" * 5_000):
        assert "looked up too long ago" in moderator.client.get(NEW, query_string={"link": link}).text


@pytest.mark.usefixtures("app")
def test_asking_is_limited(store: Store, recommender: FakeRecommender, tmp_path: Path) -> None:
    """The shop is no way to load other sites: 429 with Retry-After, and the form stays usable."""
    limiter = Limiter({**LIMITS, Attempt.LINK_BY_MODERATOR: Limit(1, DAY)})
    settings = Settings(data_dir=tmp_path)
    browser = Browser(create_app(settings, recommender, store=store, passwords=quick_passwords(), limiter=limiter))
    moderator_of(store)
    browser.sign_in("mod@example.com")
    assert ask(browser).status_code == 303
    limited = ask(browser, "https://other.example")
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) > 0
    assert "You have looked up many links." in limited.text


def test_readers_cannot_have_links_looked_at(browser: Browser, store: Store) -> None:
    """Only moderators can, whatever a form says."""
    browser.sign_up()
    assert browser.send(f"{NEW}/link", form_at="/account", link=URL).status_code == 403
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM link_previews").scalar() == 0
