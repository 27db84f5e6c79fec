"""Changes of books by moderators and by API tokens, each with its events and its entry in the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marketplace.domain.books import Book
from marketplace.domain.moderation import Action
from marketplace.store import UnitOfWork
from marketplace.usecases.announcements import announce_books
from marketplace.usecases.catalogue.forms import FIELDS_BY_ATTRIBUTE, BookForm, attributes_of, merged, texts_of

_MAX_LOGGED_LENGTH = 200


@dataclass(slots=True)
class CatalogueChanges:
    """What a moderator, or a token with this name for them, changes within one transaction that the caller commits.

    `book_ids` are the books that it was about, changed or not. The methods of one book raise BookNotFound.
    """

    work: UnitOfWork
    by: int
    moment: datetime
    token: str = ""
    book_ids: set[int] = field(default_factory=set)

    def add(self, form: BookForm) -> Book:
        """Add a new book. Raises InvalidBook."""
        attributes = attributes_of(form)
        book = Book(id=self.work.all_books.new_id(self.moment), **attributes)
        self.work.books.put([book])
        self._log(Action.BOOK_ADDED, book)
        return book

    def change(self, book_id: int, form: BookForm) -> bool:
        """Change the attributes of a book that were edited; False if nothing changes.

        Raises InvalidBook, and BookConflict if somebody else has changed the same attribute.
        """
        work = self.work
        before = work.all_books.lock(book_id).book
        book = merged(before, form)
        self.book_ids.add(book_id)
        is_changed = bool(work.books.put([book]))
        if is_changed:
            edited = work.books.edited([book_id]).get(book_id, frozenset())
            work.books.set_edited({book_id: edited | form.changed})
            self._log(Action.BOOK_CHANGED, book, changed=_differences(before, book))
        return is_changed

    def set_hidden(self, book_id: int, is_hidden: bool) -> bool:
        """Hide a book from readers, or show it to them again; False if that changes nothing."""
        before = self.work.all_books.lock(book_id)
        self.book_ids.add(book_id)
        if before.is_hidden == is_hidden:
            return False
        if is_hidden:
            self.work.all_books.hide(before.book)
        else:
            self.work.all_books.show(before.book)
        self._log(Action.BOOK_HIDDEN if is_hidden else Action.BOOK_SHOWN, before.book)
        return True

    def delete(self, book_id: int) -> Book:
        """Delete a book from the catalogue; returns it."""
        book = self.work.all_books.lock(book_id).book
        self.work.all_books.remove(book_id)
        self._log(Action.BOOK_DELETED, book)
        return book

    def _log(self, action: Action, book: Book, **detail: Any) -> None:
        self.book_ids.add(book.id)
        announce_books(self.work, [book.id], moment=self.moment)
        detail = {"title": _short(book.title), **detail, **named(self.token)}
        self.work.audit.add(self.by, action, str(book.id), detail, at=self.moment)


def named(token: str) -> dict[str, str]:
    """What the audit log says of the token that made a change, nothing if it was the moderator."""
    return {"token": token} if token else {}


def _differences(before: Book, after: Book) -> Mapping[str, list[str]]:
    """The old and the new text of each attribute that differs."""
    old, new = texts_of(before), texts_of(after)
    return {
        attribute: [_short(" ".join(texts[name] for name in names).strip()) for texts in (old, new)]
        for attribute, names in FIELDS_BY_ATTRIBUTE.items()
        if any(old[name] != new[name] for name in names)
    }


def _short(text: str) -> str:
    return text if len(text) <= _MAX_LOGGED_LENGTH else f"{text[: _MAX_LOGGED_LENGTH - 1]}…"
