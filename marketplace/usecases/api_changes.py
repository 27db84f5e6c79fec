"""What systems change over the HTTP API: the changes of moderators, with preconditions and idempotency keys."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from threading import Lock
from typing import Any

from bookfiles.reading.books import MAX_STOCK
from marketplace.domain.api_tokens import Answer, ApiToken
from marketplace.domain.errors import (
    NotSignedIn,
    RequestDiffers,
    RequestInProgress,
    StockConflict,
    TokenInvalid,
    VersionConflict,
)
from marketplace.domain.moderation import Action, CatalogueBook
from marketplace.domain.orders import OrderState
from marketplace.store import Store
from marketplace.usecases.catalogue.changes import CatalogueChanges, named
from marketplace.usecases.catalogue.forms import BookForm, empty_form, fingerprints, texts_of
from marketplace.usecases.export import Mails, export
from marketplace.usecases.moderation import Moderation, moderating
from servicekit.clock import now

Texts = dict[str, str]
"""Texts of a book's form by field."""
Versions = frozenset[str] | None
"""The versions of a book that a caller has seen; None for any."""
_VERSION_BYTES = 16


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key, and a digest of the request that it came with."""

    text: str
    digest: str


class ApiChanges:
    """What a token changes, and exports; each is one transaction with an entry in the audit log that names the token.

    All raise StoreUnavailable, and TokenInvalid if the account of the token's moderator has been deleted; those of
    books also if the token has just been revoked. Those of one book raise BookNotFound, and VersionConflict if it is
    in none of `versions`.
    """

    def __init__(self, store: Store, moderation: Moderation, *, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._moderation = moderation
        self._clock = clock
        self._running: set[tuple[int, str]] = set()
        self._lock = Lock()

    def add_book(
        self, token: ApiToken, key: Key, texts: Texts, *, is_hidden: bool, answer: Callable[[CatalogueBook], Answer]
    ) -> Answer:
        """Add a book, or return the answer to the same request before. Raises InvalidBook; see also `_once`."""

        def add(changes: CatalogueChanges) -> CatalogueBook:
            shown = empty_form()
            book = changes.add(BookForm({**shown.texts, **texts}, shown.shown))
            if is_hidden:
                changes.set_hidden(book.id, True)
            return changes.work.all_books.get(book.id)

        return self._once(token, key, add, answer)

    def change_stock(
        self, token: ApiToken, key: Key, book_id: int, delta: int, *, answer: Callable[[CatalogueBook], Answer]
    ) -> Answer:
        """Add to a book's stock, or take from it; or return the answer to the same request before.

        Raises StockConflict; see also `_once`.
        """

        def change(changes: CatalogueChanges) -> CatalogueBook:
            before = changes.work.all_books.lock(book_id).book.stock
            if before is None or not 0 <= before + delta <= MAX_STOCK:
                stock = "is not tracked" if before is None else f"is {before}"
                raise StockConflict(f"the stock {stock}")
            return _edit(changes, book_id, {"stock": str(before + delta)})

        return self._once(token, key, change, answer)

    def replace_book(
        self, token: ApiToken, book_id: int, texts: Texts, *, is_hidden: bool, versions: Versions
    ) -> CatalogueBook:
        """Replace what moderators edit of a book; returns it. Raises InvalidBook."""
        with self._changes(token) as changes:
            _require(changes, book_id, versions)
            changes.set_hidden(book_id, is_hidden)
            return _edit(changes, book_id, texts)

    def set_stock(self, token: ApiToken, book_id: int, stock: int | None, *, versions: Versions) -> CatalogueBook:
        """Set the stock of a book, None if it is not tracked; returns the book."""
        with self._changes(token) as changes:
            _require(changes, book_id, versions)
            return _edit(changes, book_id, {"stock": "" if stock is None else str(stock)})

    def delete_book(self, token: ApiToken, book_id: int, *, versions: Versions) -> None:
        """Delete a book from the catalogue."""
        with self._changes(token) as changes:
            _require(changes, book_id, versions)
            changes.delete(book_id)

    def change_order_state(self, token: ApiToken, order_id: str, to: OrderState) -> None:
        """As `Moderation.change_order_state`, which says what is raised."""
        with _token_of_maker():
            self._moderation.change_order_state(token.made_by, order_id, to, token=token.name)

    def export_reader(self, token: ApiToken, reader_id: int, mails: Mails) -> dict[str, Any] | None:
        """The document that a reader can download, as in `export`; None if there is no such reader.

        The audit log does not say whose data it was: nothing of a reader is left in it once they are deleted.
        """
        with self._store.read() as work:
            if not work.readers.exists(reader_id):
                return None
        with _token_of_maker(), moderating(self._store, token.made_by) as writing:
            writing.audit.add(token.made_by, Action.READER_EXPORTED, "", named(token.name), at=self._clock())
        return export(self._store, reader_id, mails)

    def _once(
        self,
        token: ApiToken,
        key: Key,
        change: Callable[[CatalogueChanges], CatalogueBook],
        answer: Callable[[CatalogueBook], Answer],
    ) -> Answer:
        """Make a change and keep the answer, in one transaction; or return the answer to the same request before.

        Raises RequestDiffers if the key came with another request, and RequestInProgress while this process still
        answers the first one. In another process the repeated request waits for the first one's transaction. What
        fails is rolled back with everything, keeps no answer, and may be sent again.
        """
        running = token.id, key.text
        with self._lock:
            if running in self._running:
                raise RequestInProgress
            self._running.add(running)
        try:
            with self._changes(token) as changes:
                answers = changes.work.api_answers
                answers.remove_old(changes.moment)
                if kept := answers.get(token.id, key.text):
                    if kept[1] != key.digest:
                        raise RequestDiffers
                    return kept[0]
                sent = answer(change(changes))
                answers.put(token.id, key.text, key.digest, sent, at=changes.moment)
                return sent
        finally:
            with self._lock:
                self._running.discard(running)

    @contextmanager
    def _changes(self, token: ApiToken) -> Iterator[CatalogueChanges]:
        with _token_of_maker(), self._moderation.changes(token.made_by, token=token.name) as changes:
            if not changes.work.api_tokens.lock(token.id):
                raise TokenInvalid
            yield changes


@contextmanager
def _token_of_maker() -> Iterator[None]:
    try:
        yield
    except NotSignedIn:
        raise TokenInvalid from None


def version(stored: CatalogueBook) -> str:
    """The version of a book: a digest of everything that a moderator edits, and of whether it is hidden."""
    text = repr((stored.is_hidden, sorted(texts_of(stored.book).items())))
    return blake2s(text.encode(errors="surrogatepass"), digest_size=_VERSION_BYTES).hexdigest()


def _require(changes: CatalogueChanges, book_id: int, versions: Versions) -> None:
    """Raises VersionConflict, and BookNotFound."""
    stored = changes.work.all_books.lock(book_id)
    if versions is not None and version(stored) not in versions:
        raise VersionConflict


def _edit(changes: CatalogueChanges, book_id: int, texts: Texts) -> CatalogueBook:
    shown = texts_of(changes.work.all_books.lock(book_id).book)
    changes.change(book_id, BookForm({**shown, **texts}, fingerprints(shown)))
    return changes.work.all_books.get(book_id)
