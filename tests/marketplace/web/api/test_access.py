"""Who may use which operation of the API; the operations are those of its document."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from marketplace.domain.api_tokens import LIFETIMES, Scope
from marketplace.domain.limits import Limit
from marketplace.store import Store
from marketplace.usecases.api_tokens import ApiTokens
from marketplace.web.api import OPERATIONS
from marketplace.web.api.document import document
from marketplace.web.limits import Attempt
from tests.marketplace.browser import DAY, Browser
from tests.marketplace.ordering import MODERATOR, store_order
from tests.marketplace.web.api.conftest import API, System, problem_of

BODIES = {
    "BookFields": {"title": "Emma"},
    "StockFields": {"stock": 1},
    "StockChange": {"delta": 1},
    "StateFields": {"state": "cancelled"},
}


def operations(**path: object) -> Iterator[tuple[str, str, Any, Scope]]:
    """The method, path, body and scope of each operation of the document."""
    for template, methods in document(OPERATIONS)["paths"].items():
        for method, described in methods.items():
            content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            (scope,) = described["security"][0]["token"]
            yield method.upper(), template.removeprefix(API).format(**path), BODIES.get(name), Scope(scope)


@pytest.fixture
def known(store: Store, by: int) -> dict[str, object]:
    """The ids of a book, an order and a reader that there are."""
    return {"book_id": 20, "order_id": store_order(store), "reader_id": by}


def test_the_document_has_every_operation(known: dict[str, object]) -> None:
    """And no other, so that the next tests reach all of them."""
    assert len(list(operations(**known))) == len(OPERATIONS) == 12


def test_an_operation_needs_its_scope(known: dict[str, object], system_with: Callable[..., System]) -> None:
    """A token with all other scopes is refused by each, and changes nothing; one with its scope alone is not."""
    for method, path, body, scope in operations(**known):
        headers = {"If-Match": "*"}
        content = problem_of(system_with(*set(Scope) - {scope}).send(method, path, body, headers), 403, "forbidden")
        assert scope.value in content["detail"]
        # The book is deleted last, since it is the last one of the document by that path.
        if method != "DELETE":
            assert system_with(scope).send(method, path, body, headers).status_code in {200, 201}
    assert system_with(Scope.BOOKS_WRITE).send("DELETE", "/books/20", headers={"If-Match": "*"}).status_code == 204


def test_an_operation_needs_a_token(app: Flask, known: dict[str, object], store: Store, by: int) -> None:
    """None, a wrong one, a revoked one, and one in another place are refused alike."""
    tokens = ApiTokens(store)
    revoked = tokens.make(by, "revoked", [scope.value for scope in Scope], LIFETIMES[0])
    tokens.revoke(by, revoked.token_id)
    client, answers = app.test_client(use_cookies=False), set()
    for method, path, body, _scope in operations(**known):
        sent = [{}, {"Authorization": f"Bearer {revoked}"}, {"Authorization": "Basic YTpi"}, {"X-Token": "x"}]
        # Few enough for the limit of wrong tokens.
        for headers in sent if path == "/books" else sent[:1]:
            response = client.open(API + path, method=method, headers=headers, json=body)
            content = problem_of(response, 401, "unauthorized")
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            answers.add(content["detail"])
    assert len(answers) == 1


def test_a_cookie_opens_nothing_here_and_a_token_no_page(
    app: Flask, system: System, known: dict[str, object]
) -> None:
    """A moderator's browser needs a token too; a token is nobody on pages; nothing here sets a cookie."""
    browser = Browser(app)
    assert browser.sign_in(MODERATOR).status_code == 303
    for method, path, body, _scope in operations(**known):
        response = browser.client.open(API + path, method=method, json=body)
        problem_of(response, 401, "unauthorized")
        assert "Set-Cookie" not in response.headers
    bearer = {"Authorization": f"Bearer {system.token}"}
    assert app.test_client().get("/moderator", headers=bearer).status_code == 303
    assert "Set-Cookie" not in system.send("GET", "/books").headers
    assert "Cookie" not in system.send("GET", "/books").headers.get("Vary", "")
    assert system.send("GET", "/books?lang=ru").status_code == 422


def test_another_site_changes_nothing(system: System) -> None:
    """Even with a token, which it cannot have."""
    headers = {"Sec-Fetch-Site": "cross-site"}
    content = problem_of(system.send("POST", "/books", {"title": "x"}, headers), 403, "forbidden")
    assert "another site" in content["detail"]


def test_wrong_tokens_are_limited_by_address(app_with: Callable[..., Flask], store: Store, system: System) -> None:
    """The right token goes on, since another system may share the address."""
    app = app_with(store, {Attempt.API_WRONG_BY_ADDRESS: Limit(2, DAY)})
    wrong, right = System(app, system.token[:-1] + "?"), System(app, system.token)
    assert [wrong.send("GET", "/books").status_code for _ in range(3)] == [401, 401, 429]
    limited = wrong.send("GET", "/books")
    problem_of(limited, 429, "too-many-requests")
    assert int(limited.headers["Retry-After"]) > 0
    assert right.send("GET", "/books").status_code == 200


def test_a_token_has_a_limit_of_its_own(
    app_with: Callable[..., Flask], store: Store, system: System, system_with: Callable[..., System]
) -> None:
    """So that one system does not take all threads of the shop; others go on."""
    app = app_with(store, {Attempt.API_BY_TOKEN: Limit(1, DAY)})
    first, other = System(app, system.token), System(app, system_with(Scope.BOOKS_READ).token)
    assert [first.send("GET", "/books").status_code for _ in range(2)] == [200, 429]
    limited = first.send("GET", "/books")
    problem_of(limited, 429, "too-many-requests")
    assert int(limited.headers["Retry-After"]) > 0
    assert other.send("GET", "/books").status_code == 200
