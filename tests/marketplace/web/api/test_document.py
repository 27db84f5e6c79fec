"""The OpenAPI document, and the page that shows it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from marketplace.domain.api_tokens import Scope
from marketplace.web.api import OPERATIONS
from marketplace.web.api.document import document
from marketplace.web.api.problems import KINDS
from tests.marketplace.web.crawler import Page


def references(value: Any) -> Iterator[str]:
    """All references in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def test_the_document_is_complete(visitor: FlaskClient) -> None:
    """Each operation has a summary, its scope, and all its problems; each schema and reference is valid."""
    made = visitor.get("/api/v1/openapi.json").json
    assert made
    assert made["openapi"].startswith("3.1")
    schemas = made["components"]["schemas"]
    assert {name.rpartition("/")[2] for name in references(made)} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    described = {text["operationId"]: text for methods in made["paths"].values() for text in methods.values()}
    assert set(described) == {operation.name for operation in OPERATIONS}
    for operation in OPERATIONS:
        text = described[operation.name]
        assert text["summary"].endswith(".")
        assert operation.scope.value in text["description"]
        for kind in operation.all_problems:
            answer = text["responses"][str(KINDS[kind].status.value)]
            assert f"`{kind}`" in answer["description"]
            assert list(answer["content"]) == ["application/problem+json"]
    assert {scope for text in described.values() for scope in text["security"][0]["token"]} == {
        scope.value for scope in Scope
    }


def test_the_page_shows_all_of_it(visitor: FlaskClient) -> None:
    """Operations, schemas and problems, each with an id; its links lead to them, and nothing comes from elsewhere."""
    html = visitor.get("/api/v1/docs").text
    page, ids = Page(html, "/api/v1/docs"), set(re.findall(r' id="([^"]+)"', html))
    assert page.faults == []
    assert {operation.name for operation in OPERATIONS} | set(KINDS) <= ids
    assert set(re.findall(r'href="#([^"]+)"', html)) <= ids
    assert not [link for link in re.findall(r'(?:src|href)="([^"]+)"', html) if "//" in link]
    assert "`" not in html.partition("<article")[2]


def test_the_document_is_made_once() -> None:
    """It takes too long for each request."""
    assert document(OPERATIONS) is document(OPERATIONS)


@pytest.mark.slow
def test_pages_need_none_of_it() -> None:
    """A shop that is not asked for the document does not import what makes it."""
    code = "import sys, marketplace.app; print('spectree' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
