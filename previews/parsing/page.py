"""A preview from a page."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import chain
from urllib.parse import urljoin

from stdnum import isbn as isbns
from stdnum.exceptions import ValidationError

from previews.domain import Document, Preview
from previews.parsing.encodings import decode
from previews.parsing.linked_data import LinkedBook, find_book
from previews.parsing.tags import Tags, read_tags

MAX_TITLE, MAX_DESCRIPTION, MAX_SITE, MAX_AUTHOR = 300, 1_000, 100, 200
MAX_AUTHORS = 20

_TITLES = ("og:title", "twitter:title")
_DESCRIPTIONS = ("og:description", "twitter:description")
_IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
_SITES = ("og:site_name", "application-name")
_ISBNS = ("book:isbn", "books:isbn", "og:isbn")
_SPACES = re.compile(r"\s+")
_HIDDEN = frozenset("\ufeff\u200b\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def read_page(document: Document) -> Preview:
    """What a page says about itself. Raises UnsupportedContent for an unknown encoding."""
    tags = read_tags(decode(document.body, document.content_type))
    book = find_book(tags.json_ld)
    base = _joined(document.url, tags.base) or document.url
    return Preview(
        url=_canonical(document.url, base, tags),
        title=_first(_metas(tags, _TITLES), (book.title, tags.title, tags.heading), most=MAX_TITLE),
        description=_first(
            _metas(tags, _DESCRIPTIONS), (book.description,), _metas(tags, ("description",)), most=MAX_DESCRIPTION
        ),
        image=_image(base, tags, book),
        site=_first(_metas(tags, _SITES), (_host(document.url).removeprefix("www."),), most=MAX_SITE),
        authors=_authors(book),
        isbn=_isbn(chain(book.isbns, _metas(tags, _ISBNS))),
    )


def _clean(text: str, most: int) -> str:
    """A text in one line, without control and direction characters, shortened to `most` characters."""
    spaced = _SPACES.sub(" ", text[: 10 * most])
    kept = "".join(character for character in spaced if not _is_control(character))
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", kept)).strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _is_control(character: str) -> bool:
    return character in _HIDDEN or unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"}


def _metas(tags: Tags, names: Iterable[str]) -> Iterable[str]:
    return (tags.meta.get(name, "") for name in names)


def _first(*sources: Iterable[str], most: int) -> str:
    """The first text that has something left when it is clean."""
    return next((text for text in (_clean(text, most) for text in chain(*sources)) if text), "")


def _joined(base: str, target: str) -> str:
    """An absolute http or https URL; empty if the target is none."""
    try:
        joined = urljoin(base, target.strip()) if target.strip() else ""
    except ValueError:
        return ""
    return joined if joined.lower().startswith(("http://", "https://")) else ""


def _image(base: str, tags: Tags, book: LinkedBook) -> str:
    links = (book.image, tags.links.get("image_src", ""), tags.meta.get("image", ""))
    urls = (_joined(base, link) for link in chain(_metas(tags, _IMAGES), links))
    return next((url for url in urls if url), "")


def _canonical(url: str, base: str, tags: Tags) -> str:
    """The address that the page itself names: only on its own host, since it could name any."""
    for target in (tags.links.get("canonical", ""), tags.meta.get("og:url", "")):
        canonical = _joined(base, target)
        if canonical and _host(canonical) == _host(url):
            return canonical
    return url


def _host(url: str) -> str:
    """The host of an absolute URL, with its port if it has one."""
    return re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0].lower()


def _authors(book: LinkedBook) -> tuple[str, ...]:
    names = (_clean(name, MAX_AUTHOR) for name in book.authors)
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_AUTHORS]


def _isbn(texts: Iterable[str]) -> str:
    """The first valid ISBN, with 13 digits; empty if there is none."""
    for text in texts:
        try:
            return str(isbns.compact(isbns.to_isbn13(isbns.validate(text))))
        except ValidationError:
            continue
    return ""
