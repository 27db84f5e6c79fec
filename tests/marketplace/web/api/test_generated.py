"""Requests that schemathesis generates from the document, valid and malformed: each answer is one of the document."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from marketplace.domain.limits import Limit
from marketplace.store import Store
from marketplace.web.api import OPERATIONS
from marketplace.web.limits import Attempt
from tests.drills import is_running
from tests.marketplace.ordering import store_order
from tests.marketplace.web.api.conftest import API, System

EXAMPLES = 500 if is_running("api") else 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

pytestmark = pytest.mark.slow


@pytest.fixture
def limitless(app_with: Callable[..., Flask], store: Store, app: Flask) -> Flask:
    """The shop with its books, whose token has no limit."""
    return app_with(store, {Attempt.API_BY_TOKEN: Limit(1_000_000, 60)})


@pytest.fixture
def known(store: Store, by: int) -> Mapping[str, object]:
    """The ids of a book, an order and a reader that there are."""
    return {"book_id": 20, "order_id": store_order(store), "reader_id": by}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS])
def test_every_answer_is_in_the_document(
    limitless: Flask, system: System, known: Mapping[str, object], name: str, mode: GenerationMode
) -> None:
    """Never a server error, an undocumented status, type or header, or a body of another form."""
    document = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", limitless)
    operation = document.find_operation_by_id(name)
    needed = {part: known[part] for part in known if f"{{{part}}}" in operation.path}
    headers = {"Authorization": f"Bearer {system.token}", "Accept-Encoding": "identity"}
    reached = set()
    for path in [None, needed] if needed else [None]:

        @settings(
            max_examples=EXAMPLES,
            derandomize=not is_running("api"),
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            deadline=None,
            database=None,
        )
        @given(case=operation.as_strategy(generation_mode=mode, path_parameters=path))
        def send(case: schemathesis.Case[Any]) -> None:
            reached.add(case.call_and_validate(headers=headers, checks=CHECKS).status_code)

        send()
    assert reached
    # What the document calls valid is not refused by all that it must pass before.
    assert mode is GenerationMode.NEGATIVE or not reached <= {401, 403, 415, 429}
