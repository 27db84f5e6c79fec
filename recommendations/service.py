"""The use cases: recommending, recording, and changing books and readers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import structlog

from recommendations.domain.books import Book, UpsertOutcome, UpsertResult
from recommendations.domain.errors import ForgettingUnfinished, StoreUnavailable
from recommendations.domain.interactions import HistoryPage, HistoryRequest, Interaction, Outcome, Result
from recommendations.domain.recommending import RecommendationList, RecommendRequest, SimilarBooksRequest
from recommendations.following.follower import Follower
from recommendations.ports import Store

FORGOTTEN = Result(Outcome.REFUSED, "user_id names a reader who was forgotten")

_log = structlog.get_logger()


class RecommendationService:
    """Recommends from the model in memory, and stores interactions, books, and merged and forgotten readers.

    What a method has written is durable when it returns, and counts in the next list of this process.
    """

    def __init__(self, store: Store, follower: Follower) -> None:
        self._store = store
        self._follower = follower

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        """One list. Raises NotReady."""
        reader_id = self._follower.reader(request.reader_id)
        if reader_id != request.reader_id:
            request = replace(request, reader_id=reader_id)
        return self._follower.model.recommend(request)

    def recommend_batch(
        self, requests: Iterable[RecommendRequest], *, distinct: bool
    ) -> Iterator[RecommendationList]:
        """Several lists from one model, computed one by one; with `distinct`, no book is in two of them.

        Raises NotReady.
        """
        model = self._follower.model
        shown: frozenset[int] = frozenset()
        for request in requests:
            reader_id = self._follower.reader(request.reader_id)
            answer = model.recommend(replace(request, reader_id=reader_id, excluded=request.excluded | shown))
            if distinct:
                shown |= set(answer.book_ids)
            yield answer

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        """Books like another one. Raises NotReady and BookNotFound."""
        reader_id = self._follower.reader(request.reader_id)
        return self._follower.model.similar(replace(request, reader_id=reader_id))

    def record(self, interactions: Sequence[Interaction | Result]) -> list[Result]:
        """Store interactions in one transaction; a Result among them is passed through.

        Interactions of forgotten readers are refused. Raises StoreUnavailable.
        """
        batch = [item for item in interactions if isinstance(item, Interaction)]
        if not batch:
            return [item for item in interactions if isinstance(item, Result)]
        with self._store.write() as work:
            # Checked in the transaction that stores, so that no reader is forgotten between the two.
            retired = work.readers.retired({interaction.reader_id for interaction in batch})
            forgotten = {reader_id for reader_id, into in retired.items() if into is None}
            stored = work.interactions.add([item for item in batch if item.reader_id not in forgotten])
            work.commit()
        if stored:
            self._apply()
        results = []
        for item in interactions:
            if isinstance(item, Result):
                results.append(item)
            elif item.reader_id in forgotten:
                results.append(FORGOTTEN)
            else:
                results.append(Result(Outcome.STORED if item.id in stored else Outcome.REPEATED))
                # A second interaction with this id in the batch is a repetition.
                stored.discard(item.id)
        return results

    def history(self, request: HistoryRequest) -> HistoryPage:
        """A page of the interactions of a reader, or of the reader they were merged into; empty if unknown.

        Raises StoreUnavailable.
        """
        with self._store.read() as work:
            reader_id = work.readers.retired([request.reader_id]).get(request.reader_id, request.reader_id)
            if reader_id is None:
                return HistoryPage((), None)
            return work.interactions.page(reader_id, before=request.before, limit=request.limit)

    def upsert_books(self, books: Sequence[Book | UpsertResult], today: date) -> list[UpsertResult]:
        """Add or replace books in one transaction; an UpsertResult among them is passed through.

        Of several books with one id the last one wins, and all get its outcome. Raises StoreUnavailable.
        """
        last = {book.id: book for book in books if isinstance(book, Book)}
        changed: set[int] = set()
        if last:
            with self._store.write() as work:
                changed = work.books.upsert(list(last.values()), today)
                work.commit()
        if changed:
            self._apply()
        results = []
        for item in books:
            if isinstance(item, UpsertResult):
                results.append(item)
            else:
                results.append(UpsertResult(UpsertOutcome.STORED if item.id in changed else UpsertOutcome.UNCHANGED))
        return results

    def remove_books(self, book_ids: Sequence[int]) -> int:
        """Remove books; returns how many of them were in the catalogue. Raises StoreUnavailable."""
        with self._store.write() as work:
            removed = work.books.remove(book_ids)
            work.commit()
        if removed:
            self._apply()
        return len(removed)

    def merge(self, reader_id: int, into: int) -> None:
        """Merge one reader into another, permanently. Raises StoreUnavailable."""
        with self._store.write() as work:
            work.readers.merge(reader_id, into)
            work.commit()
        self._apply()

    def forget(self, reader_id: int) -> None:
        """Forget a reader: in the database, in memory, and in the models' files.

        Raises StoreUnavailable if nothing was done, and ForgettingUnfinished if only the database is done: the
        follower finishes the rest later, or a repeated call does at once.
        """
        with self._store.write() as work:
            work.readers.forget(reader_id)
            work.commit()
        try:
            self._follower.after_write()
        except StoreUnavailable as error:
            raise ForgettingUnfinished from error
        self._follower.prune()

    def _apply(self) -> None:
        try:
            self._follower.after_write()
        except StoreUnavailable:
            # It is stored, as the caller asked; the follower applies it when the database answers again.
            _log.warning("applied_later")
