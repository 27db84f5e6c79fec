"""The form of a book, which detects edits of the same attribute by two moderators at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Any

from bookfiles.errors import Unreadable
from marketplace.domain.books import Book
from marketplace.domain.errors import BookConflict, InvalidBook
from marketplace.domain.links import Link, Preview, picture_path
from marketplace.domain.money import written_amount
from marketplace.usecases.catalogue.fields import READERS, Texts

FIELDS_BY_ATTRIBUTE: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("title", "authors", "year", "isbn", "categories", "subjects", "description")},
    "price": ("price", "currency"),
    "stock": ("stock",),
    "picture": ("picture",),
}
"""The form fields of each attribute of a book that moderators edit."""
FIELDS = tuple(field for fields in FIELDS_BY_ATTRIBUTE.values() for field in fields)

_MULTILINE = "description"
_FINGERPRINT_BYTES = 8


@dataclass(frozen=True, slots=True)
class BookForm:
    """A submitted form: its texts, and by attribute a fingerprint of what the page showed."""

    texts: Texts
    shown: Mapping[str, str]

    @property
    def changed(self) -> frozenset[str]:
        """The attributes that the moderator edited."""
        submitted = fingerprints(self.texts)
        return frozenset(name for name in FIELDS_BY_ATTRIBUTE if submitted[name] != self.shown.get(name))

    def refreshed(self, book: Book) -> "BookForm":
        """The form for the current book, with the moderator's edits."""
        edited = {field for name in self.changed for field in FIELDS_BY_ATTRIBUTE[name]}
        current = texts_of(book)
        texts = {field: self.texts[field] if field in edited else current[field] for field in FIELDS}
        return BookForm(texts, fingerprints(current))


def empty_form() -> BookForm:
    texts = dict.fromkeys(FIELDS, "")
    return BookForm(texts, fingerprints(texts))


def form_of(book: Book) -> BookForm:
    texts = texts_of(book)
    return BookForm(texts, fingerprints(texts))


def form_of_link(link: Link) -> BookForm:
    """The form for a new book with what a page says about it."""
    form, preview = empty_form(), link.preview or Preview()
    texts = {
        **form.texts,
        "title": preview.title,
        # A semicolon separates authors.
        "authors": "; ".join(name.replace(";", ",") for name in preview.authors),
        "isbn": preview.isbn,
        "description": preview.description,
        "picture": picture_path(link.picture_id) if link.picture_id else "",
    }
    return replace(form, texts=texts)


def texts_of(book: Book) -> Texts:
    return {
        "title": book.title,
        "authors": "; ".join(book.authors),
        "year": "" if book.year is None else str(book.year),
        "isbn": book.isbn,
        "categories": ";".join(category.slug for category in book.categories),
        "subjects": "; ".join(book.subjects),
        "description": book.description,
        "price": written_amount(book.price) if book.price else "",
        "currency": book.price.currency if book.price else "",
        "stock": "" if book.stock is None else str(book.stock),
        "picture": book.picture,
    }


def fingerprints(texts: Texts) -> dict[str, str]:
    """A hash of each attribute's texts."""
    return {
        attribute: _fingerprint([_as_submitted(field, texts[field]) for field in fields])
        for attribute, fields in FIELDS_BY_ATTRIBUTE.items()
    }


def attributes_of(form: BookForm) -> dict[str, Any]:
    """All attributes of the book in a form.

    Raises InvalidBook.
    """
    return _read(form.texts, frozenset(FIELDS_BY_ATTRIBUTE))


def merged(book: Book, form: BookForm) -> Book:
    """The book with the moderator's edits.

    Raises InvalidBook, and BookConflict if somebody else has changed an edited attribute to another value since the
    form was shown.
    """
    changed = form.changed
    attributes = _read(form.refreshed(book).texts, changed)
    current, submitted = fingerprints(texts_of(book)), fingerprints(form.texts)
    conflicts = frozenset(name for name in changed if current[name] not in {form.shown.get(name), submitted[name]})
    if conflicts:
        raise BookConflict(conflicts)
    edited = replace(book, **attributes)
    # The form has no field for the day: a day of another year than the corrected one would win in Recommendations.
    is_outdated = "year" in changed and book.published_on and book.published_on.year != edited.year
    return replace(edited, published_on=None) if is_outdated else edited


def _read(texts: Texts, names: frozenset[str]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    invalid = set()
    for name in names:
        try:
            # PostgreSQL cannot store NUL.
            if any("\0" in texts[field] for field in FIELDS_BY_ATTRIBUTE[name]):
                raise Unreadable("not a text")
            attributes[name] = READERS[name](texts)
        except Unreadable:
            invalid.add(name)
    if invalid:
        raise InvalidBook(frozenset(invalid))
    return attributes


def _as_submitted(field: str, text: str) -> str:
    # Browsers submit line breaks as CRLF, and remove them from single-line fields.
    return text.replace("\r\n", "\n").strip() if field == _MULTILINE else " ".join(text.split())


def _fingerprint(texts: list[str]) -> str:
    return blake2s("\0".join(texts).encode(errors="surrogatepass"), digest_size=_FINGERPRINT_BYTES).hexdigest()
