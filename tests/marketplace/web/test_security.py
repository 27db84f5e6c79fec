"""Tests of what guards every request, of the limits, and of compression."""

import gzip
import re
from http import HTTPStatus
from pathlib import Path

import brotli
import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.compression import compress
from marketplace.web.limits import LIMITS, Limit, Limiter, Tried
from marketplace.web.security import address, count_by_address
from tests.marketplace.browser import Browser, quick_passwords, token
from tests.marketplace.fakes import FakeRecommender

FIELDS = {"email": "ann@example.com", "password": "correct horse"}


def shop(store: Store, folder: Path, **settings: str | int | bool) -> Flask:
    """A shop with these settings, and with two addresses that only tests have."""
    app = create_app(
        Settings(data_dir=folder, **settings),  # type: ignore[arg-type]
        FakeRecommender(),
        store=store,
        passwords=quick_passwords(),
    )
    limiter = Limiter({**LIMITS, Tried.SEARCH_BY_ADDRESS: Limit(2, 60)})

    @app.get("/who")
    def who() -> dict[str, str]:
        return {"address": address(), "scheme": request.scheme, "host": request.host}

    @app.get("/search-of-the-test")
    def search() -> str:
        count_by_address(limiter, Tried.SEARCH_BY_ADDRESS)
        return "found"

    return app


@pytest.fixture
def app(store: Store, tmp_path: Path) -> Flask:
    """The shop as it is without settings."""
    return shop(store, tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that has never been here."""
    return app.test_client()


def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    """None, another browser's, or one of a session that has ended: 400, a page that says what to do, no account."""
    browser, other = Browser(app), Browser(app)
    theirs = token(other.client.get("/account/sign-up").text)
    browser.get("/account/sign-up")
    for fields in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": theirs}):
        response = browser.client.post("/account/sign-up", data={**FIELDS, **fields})
        assert response.status_code == 400
        assert "This page has expired" in response.text
        assert "shop.css" in response.text
    stranger = app.test_client()
    assert stranger.post("/account/sign-up", data={**FIELDS, "csrf_token": theirs}).status_code == 400
    assert other.sign_up().status_code == 303


def test_every_address_that_changes_something_wants_a_token(app: Flask, client: FlaskClient) -> None:
    """No rule of the shop takes another method than GET, HEAD and OPTIONS without one; the provider's is its own."""
    unsafe = [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]
    assert ("POST", "/account/sign-in") in unsafe
    for method, path in unsafe:
        response = client.open(re.sub(r"<[^>]+>", "1", path), method=method, json={"outcome": "paid"})
        assert response.status_code == (401 if path.startswith("/webhooks/") else 400), path


def test_a_token_lives_as_long_as_its_session(app: Flask) -> None:
    """A page may be open for days."""
    assert app.config["WTF_CSRF_TIME_LIMIT"] is None


@pytest.mark.parametrize(("path", "sets"), [("/", False), ("/account", False), ("/account/sign-in", True)])
def test_a_cookie_is_set_with_the_first_form(client: FlaskClient, path: str, sets: bool) -> None:
    """Looking around sets none; the form's goes with the browser's window."""
    cookie = client.get(path).headers.get("Set-Cookie", "")
    assert bool(cookie) == sets
    assert "Expires" not in cookie


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "https://localhost"}, True),
        ({"Origin": "http://localhost:81"}, False),
        ({"Origin": "http://evil.org"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://evil.org", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_forms_of_other_sites_are_refused(app: Flask, headers: dict[str, str], is_taken: bool) -> None:
    """Even with a valid token: by Sec-Fetch-Site where browsers send it, else by Origin; links from anywhere work."""
    browser = Browser(app)
    fields = {**FIELDS, "csrf_token": token(browser.client.get("/account/sign-up").text)}
    response = browser.client.post("/account/sign-up", data=fields, headers=headers)
    assert response.status_code == (303 if is_taken else 403)
    assert is_taken or "Request from another site blocked" in response.text
    assert browser.client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nope", "/healthz", "/readyz", "/robots.txt", "/static/shop.css", "/account"])
@pytest.mark.parametrize(
    "host", ["evil.org", "localhost.evil.org", "evil.org:5001", "local host", "", "127.0.0.1.", "::1"]
)
def test_only_trusted_names_are_answered(client: FlaskClient, path: str, host: str) -> None:
    """Any other host is refused for every path, with a page that names the setting."""
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 400
    assert "MARKETPLACE_TRUSTED_HOSTS" in response.text


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5001", "LocalHost", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:5001"]
)
def test_this_machine_is_trusted(client: FlaskClient, host: str) -> None:
    """Its names and addresses with any port, of IPv6 too."""
    response = client.get("/healthz", headers={"Host": host})
    assert response.status_code == 200


def test_the_trusted_names_can_be_set(store: Store, tmp_path: Path) -> None:
    """Exactly those that are named, in whatever letters."""
    client = shop(store, tmp_path, trusted_hosts="Books.example.com, 10.0.0.7").test_client()
    for host, status in {
        "books.example.com": 200,
        "10.0.0.7:5001": 200,
        "localhost": 400,
        "example.com": 400,
    }.items():
        assert client.get("/healthz", headers={"Host": host}).status_code == status


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto": "https, https",
    "X-Forwarded-Host": "127.0.0.1, localhost:8443",
}


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}),
        (1, {"address": "198.51.100.7", "scheme": "https", "host": "localhost:8443"}),
        (2, {"address": "203.0.113.9", "scheme": "https", "host": "127.0.0.1"}),
        (3, {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}),
    ],
)
def test_as_many_proxies_are_believed_as_there_are(
    store: Store, tmp_path: Path, proxies: int, seen: dict[str, str]
) -> None:
    """Without the setting no reader gives themselves another address; with it the nearest proxies' word counts."""
    client = shop(store, tmp_path, proxies=proxies).test_client()
    assert client.get("/who", headers=FORWARDED).json == seen


def test_a_proxy_cannot_name_an_untrusted_host(store: Store, tmp_path: Path) -> None:
    """What it forwards is checked too."""
    client = shop(store, tmp_path, proxies=1).test_client()
    assert client.get("/", headers={"X-Forwarded-Host": "evil.org"}).status_code == 400


@pytest.mark.parametrize(
    ("remote", "counted_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_tries_are_counted_by_whom_an_address_belongs_to(client: FlaskClient, remote: str, counted_as: str) -> None:
    """Of IPv6 everybody has a network of 64 bits: changing the address within it gives no new tries."""
    answer = client.get("/who", environ_base={"REMOTE_ADDR": remote}).json
    assert answer is not None
    assert answer["address"] == counted_as


def test_too_many_requests_are_told_when_to_come_back(client: FlaskClient) -> None:
    """429 with Retry-After, in the shop's design; another address is not meant."""
    assert [client.get("/search-of-the-test").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/search-of-the-test")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "Too many requests" in refused.text
    assert "shop.css" in refused.text
    elsewhere = client.get("/search-of-the-test", environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 200


def test_a_success_clears_the_count_of_its_key() -> None:
    """And of no other key, nor of what else is counted by it."""
    limiter = Limiter({Tried.SIGN_IN_BY_EMAIL: Limit(1, 60), Tried.SEARCH_BY_ADDRESS: Limit(1, 60)})
    for key in ("a", "b"):
        assert limiter.wait(Tried.SIGN_IN_BY_EMAIL, key) == 0
    assert limiter.wait(Tried.SEARCH_BY_ADDRESS, "a") == 0
    limiter.succeeded(Tried.SIGN_IN_BY_EMAIL, "a")
    assert limiter.wait(Tried.SIGN_IN_BY_EMAIL, "a") == 0
    assert limiter.wait(Tried.SIGN_IN_BY_EMAIL, "b") > 0
    assert limiter.wait(Tried.SEARCH_BY_ADDRESS, "a") > 0


def test_every_kind_of_try_has_a_limit() -> None:
    """None is forgotten in the table."""
    assert set(LIMITS) == set(Tried)


def test_too_much_is_refused_with_a_page(app: Flask) -> None:
    """More than a form can hold, or more fields than any form has: 413 in the shop's design."""
    browser = Browser(app)
    response = browser.client.post("/account/sign-up", data={"email": "x" * 70_000})
    assert response.status_code == 413
    assert "Request too large" in response.text
    parts = {f"field{number}": "x" for number in range(101)}
    response = browser.client.post("/account/sign-up", data=parts, content_type="multipart/form-data")
    assert response.status_code == 413


def test_behind_tls_cookies_and_pages_stay_there(store: Store, tmp_path: Path) -> None:
    """The cookie is the host's own and secure, and browsers come back over TLS only; without TLS nothing says so."""
    secure = shop(store, tmp_path, secure_cookies=True).test_client()
    response = secure.get("/account/sign-in", base_url="https://localhost")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-reader=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = shop(store, tmp_path).test_client().get("/account/sign-in")
    assert plain.headers["Set-Cookie"].startswith("reader=")
    assert "Strict-Transport-Security" not in plain.headers


def test_forms_work_over_tls_without_a_referrer(store: Store, tmp_path: Path) -> None:
    """A browser that withholds it can sign up."""
    client = shop(store, tmp_path, secure_cookies=True).test_client()
    html = client.get("/account/sign-up", base_url="https://localhost").text
    fields = {**FIELDS, "csrf_token": token(html)}
    assert client.post("/account/sign-up", data=fields, base_url="https://localhost").status_code == 303


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("path", ["/account/sign-up", "/static/shop.css"])
def test_what_is_sent_is_compressed_as_the_browser_asks(
    client: FlaskClient, path: str, accepted: str, encoding: str | None
) -> None:
    """Pages and static files, and caches are told that it depends."""
    response = client.get(path, headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert int(response.headers["Content-Length"]) == len(response.data)
    response.close()


def test_what_is_compressed_is_the_same(client: FlaskClient) -> None:
    """A stylesheet unpacks to itself; HEAD tells the same length as GET."""
    plain = client.get("/static/shop.css").data
    for encoding, unpack in {"gzip": gzip.decompress, "br": brotli.decompress}.items():
        headers = {"Accept-Encoding": encoding}
        packed = client.get("/static/shop.css", headers=headers)
        assert unpack(packed.data) == plain
        assert len(packed.data) < len(plain) / 2
        head = client.head("/static/shop.css", headers=headers)
        assert head.headers["Content-Length"] == packed.headers["Content-Length"]


def test_a_compressed_file_is_not_sent_again(client: FlaskClient) -> None:
    """Its tag differs from the plain file's and each is answered with 304, also where a browser has both."""
    tags = set()
    for encoding in ("gzip", "br", "identity"):
        headers = {"Accept-Encoding": encoding}
        tag = client.get("/static/shop.css", headers=headers).headers["ETag"]
        tags.add(tag)
        again = client.get("/static/shop.css", headers={**headers, "If-None-Match": tag})
        assert again.status_code == HTTPStatus.NOT_MODIFIED
        assert again.data == b""
        again.close()
    assert len(tags) == 3


def test_a_static_file_is_compressed_once(tmp_path: Path) -> None:
    """What was made of it for the first request answers the later ones; a page is compressed as it is each time."""
    file = tmp_path / "shop.css"
    file.write_text("first " * 200)
    app = Flask("shop", static_folder=str(tmp_path), static_url_path="/static")
    pages = iter(["first " * 200, "second " * 200])
    app.add_url_rule("/", view_func=lambda: next(pages))
    compress(app)
    client = app.test_client()
    for path, unpacked in {"/static/shop.css": ["first "] * 2, "/": ["first ", "second "]}.items():
        for words in unpacked:
            answer = client.get(path, headers={"Accept-Encoding": "gzip"})
            assert gzip.decompress(answer.data).decode() == words * 200
            file.write_text("second " * 200)
            answer.close()


def test_a_part_of_a_file_is_sent_as_it_is(client: FlaskClient) -> None:
    """A range counts bytes of the file itself."""
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-699"}
    part = client.get("/static/shop.css", headers=headers)
    assert part.status_code == HTTPStatus.PARTIAL_CONTENT
    assert "Content-Encoding" not in part.headers
    assert len(part.data) == 700
    part.close()


def test_small_answers_are_left_alone(client: FlaskClient) -> None:
    """Below 500 bytes compression costs more than it saves."""
    assert "Content-Encoding" not in client.get("/who", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 429, 500, 503])
def test_the_catalogue_of_errors_has_words(app: Flask, status: int) -> None:
    """Each status has a title and an advice of its own or a general one, never an empty page."""
    with app.test_request_context("/", headers={"Host": "localhost"}):
        html = app.jinja_env.get_template("errors/error.html").render(
            status=status, cause="", error_id=None, url_for=app.url_for
        )
    found = re.search(r"<h1>(.+)</h1>\s*<p[^>]*>(.+)</p>", html)
    assert found
    assert f"<title>{found[1]} – " in html


def test_everything_is_guarded_by_a_policy(client: FlaskClient, store: Store) -> None:
    """Nothing is served without the policy."""
    with store.write() as work:
        work.books.put([Book(id=7, title="Dune")])
        work.commit()
    for path, allowed in (
        ("/static/shop.css", "'none'"),
        ("/covers/7-0.svg", "'none'"),
        ("/books/7", "'self'"),
        ("/account", "'self'"),
        ("/nope", "'self'"),
    ):
        response = client.get(path)
        assert response.headers["Content-Security-Policy"].startswith(f"default-src {allowed}")
        response.close()
