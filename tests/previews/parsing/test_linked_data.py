"""Books in JSON-LD."""

import json
from typing import Any

import pytest

from previews.parsing.linked_data import LinkedBook, find_book


def book(**fields: Any) -> LinkedBook:
    return find_book([json.dumps({"@type": "Book", "name": "Title", **fields})])


@pytest.mark.parametrize("kind", ["Book", "book", "http://schema.org/Book", "schema:Book", ["Product", "Book"]])
def test_types_of_books(kind: Any) -> None:
    """However the type is written."""
    assert find_book([json.dumps({"@type": kind, "name": "Title"})]).title == "Title"


@pytest.mark.parametrize("kind", ["BookSeries", "Product", "", None, 7, {"@type": "Book"}])
def test_other_types(kind: Any) -> None:
    """What is no book is none."""
    assert find_book([json.dumps({"@type": kind, "name": "Title"})]) == LinkedBook()


@pytest.mark.parametrize(
    ("value", "authors"),
    [
        ("A", ("A",)),
        (["A", "B"], ("A", "B")),
        ({"@type": "Person", "name": "A"}, ("A",)),
        ({"name": ["A", "Alias"]}, ("A",)),
        ([{"name": "A &amp; B"}, {"url": "/x"}, None, "", " C "], ("A & B", "C")),
        ({"@id": "#x"}, ()),
        (True, ()),
        (1.5, ()),
        (None, ()),
    ],
)
def test_authors(value: Any, authors: tuple[str, ...]) -> None:
    """Texts, objects and lists of both; what is none of these is left out."""
    assert book(author=value).authors == authors


def test_isbns_of_all_editions() -> None:
    """Those of the book come first; numbers count as texts."""
    editions = [{"isbn": "2"}, "no object", {"gtin13": 3}]
    assert book(isbn=["1"], workExample=editions).isbns == ("1", "2", "3")


@pytest.mark.parametrize(
    "script", ["", "null", "7", '"Book"', "{", '{"@type":"Book"}', '{"@type":"Book","name":7.5}', "[" * 100_000]
)
def test_scripts_without_a_book(script: str) -> None:
    """Whatever they are, there is no book and no error."""
    assert find_book([script]) == LinkedBook()


def test_the_outer_book_counts() -> None:
    """A book's own translations and parts are not it, and a graph is looked through to its end."""
    graph = {
        "@graph": [
            {"@type": "WebPage"},
            {"@type": "Book", "name": "Outer", "hasPart": {"@type": "Book", "name": "In"}},
        ]
    }
    assert find_book(["broken", json.dumps(graph)]).title == "Outer"
