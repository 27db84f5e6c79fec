"""A book as a form shows it and takes it back, so that two who change it at once overwrite nothing of each other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Any

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.errors import BookConflict, InvalidBook
from marketplace.domain.money import written_amount
from marketplace.usecases.catalogue.fields import facts_in
from servicekit.csvfile import RowRefused
from servicekit.importing import Labels

Texts = Mapping[str, str]
"""What stands in the fields of a form, by their names; a list is separated by `;`."""

FIELDS_BY_ATTRIBUTE: Mapping[str, tuple[str, ...]] = {
    **{fact: (fact,) for fact in ("title", "authors", "year", "isbn", "categories", "subjects", "description")},
    "price": ("price", "currency"),
    "stock": ("stock",),
    "picture": ("picture",),
}
"""The fields of each fact of a book."""
FIELDS = tuple(field for fields in FIELDS_BY_ATTRIBUTE.values() for field in fields)

_IN_LINES = "description"
_MARK_BYTES = 8


@dataclass(frozen=True, slots=True)
class BookForm:
    """A form as it was sent: what was typed, and by fact a mark of what the form had shown."""

    texts: Texts
    shown: Mapping[str, str]

    @property
    def changed(self) -> frozenset[str]:
        """The facts that whoever filled it in means to change."""
        marks = marks_of(self.texts)
        return frozenset(fact for fact in FIELDS_BY_ATTRIBUTE if marks[fact] != self.shown.get(fact))

    def refreshed(self, book: Book) -> "BookForm":
        """The form over the book as it is now, with what was typed kept."""
        changed = {field for fact in self.changed for field in FIELDS_BY_ATTRIBUTE[fact]}
        now = texts_of(book)
        return BookForm({name: self.texts[name] if name in changed else now[name] for name in FIELDS}, marks_of(now))


def empty_form() -> BookForm:
    """The form of a book that is to be made."""
    texts = dict.fromkeys(FIELDS, "")
    return BookForm(texts, marks_of(texts))


def form_of(book: Book) -> BookForm:
    """The form that shows a book."""
    texts = texts_of(book)
    return BookForm(texts, marks_of(texts))


def texts_of(book: Book) -> Texts:
    """What the fields of its form say of a book."""
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


def marks_of(texts: Texts) -> dict[str, str]:
    """A mark for each fact: another one as soon as its fields say something else."""
    return {
        fact: _mark([_as_sent(name, texts[name]) for name in names]) for fact, names in FIELDS_BY_ATTRIBUTE.items()
    }


def attributes_of(filled: BookForm) -> dict[str, Any]:
    """All facts of the book that a form describes.

    Raises InvalidBook.
    """
    return _read(filled.texts, frozenset(FIELDS_BY_ATTRIBUTE))


def merged(book: Book, filled: BookForm) -> Book:
    """The book with what the form means to change.

    Raises InvalidBook, and BookConflict where somebody else changed a fact of those, since the form was shown, into
    something else.
    """
    changed = filled.changed
    facts = _read(filled.refreshed(book).texts, changed)
    now, typed = marks_of(texts_of(book)), marks_of(filled.texts)
    conflicts = frozenset(fact for fact in changed if now[fact] not in {filled.shown.get(fact), typed[fact]})
    if conflicts:
        raise BookConflict(conflicts)
    return replace(book, **facts)


def _read(texts: Texts, facts: frozenset[str]) -> dict[str, Any]:
    reading = facts_in(Labels(Category))
    found: dict[str, Any] = {}
    unfit = set()
    for fact in facts:
        try:
            # No text of PostgreSQL holds it, and no file that is imported has it.
            if any("\0" in texts[name] for name in FIELDS_BY_ATTRIBUTE[fact]):
                raise RowRefused("not a text")
            found[fact] = reading[fact](texts)
        except RowRefused:
            unfit.add(fact)
    if unfit:
        raise InvalidBook(frozenset(unfit))
    return found


def _as_sent(name: str, text: str) -> str:
    # Browsers send lines their own way, and fields of one line without what breaks lines.
    return text.replace("\r\n", "\n").strip() if name == _IN_LINES else " ".join(text.split())


def _mark(texts: list[str]) -> str:
    return blake2s("\0".join(texts).encode(errors="surrogatepass"), digest_size=_MARK_BYTES).hexdigest()
