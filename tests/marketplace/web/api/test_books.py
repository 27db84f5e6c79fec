"""Books and their stock over the API."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.money import Money, written_amount
from marketplace.usecases.catalogue.fields import READERS
from tests.marketplace.web.api.conftest import System, problem_of

EMMA = {
    "title": "Emma",
    "authors": ["Jane Austen", "An Editor"],
    "year": 1815,
    "isbn": "9780141439587",
    "categories": ["classics", "romance"],
    "subjects": ["Matchmaking"],
    "description": "A novel.",
    "price": {"minor": 1299, "currency": "GBP"},
    "stock": 4,
    "picture": "https://a.org/emma.jpg",
    "hidden": True,
}


def test_a_book_is_created_and_read(system: System) -> None:
    """The answer, the address in Location and the shop's own page have all of it; the ETag is its version."""
    created = system.send("POST", "/books", EMMA)
    assert created.status_code == 201
    book = created.json
    assert book
    assert {name: book[name] for name in EMMA} == EMMA
    assert created.headers["ETag"] == f'"{book["version"]}"'
    assert created.headers["Location"] == f"/api/v1/books/{book['id']}"
    read = system.send("GET", f"/books/{book['id']}")
    assert (read.json, read.headers["ETag"]) == (book, created.headers["ETag"])
    assert read.headers["Cache-Control"] == "no-store"


def test_a_book_without_more_than_a_title(system: System) -> None:
    """Everything else is empty."""
    book = system.send("POST", "/books", {"title": " Emma "}).json
    assert book
    assert (book["title"], book["authors"], book["price"], book["stock"], book["hidden"]) == (
        "Emma",
        [],
        None,
        None,
        False,
    )


def test_all_books_are_listed_in_pages(system: System) -> None:
    """Each once, by id, hidden ones too; the last page has no cursor."""
    hidden = system.send("POST", "/books", EMMA).json
    assert hidden
    ids: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = system.get(f"/books?limit=4&cursor={cursor}")
        assert 0 < len(page["books"]) <= 4
        ids += [book["id"] for book in page["books"]]
        cursor = page["next_cursor"]
    assert ids == [*range(1, 13), 20, 21, hidden["id"]]
    assert all(first < second for first, second in pairwise(ids))
    assert system.get("/books?limit=200")["next_cursor"] is None


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=%00", "cursor=LTE", "cursor=OTk5OTk5OTk5OTk5", "limit=0", "x=1"]
)
def test_a_malformed_page_is_refused(system: System, query: str) -> None:
    """Also a parameter that there is not."""
    content = problem_of(system.send("GET", f"/books?{query}"), 422, "invalid-request")
    assert content["errors"][0]["where"] == "query"


def test_a_book_is_replaced_only_in_the_version_that_was_read(system: System) -> None:
    """Without it nothing is written; fields that are left out become empty."""
    etag = system.send("GET", "/books/20").headers["ETag"]
    problem_of(system.send("PUT", "/books/20", {"title": "Dune"}), 428, "precondition-required")
    replaced = system.send("PUT", "/books/20", {"title": "Dune", "stock": 5}, {"If-Match": f'"other", {etag}'})
    assert replaced.status_code == 200
    assert replaced.json
    assert (replaced.json["stock"], replaced.json["authors"], replaced.json["price"]) == (5, [], None)
    for stale in (etag, f"W/{replaced.headers['ETag']}", "", "x", "\x80"):
        problem_of(system.send("PUT", "/books/20", {"title": "x"}, {"If-Match": stale}), 412, "version-conflict")
    assert system.send("PUT", "/books/20", {"title": "Dune 2"}, {"If-Match": "*"}).status_code == 200
    problem_of(system.send("PUT", "/books/99", {"title": "x"}, {"If-Match": "*"}), 404, "not-found")


def test_what_was_read_can_be_written_again(system: System) -> None:
    """Without what cannot be changed; then nothing has changed."""
    read = system.send("GET", "/books/20")
    fields = {name: value for name, value in (read.json or {}).items() if name in EMMA}
    written = system.send("PUT", "/books/20", fields, {"If-Match": read.headers["ETag"]})
    assert written.headers["ETag"] == read.headers["ETag"]


def test_the_version_is_the_same_in_compressed_answers(system: System) -> None:
    """Clients send back what they got."""
    system.send("PUT", "/books/20", {**EMMA, "description": "word " * 200}, {"If-Match": "*"})
    packed = system.send("GET", "/books/20", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["ETag"] == system.send("GET", "/books/20").headers["ETag"]


def test_a_book_is_deleted(system: System) -> None:
    """In the version that was read; then it is not there."""
    problem_of(system.send("DELETE", "/books/20"), 428, "precondition-required")
    problem_of(system.send("DELETE", "/books/20", headers={"If-Match": '"x"'}), 412, "version-conflict")
    etag = system.send("GET", "/books/20").headers["ETag"]
    deleted = system.send("DELETE", "/books/20", headers={"If-Match": etag})
    assert (deleted.status_code, deleted.data, deleted.headers.get("Content-Type")) == (204, b"", None)
    problem_of(system.send("DELETE", "/books/20", headers={"If-Match": "*"}), 404, "not-found")
    problem_of(system.send("GET", "/books/20"), 404, "not-found")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"title": ""}, "title"),
        ({"title": 1}, "title"),
        ({"title": "a\0"}, "title"),
        ({"title": "a" * 10_001}, "title"),
        ({"authors": "Jane Austen"}, "authors"),
        ({"authors": ["a; b"]}, "authors.0"),
        ({"authors": [None]}, "authors.0"),
        ({"year": "1815"}, "year"),
        ({"year": 15}, "year"),
        ({"year": True}, "year"),
        ({"isbn": "123"}, "isbn"),
        ({"categories": ["nothing"]}, "categories.0"),
        ({"price": 12.99}, "price"),
        ({"price": {"minor": 12.5, "currency": "EUR"}}, "price.minor"),
        ({"price": {"minor": -1, "currency": "EUR"}}, "price.minor"),
        ({"price": {"minor": 1, "currency": "XYZ"}}, "price"),
        ({"price": {"minor": 1, "currency": "eur"}}, "price.currency"),
        ({"stock": -1}, "stock"),
        ({"stock": 10**20}, "stock"),
        ({"picture": "javascript:alert(1)"}, "picture"),
        ({"hidden": None}, "hidden"),
        ({"colour": "red"}, "colour"),
        ({"id": 7}, "id"),
    ],
)
def test_a_book_with_a_fault_is_refused(system: System, changed: dict[str, Any], name: str) -> None:
    """The answer names the field; nothing is stored."""
    body = {"title": "Emma", **changed}
    content = problem_of(system.send("POST", "/books", body), 422, "invalid-request")
    assert [error["name"] for error in content["errors"]] == [name]
    assert len(system.get("/books")["books"]) == 14


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.integers(0, 10**9), st.sampled_from(["EUR", "JPY", "KWD", "USD", "RUB"]))
def test_a_price_stays_the_same(minor: int, currency: str) -> None:
    """It goes through the text of a moderator's form, whatever its decimals."""
    money = Money(minor, currency)
    texts = {"price": written_amount(money), "currency": currency}
    read = READERS["price"](texts)
    assert read == money


def test_stock_is_read_set_and_changed(system: System) -> None:
    """Set as counted, changed by what came or went."""
    assert system.get("/books/20/stock") == {"book_id": 20, "stock": 3}
    assert system.send("PUT", "/books/20/stock", {"stock": 10}).json == {"book_id": 20, "stock": 10}
    changed = system.send("POST", "/books/20/stock/changes", {"delta": -4})
    assert (changed.status_code, changed.json) == (200, {"book_id": 20, "stock": 6})
    assert changed.headers["ETag"] == system.send("GET", "/books/20").headers["ETag"]
    content = problem_of(system.send("POST", "/books/20/stock/changes", {"delta": -7}), 409, "stock-conflict")
    assert "is 6" in content["detail"]
    problem_of(system.send("PUT", "/books/20/stock", {"stock": 1}, {"If-Match": '"x"'}), 412, "version-conflict")
    for missing in (system.send("GET", "/books/99/stock"), system.send("PUT", "/books/99/stock", {"stock": 1})):
        problem_of(missing, 404, "not-found")
    problem_of(system.send("POST", "/books/99/stock/changes", {"delta": 1}), 404, "not-found")


def test_a_repeated_change_counts_once(system: System) -> None:
    """The same key, with quotes or without, and body: the same answer; another body: refused."""
    path, key = "/books/20/stock/changes", {"Idempotency-Key": "till-1"}
    first = system.send("POST", path, {"delta": -1}, key)
    again = system.send("POST", path, {"delta": -1}, {"Idempotency-Key": '"till-1"'})
    assert (first.json, first.headers["ETag"]) == (again.json, again.headers["ETag"])
    problem_of(system.send("POST", path, {"delta": -2}, key), 422, "key-reused")
    problem_of(system.send("POST", "/books", {"title": "Emma"}, key), 422, "key-reused")
    assert system.get("/books/20/stock")["stock"] == 2


@pytest.mark.parametrize("key", ["", '"', '""', "a b", "a" * 65, "ä", '"a', "a,b"])
def test_a_change_needs_an_idempotency_key(system: System, key: str) -> None:
    """Otherwise it could be done twice."""
    response = system.send("POST", "/books/20/stock/changes", {"delta": -1}, {"Idempotency-Key": key})
    content = problem_of(response, 400, "malformed-request")
    assert content["errors"][0]["name"] == "Idempotency-Key"
    assert system.get("/books/20/stock")["stock"] == 3
