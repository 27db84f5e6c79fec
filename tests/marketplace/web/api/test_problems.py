"""Errors of the API: each is problem+json, also where the shop itself refuses."""

import json
from collections.abc import Callable
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy import Engine

from marketplace.domain.errors import StoreUnavailable
from marketplace.store import Store
from marketplace.web import MAX_FORM_BYTES
from tests.marketplace.web.api.conftest import System, problem_of


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/books/0", "/books/x", "/books/99999999999", "/books/20/"])
def test_an_unknown_address_is_a_problem(system: System, path: str) -> None:
    """With or without a token."""
    problem_of(system.send("GET", path), 404, "not-found")


def test_other_addresses_are_pages(app: Flask) -> None:
    """Also those that begin alike."""
    for path in ("/api", "/api/v10", "/api/v2/books"):
        assert app.test_client().get(path).mimetype == "text/html"


def test_a_method_that_there_is_not(system: System) -> None:
    """Allow has the others."""
    response = system.send("PATCH", "/books/20")
    problem_of(response, 405, "method-not-allowed")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}


@pytest.mark.parametrize(
    ("sent", "kind", "status", "problem"),
    [
        (b"{", "application/json", 400, "malformed-request"),
        (b"", "application/json", 400, "malformed-request"),
        (b"\xff", "application/json", 400, "malformed-request"),
        (b'{"title": "\\ud800"}', "application/json", 400, "malformed-request"),
        (b"[" * 50_000, "application/json", 400, "malformed-request"),
        (b'{"title": "x", "title": 1}', "application/json", 422, "invalid-request"),
        (b'{"title": "x", "stock": NaN}', "application/json", 422, "invalid-request"),
        (b"[]", "application/json", 422, "invalid-request"),
        (b"null", "application/json", 422, "invalid-request"),
        (b"title=x", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"{}", "", 415, "unsupported-media-type"),
        (b"{}", "text/plain", 415, "unsupported-media-type"),
        (b" " * (MAX_FORM_BYTES + 1), "application/json", 413, "too-large"),
    ],
)
def test_a_body_that_cannot_be_read(system: System, sent: bytes, kind: str, status: int, problem: str) -> None:
    """It says why, and does nothing."""
    problem_of(system.send("POST", "/books", data=sent, content_type=kind), status, problem)


def test_a_host_that_the_shop_does_not_know(system: System) -> None:
    """It names the setting."""
    response = system.send("GET", "/books", headers={"Host": "elsewhere.example"})
    assert "MARKETPLACE_TRUSTED_HOSTS" in problem_of(response, 400, "malformed-request")["detail"]


class FailingStore(Store):
    """A store whose transactions fail with this error."""

    def __init__(self, engine: Engine, error: Exception) -> None:
        super().__init__(engine)
        self._error = error

    def read(self) -> NoReturn:
        raise self._error


def test_a_database_that_does_not_answer(app_with: Callable[..., Flask], store: Store, system: System) -> None:
    """503 says when to try again, and nothing of the database."""
    failing = FailingStore(store.engine, StoreUnavailable("secret-host"))
    response = System(app_with(failing), system.token).send("GET", "/books")
    problem_of(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert "secret-host" not in response.text


def test_an_error_of_the_shop(app_with: Callable[..., Flask], store: Store, system: System) -> None:
    """500 has an id that the log repeats, and no text of the error."""
    failing = FailingStore(store.engine, RuntimeError("secret"))
    response = System(app_with(failing), system.token).send("GET", "/books")
    problem_of(response, 500, "internal-error")
    assert "secret" not in response.text


def test_problems_are_json_in_utf_8(system: System) -> None:
    """With the security headers of every answer."""
    response = system.send("GET", "/books?ä=1")
    assert json.loads(response.data)["errors"][0]["name"] == "ä"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
