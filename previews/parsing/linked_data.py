"""A book in a page's JSON-LD, by https://schema.org/Book."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

_TYPES = frozenset({"book", "audiobook"})
_MAX_NODES = 5_000
"""How many objects and lists are looked through: pages have hundreds."""

_WRAPPERS = ("<!--", "-->", "//", "/*", "*/", "<![CDATA[", "]]>")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedBook:
    """What JSON-LD says about a book; texts as they stand there."""

    title: str = ""
    description: str = ""
    image: str = ""
    authors: tuple[str, ...] = ()
    isbns: tuple[str, ...] = ()


def find_book(scripts: Iterable[str]) -> LinkedBook:
    """The first book with a title, with the ISBNs of all editions that it names; empty if there is none."""
    for node in _nodes(scripts):
        if _TYPES & set(_types(node)) and (title := next(_texts(node.get("name")), "")):
            editions = [
                node,
                *(edition for edition in _list(node.get("workExample")) if isinstance(edition, Mapping)),
            ]
            return LinkedBook(
                title=title,
                description=next(_texts(node.get("description")), ""),
                image=next(_texts(node.get("image"), "url", "contentUrl", "@id"), ""),
                authors=tuple(_texts(node.get("author"))),
                isbns=tuple(
                    isbn for edition in editions for key in ("isbn", "gtin13") for isbn in _texts(edition.get(key))
                ),
            )
    return LinkedBook()


def _nodes(scripts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """The objects in the scripts, outer ones first."""
    count = 0
    for script in scripts:
        queue: list[Any] = [_parsed(script)]
        for value in queue:  # it grows meanwhile
            count += 1
            if count > _MAX_NODES:
                return
            if isinstance(value, Mapping):
                yield value
            children = value.values() if isinstance(value, Mapping) else value
            queue.extend(child for child in children if isinstance(child, list | Mapping))


def _parsed(script: str) -> Any:
    """The value of a script; an empty list if it is not JSON."""
    text = script.strip()
    for wrapper in _WRAPPERS:  # from the times of XHTML
        text = text.removeprefix(wrapper).removesuffix(wrapper).strip()
    try:
        value = json.loads(text.rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return []
    return value if isinstance(value, list | Mapping) else []


def _types(node: Mapping[str, Any]) -> Iterator[str]:
    for kind in _list(node.get("@type")):
        if isinstance(kind, str):
            yield kind.rpartition("/")[2].rpartition(":")[2].lower()


def _texts(value: Any, *keys: str) -> Iterator[str]:
    """The texts of a value: of a text, a number, an object by its name or one of `keys`, or of a list of these."""
    for item in _list(value):
        if isinstance(item, Mapping):
            item = next((item[key] for key in (*keys, "name", "@value") if item.get(key)), None)  # noqa: PLW2901
            item = next(iter(_list(item)), None)  # noqa: PLW2901
        if isinstance(item, int) and not isinstance(item, bool):
            item = str(item)  # noqa: PLW2901
        if isinstance(item, str) and (text := unescape(item).strip()):
            yield text


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
