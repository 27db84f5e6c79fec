"""Fakes of the shop's collaborators."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from marketplace.domain.books import Book
from marketplace.domain.errors import MessageNotFound, PreviewsError, PreviewsRefused
from marketplace.domain.interactions import Interaction, Outcome, RecordResult
from marketplace.domain.links import Picture, Preview
from marketplace.domain.messages import FailedMessage
from marketplace.domain.moderation import TablePage
from marketplace.domain.money import Money
from marketplace.domain.recommendations import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendationRequest,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """A manual clock in seconds, and as a datetime."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds - 1000.0)


class FakeNotices:
    """Has failed messages and a reader's mails, or fails with `error`."""

    def __init__(self, *failed: FailedMessage, mails: Sequence[Any] = ()) -> None:
        self.messages = list(failed)
        self.kept = mails
        self.error: Exception | None = None
        self.retried: list[int] = []

    def failed(self, *, limit: int, offset: int) -> TablePage[FailedMessage]:
        self._answer()
        return TablePage(tuple(self.messages[offset : offset + limit]), len(self.messages))

    def retry(self, message_id: int) -> None:
        self._answer()
        if message_id not in [message.id for message in self.messages]:
            raise MessageNotFound
        self.messages = [message for message in self.messages if message.id != message_id]
        self.retried.append(message_id)

    def retry_all(self) -> int:
        self._answer()
        self.retried += [message.id for message in self.messages]
        count, self.messages = len(self.messages), []
        return count

    def mails(self, _reader_id: int) -> Sequence[Any]:
        self._answer()
        return self.kept

    def _answer(self) -> None:
        if self.error is not None:
            raise self.error


class FakePreviews:
    """Has the same preview and picture for every link; `errors` are raised first, one for each call of `preview`."""

    def __init__(self, preview: Preview, picture: Picture | PreviewsError | None = None) -> None:
        self.answer = preview
        self.answered_picture = picture
        self.errors: list[PreviewsError] = []
        self.asked: list[str] = []

    def preview(self, url: str) -> Preview:
        self.asked.append(url)
        if self.errors:
            raise self.errors.pop(0)
        return self.answer

    def picture(self, url: str) -> Picture:
        self.asked.append(url)
        if isinstance(self.answered_picture, Picture):
            return self.answered_picture
        raise self.answered_picture or PreviewsRefused("no picture")


class FakeRecommender:
    """Recommends the given lists, or fails with `error`; records the requests."""

    state = "closed"

    def __init__(self, *lists: RecommendationList) -> None:
        self.answer = list(lists)
        self.error: Exception | None = None
        self.asked: list[tuple[int, tuple[RecommendationRequest, ...]]] = []
        self.asked_similar: list[tuple[int, int]] = []
        self.similar_answer = RecommendationList(())

    def recommend(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList]:
        self.asked.append((reader_id, tuple(requests)))
        if self.error is not None:
            raise self.error
        given = self.answer[: len(requests)]
        return given + [RecommendationList(()) for _ in requests[len(given) :]]

    def similar(self, book_id: int, reader_id: int, limit: int) -> RecommendationList:
        self.asked_similar.append((book_id, reader_id))
        if self.error is not None:
            raise self.error
        return RecommendationList(self.similar_answer.recommendations[:limit], self.similar_answer.recommendation_id)


class FakeRecorder:
    """Stores like Recommendations; `before` may raise before each call, and an id in `fails` makes a call raise."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.stored: dict[str, Interaction] = {}
        self.books: dict[int, Book] = {}
        self.refuses: set[str] = set()
        self.fails: dict[str, Exception] = {}
        self.before: Callable[[], None] = lambda: None

    def record(self, interactions: Sequence[Interaction]) -> list[RecordResult]:
        self._called([interaction.id for interaction in interactions])
        return [self._result(interaction) for interaction in interactions]

    def upsert(self, books: Sequence[Book]) -> list[RecordResult]:
        self._called([f"upsert {book.id}" for book in books])
        stored = {book.id: book for book in books if f"upsert {book.id}" not in self.refuses}
        self.books |= stored
        refused = RecordResult(Outcome.REFUSED, "year")
        return [RecordResult(Outcome.STORED) if book.id in stored else refused for book in books]

    def remove(self, book_ids: Sequence[int]) -> None:
        self._called([f"remove {book_id}" for book_id in book_ids])
        for book_id in book_ids:
            self.books.pop(book_id, None)

    def merge(self, from_reader: int, into_reader: int) -> None:
        self._called([f"merge {from_reader} {into_reader}"])

    def forget(self, reader_id: int) -> None:
        self._called([f"forget {reader_id}"])

    def _called(self, items: list[str]) -> None:
        self.calls.append(items)
        self.before()
        for item in items:
            if item in self.fails:
                raise self.fails[item]

    def _result(self, interaction: Interaction) -> RecordResult:
        if interaction.id in self.refuses:
            return RecordResult(Outcome.REFUSED, "book_id: must be positive")
        if interaction.id in self.stored:
            return RecordResult(Outcome.REPEATED)
        self.stored[interaction.id] = interaction
        return RecordResult(Outcome.STORED)


class FakeProvider:
    """Accepts every payment; `before` may raise first."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.before: Callable[[], None] = lambda: None

    def request_payment(self, order_id: str, amount: Money) -> None:
        self.calls.append(f"request {order_id} {amount.minor} {amount.currency}")
        self.before()

    def withdraw_payment(self, order_id: str) -> None:
        self.calls.append(f"withdraw {order_id}")
        self.before()


def recommended(*book_ids: int, name: str = "list-1", reason: Reason | None = None) -> RecommendationList:
    """A recommended list of these books, all with the same reason."""
    return RecommendationList(tuple(Recommendation(book_id, reason) for book_id in book_ids), name)


def because_of(*titles: str) -> Reason:
    """A reason that names books from the reader's history."""
    return Reason(ReasonKind.BECAUSE_OF_BOOKS, named(*titles))


def named(*titles: str) -> tuple[tuple[int, str], ...]:
    """Books with these titles, and ids from 901."""
    return tuple(enumerate(titles, start=901))
