"""The tags of a page that say something about it.

selectolax takes time with the square of a page's depth, of its unclosed tags, and of a tag's attributes: a hostile
page of 1 MiB can take it more than a minute, during which nothing else of the process runs. So it is given a flat
page, in which only tags are left that never contain others. One pass finds them, in time that grows with its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

_OPEN = re.compile(r"<(?:[!?]|/?[a-zA-Z])")
# Possessive, so that a tag without an end is tried once.
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)((?:[^>\"'=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"']?+)|[\"'])*+)>")
_JSON_LD = re.compile(r"application/ld\+json", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*+>")

_ENDS = {
    name: re.compile(rf"</{name}[\s/>]", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "svg", "template")
}
"""What is in these elements is text, or says nothing about the page: it is skipped up to its end."""

_KEPT = frozenset({"meta", "link", "base"})
_FIRST = frozenset({"title", "h1"})
"""Those of which the first counts."""

_MAX_TAG = 8_192
_MAX_KEPT = 2_000
_MAX_HEADING = 2_000


@dataclass(slots=True)
class Tags:
    """What the tags of a page say; of repeated ones the first counts.

    `meta` is by property or name in lower case, `links` are addresses by relation, `json_ld` are the scripts' texts.
    """

    meta: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    json_ld: list[str] = field(default_factory=list)
    title: str = ""
    heading: str = ""
    base: str = ""


def read_tags(html: str) -> Tags:
    """The tags of a page."""
    tags, flat = Tags(), []
    for name, tag, content in islice(_elements(html), _MAX_KEPT):
        if name == "script":
            tags.json_ld.append(content)
        else:
            flat.append(f"{tag}{content}</{name}>" if content else tag)
    page = LexborHTMLParser("".join(flat))
    for node in page.css("meta"):
        key = node.attributes.get("property") or node.attributes.get("name") or node.attributes.get("itemprop") or ""
        content = (node.attributes.get("content") or "").strip()
        if key and content:
            tags.meta.setdefault(key.strip().lower(), content)
    for node in page.css("link"):
        target = (node.attributes.get("href") or "").strip()
        for relation in (node.attributes.get("rel") or "").lower().split():
            if target:
                tags.links.setdefault(relation, target)
    base = page.css_first("base[href]")
    title, heading = page.css_first("title"), page.css_first("h1")
    tags.base = ((base.attributes.get("href") if base else None) or "").strip()
    tags.title = title.text() if title else ""
    tags.heading = heading.text() if heading else ""
    return tags


def _elements(html: str) -> Iterator[tuple[str, str, str]]:
    """The name, the start tag and the text of each element that counts; the text has no markup."""
    seen: set[str] = set()
    for name, tag, text, end in _start_tags(html):
        if name in _KEPT and len(tag) <= _MAX_TAG:
            yield name, tag, ""
        elif name == "script" and _JSON_LD.search(tag):
            yield name, "", text
        elif name in _FIRST and name not in seen:
            seen.add(name)
            yield name, f"<{name}>", _heading(html, end) if name == "h1" else text


def _start_tags(html: str) -> Iterator[tuple[str, str, str, int]]:
    """The name and the text of each start tag, the text that follows if it must be text, and where that ends."""
    position = 0
    while opened := _OPEN.search(html, position):
        position = opened.start()
        if html.startswith("<!--", position):
            position = _after(html, "-->", position + 2)
            continue
        if html[position + 1] in "!?":
            position = _after(html, ">", position)
            continue
        tag = _TAG.match(html, position)
        if tag is None:  # it has no end: the rest of the page is in it
            return
        position, name, text = tag.end(), tag[2].lower(), ""
        if tag[1]:
            continue
        # Only drawings can be closed at once.
        if name in _ENDS and not (name == "svg" and tag[0].endswith("/>")):
            end = _ENDS[name].search(html, position)
            text = html[position : end.start() if end else len(html)]
            position += len(text)
        yield name, tag[0], text, position


def _heading(html: str, position: int) -> str:
    inside = re.split("</h1", html[position : position + _MAX_HEADING], maxsplit=1, flags=re.IGNORECASE)[0]
    return _MARKUP.sub(" ", inside).replace("<", " ")


def _after(html: str, end: str, position: int) -> int:
    found = html.find(end, position)
    return len(html) if found < 0 else found + len(end)
