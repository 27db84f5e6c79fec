"""Fakes of the models and the service."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from recommendations.domain.books import Book, UpsertResult
from recommendations.domain.errors import BookNotFound, ForgettingUnfinished, ModelUnusable, StoreUnavailable
from recommendations.domain.interactions import (
    Event,
    HistoryPage,
    HistoryRequest,
    Interaction,
    InteractionKind,
    Result,
)
from recommendations.domain.recommending import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendRequest,
    SimilarBooksRequest,
)

TRAINED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EMPTY_LIST = RecommendationList(recommendations=(), recommendation_id="", model_version="")


class FakeModel:
    """Remembers its calls, and recommends the books of its catalogue in order of id."""

    def __init__(self, version: str, models: "FakeModels", *, sequence: int = 0, readers_revision: int = 0) -> None:
        self.version = version
        self.trained_at = TRAINED_AT
        self.sequence = sequence
        self.readers_revision = readers_revision
        self.observed: list[Event] = []
        self.histories: dict[int, list[Event]] = {}
        self.replaced: list[int] = []
        self.asked: list[RecommendRequest | SimilarBooksRequest] = []
        self.on_observe: Callable[[], None] = lambda: None
        self.on_replace: Callable[[], None] = lambda: None
        self._models = models
        self.refresh_catalogue()

    def refresh_catalogue(self) -> None:
        self.books = dict(self._models.catalogue)

    def observe(self, events: Sequence[Event]) -> None:
        self.on_observe()
        self.observed += events
        for event in events:
            history = self.histories.setdefault(event.reader_id, [])
            if event.kind != InteractionKind.UNDO and event not in history:
                history.append(event)

    def replace(self, reader_id: int, events: Sequence[Event]) -> None:
        self.on_replace()
        self.replaced.append(reader_id)
        self.histories[reader_id] = list(events)

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        self.asked.append(request)
        listed = [self.books[id_] for id_ in sorted(self.books) if id_ not in request.excluded][: request.limit]
        return RecommendationList(
            recommendations=tuple(Recommendation(book, 0.0, Reason(ReasonKind.NEW)) for book in listed),
            recommendation_id=f"list-{request.reader_id}",
            model_version=self.version,
        )

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        self.asked.append(request)
        if request.book_id not in self.books:
            raise BookNotFound
        book = Recommendation(self.books[request.book_id], 1.0, Reason(ReasonKind.LIKE_THIS_BOOK))
        return RecommendationList(recommendations=(book,), recommendation_id="", model_version=self.version)


class FakeModels:
    """Opens FakeModels. The versions in `broken` are unusable; forgetting fails with `unfinished`."""

    def __init__(self, **sequences: int) -> None:
        self.sequences = sequences
        self.readers_revisions: dict[str, int] = {}
        self.catalogue: dict[int, Book] = {}
        self.opened: list[FakeModel] = []
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.forgotten: list[list[int]] = []
        self.unfinished: OSError | None = None
        self.while_opening: Callable[[], None] = lambda: None
        self.while_forgetting: Callable[[], None] = lambda: None
        self.on_open: Callable[[FakeModel], None] = lambda _model: None

    def update_catalogue(self, books: Sequence[Book]) -> None:
        self.catalogue |= {book.id: book for book in books}
        self.catalogue = {id_: book for id_, book in self.catalogue.items() if not book.removed}

    def open(self, version: str) -> FakeModel:
        self.asked.append(version)
        if version in self.broken:
            raise ModelUnusable(f"{version} is damaged")
        sequence, revision = self.sequences.get(version, 0), self.readers_revisions.get(version, 0)
        model = FakeModel(version, self, sequence=sequence, readers_revision=revision)
        self.while_opening()
        self.on_open(model)
        self.opened.append(model)
        return model

    def forget(self, reader_ids: Sequence[int]) -> None:
        self.while_forgetting()
        if self.unfinished:
            raise ForgettingUnfinished from self.unfinished
        self.forgotten.append(list(reader_ids))


@dataclass
class FakeService:
    """Returns prepared answers, and remembers its calls."""

    answer: RecommendationList = EMPTY_LIST
    results: list[Result] = field(default_factory=list)
    upserted: list[UpsertResult] = field(default_factory=list)
    page: HistoryPage = field(default_factory=lambda: HistoryPage((), None))
    removed: int = 0
    before_each: Callable[[], None] = lambda: None
    before_record: Callable[[], object] = lambda: None
    asked: list[Any] = field(default_factory=list)
    distinct: bool | None = None
    recorded: list[Interaction | Result] = field(default_factory=list)

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        self.asked.append(request)
        self.before_each()
        return self.answer

    def recommend_batch(
        self, requests: Sequence[RecommendRequest], *, distinct: bool
    ) -> Iterator[RecommendationList]:
        self.asked += requests
        self.distinct = distinct
        self.before_each()
        return iter([self.answer for _ in requests])

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        self.asked.append(request)
        self.before_each()
        return self.answer

    def record(self, interactions: Sequence[Interaction | Result]) -> list[Result]:
        self.before_record()
        self.recorded += interactions
        self.before_each()
        return self.results

    def history(self, request: HistoryRequest) -> HistoryPage:
        self.asked.append(request)
        self.before_each()
        return self.page

    def upsert_books(self, books: Sequence[Book | UpsertResult], today: date) -> list[UpsertResult]:
        self.asked += [*books, today]
        self.before_each()
        return self.upserted

    def remove_books(self, book_ids: Sequence[int]) -> int:
        self.asked += book_ids
        self.before_each()
        return self.removed

    def merge(self, reader_id: int, into: int) -> None:
        self.asked.append((reader_id, into))
        self.before_each()

    def forget(self, reader_id: int) -> None:
        self.asked.append(reader_id)
        self.before_each()


def fail() -> None:
    """Fail like a database that does not answer."""
    raise StoreUnavailable from OSError("gone")
