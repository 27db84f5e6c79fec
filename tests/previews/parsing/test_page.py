"""Previews of pages with the markup of real kinds of sites, and of hostile ones."""

import json
from time import process_time

import pytest

from previews.domain import Document, UnsupportedContent
from previews.parsing.page import MAX_AUTHORS, MAX_DESCRIPTION, MAX_TITLE, read_page
from tests.previews.parsing.sites import SITES, Site

URL = "https://example.com/"
MIB = 1 << 20


def page(html: str) -> Document:
    return Document(url=URL, content_type="text/html", body=html.encode())


def repeated(text: str) -> str:
    return (text * (MIB // len(text) + 1))[:MIB]


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.kind)
def test_previews_of_sites(site: Site) -> None:
    """Title, description, picture, site, and authors and ISBN of a book are what a person would take."""
    assert read_page(site.document) == site.expected


def test_long_texts_are_shortened() -> None:
    """To whole limits, at the end of a word where there is one; a list of authors too."""
    authors = [{"name": f"Author {i}"} for i in range(50)]
    book = json.dumps({"@type": "Book", "name": "n " * 1000, "description": "d" * 5000, "author": authors})
    preview = read_page(page(f'<script type="application/ld+json">{book}</script>'))
    assert len(preview.title) == MAX_TITLE
    assert preview.title.endswith("n…")
    assert len(preview.description) == MAX_DESCRIPTION
    assert len(preview.authors) == MAX_AUTHORS


@pytest.mark.parametrize("image", ["javascript:alert(1)", "ftp://example.com/x.png", "file:///x.png", "http://["])
def test_pictures_that_are_no_address_of_one(image: str) -> None:
    """They are left out."""
    preview = read_page(page(f'<title>t</title><meta property="og:image" content="{image}">'))
    assert preview.image == ""


def test_an_unknown_encoding_is_refused() -> None:
    """A page that names one and is not UTF-8 would be nonsense."""
    with pytest.raises(UnsupportedContent):
        read_page(Document(url=URL, content_type="text/html; charset=ebcdic", body=b"<title>\xff</title>"))


HOSTILE = {
    "unclosed elements": repeated("<div>"),
    "unclosed formatting": repeated("<b><p>"),
    "different formatting": "".join(f"<font size={i}>" for i in range(50_000)),
    "ends without starts": repeated("<b></p>"),
    "many attributes": f"<p {' '.join(f'a{i}=1' for i in range(120_000))}>",
    "many attributes of one meta": f"<meta {' '.join(f'a{i}=1' for i in range(120_000))}>",
    "metas with many attributes": repeated(f"<meta {' '.join(f'a{i}=1' for i in range(900))}>"),
    "many metas": repeated("<meta property=a content=b>"),
    "many headings": repeated("<h1>"),
    "tags without an end": repeated("<meta "),
    "quotes without an end": repeated('<meta a="'),
    "quotes in quotes": repeated('<p a="<p>"'),
    "comments without an end": repeated("<!--"),
    "scripts without an end": repeated("<script>"),
    "deep JSON": f'<script type="application/ld+json">{"[" * MIB}',
    "wide JSON": f'<script type="application/ld+json">[{"[]," * 300_000}[]]</script>',
    "a long number": f'<script type="application/ld+json">{{"@type":"Book","name":{"9" * 500_000}}}</script>',
    "entities": f"<title>{repeated('&amp;')}</title>",
    "spaces": f"<title>{' ' * MIB}",
    "stray characters": repeated("<"),
    "equals signs": f"<p {'=' * MIB}>",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pages_take_little_time(kind: str) -> None:
    """A page of 1 MiB that takes a parser of trees minutes is read in seconds, and the process does not crash."""
    started = process_time()
    read_page(page(HOSTILE[kind]))
    assert process_time() - started < 5
