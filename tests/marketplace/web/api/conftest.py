"""Systems that use the API, each with a token."""

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.app import create_app
from marketplace.domain.api_tokens import LIFETIMES, Scope
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.usecases.api_tokens import ApiTokens
from marketplace.web.limits import LIMITS, Attempt, Limiter
from tests.marketplace.fakes import FakeNotices, FakeRecommender
from tests.marketplace.ordering import moderator_of

API = "/api/v1"
_keys = count()


class System:
    """A system that uses the API with a token."""

    def __init__(self, app: Flask, token: str) -> None:
        self.token = token
        self._client = app.test_client(use_cookies=False)

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> TestResponse:
        """Send a request, with a new idempotency key if it is a POST."""
        sent = {"Authorization": f"Bearer {self.token}"} | (
            {"Idempotency-Key": f'"key-{next(_keys)}"'} if method == "POST" else {}
        )
        more |= {} if body is None else {"json": body}
        return self._client.open(API + path, method=method, headers=sent | dict(headers or {}), **more)

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON of an answer."""
        response = self.send("GET", path)
        assert response.status_code == status, response.text
        return response.json


def problem_of(response: TestResponse, status: int, kind: str) -> Any:
    """The content of a problem of this kind."""
    content = response.json
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    assert content
    assert content["type"] == f"{API}/docs#{kind}"
    assert content["status"] == status
    assert content["trace_id"] == response.headers["X-Trace-Id"]
    return content


@pytest.fixture
def app_with(recommender: FakeRecommender, notices: FakeNotices, tmp_path: Path) -> Callable[..., Flask]:
    """Makes a shop with this store, and with these limits instead of the usual ones."""

    def make(store: Store, limits: Mapping[Attempt, Limit] | None = None) -> Flask:
        settings = Settings(data_dir=tmp_path, secrets_dir=tmp_path / "secrets")
        limiter = Limiter({**LIMITS, **(limits or {})})
        return create_app(settings, recommender, store=store, notices=notices, limiter=limiter)

    return make


@pytest.fixture
def by(store: Store) -> int:
    """A moderator."""
    return moderator_of(store)


@pytest.fixture
def system_with(app: Flask, store: Store, by: int) -> Callable[..., System]:
    """Makes a system whose token has these scopes."""

    def make(*scopes: Scope) -> System:
        names = [scope.value for scope in scopes]
        return System(app, str(ApiTokens(store).make(by, f"token {next(_keys)}", names, LIFETIMES[0])))

    return make


@pytest.fixture
def system(system_with: Callable[..., System]) -> System:
    """A system that may do everything."""
    return system_with(*Scope)
