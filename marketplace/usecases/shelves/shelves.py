"""Recommended shelves for pages, and what replaces them when Recommendations is unavailable."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import structlog

from marketplace.domain.books import BestSellers, Book, Card
from marketplace.domain.errors import RecommenderError
from marketplace.domain.ids import NOBODY, SHOP, is_attribution
from marketplace.domain.interactions import Taste, taste_of
from marketplace.domain.recommendations import RecommendationList, RecommendationRequest, Selection
from marketplace.domain.subjects import Subject, Topic, subject_slug
from marketplace.store import Store
from marketplace.usecases.shelves.best_sellers import BestSellersCache
from marketplace.usecases.shelves.cards import CardCache
from marketplace.usecases.shelves.last_good import LastGood
from marketplace.usecases.shelves.page_shelves import (
    SHELF_LENGTH,
    Answer,
    Home,
    Notice,
    Shelf,
    ShelfKind,
    ShelfRequest,
    answer_of,
    cards_without,
    home_requests,
    recommended_cards,
    topic_request,
)
from marketplace.usecases.shelves.shared_value import SharedValue

log = structlog.get_logger()

VISITOR_SECONDS = 1.0
VISITOR_USABLE_SECONDS = 10.0
"""How old a visitor's page may be while a thread asks for a new one."""
TASTE_INTERACTIONS = 60
"""How many of a reader's latest interactions determine their taste."""


class Recommender(Protocol):
    """What pages need of Recommendations."""

    def recommend(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList]:
        """One list for each request. Raises RecommenderError."""

    def similar(self, book_id: int, reader_id: int, limit: int) -> RecommendationList:
        """Books like this one. Raises RecommenderError."""

    @property
    def state(self) -> str:
        """The state of its circuit breaker."""


class Shelves:
    """Fills shelves, with one call to Recommendations for each page; also works when that fails.

    Every method raises StoreUnavailable.
    """

    def __init__(
        self,
        store: Store,
        recommender: Recommender,
        cards: CardCache,
        *,
        clock: Callable[[], float] = time.monotonic,
        count: Callable[[Answer], object] | None = None,
    ) -> None:
        """`count` is called with where a page's books are from, unless it is a visitor's."""
        self._count = count
        self._store = store
        self._recommender = recommender
        self._cards = cards
        self._best_sellers = BestSellersCache(store, clock=clock)
        self._last_good = LastGood(cards, clock=clock)
        self._visitors: SharedValue[Home] = SharedValue(
            VISITOR_SECONDS, usable_seconds=VISITOR_USABLE_SECONDS, clock=clock
        )

    def home(self, reader_id: int) -> Home:
        """The home page of a reader; that of visitors is the same for all and made once a second."""
        best = self._best_sellers.current()
        if reader_id == NOBODY:
            # A moderator sees a change at once.
            version = (self._cards.version, best)
            return self._visitors.get(lambda: self._home(NOBODY, best), version=version)
        return self._home(reader_id, best)

    def _home(self, reader_id: int, best: BestSellers) -> Home:
        taste = self._taste(reader_id)
        known = self._cards.of((*taste.viewed, *taste.liked))
        requests = home_requests(taste, self._topics(known, best), best)
        lists, notice = self._recommend(reader_id, [request for _, request in requests])
        first, *others = self._filled(requests, lists, best, taste)
        recent = tuple(known[book_id] for book_id in taste.viewed if book_id in known)[:SHELF_LENGTH]
        others.append(Shelf(kind=ShelfKind.RECENT, cards=recent))
        shelves = (first, *(shelf for shelf in others if shelf.cards))
        return Home(shelves=shelves, topics=best.topics, notice=notice)

    def of_topic(self, reader_id: int, topic: Topic) -> Shelf | None:
        """Books of a topic recommended to this reader personally; None if there are none, or it is not shown."""
        if reader_id == NOBODY or topic not in self._best_sellers.current().by_topic:
            return None
        request = topic_request(topic)
        lists, _ = self._recommend(reader_id, [request[1]])
        if not lists:
            return None
        shelf = self._filled([request], lists, self._best_sellers.current(), self._taste(reader_id))[0]
        return shelf if shelf.is_personal else None

    def similar(self, reader_id: int, book: Book) -> Shelf:
        """Books like this one, or best-sellers of its first topic if there are none."""
        taste = self._taste(reader_id)
        try:
            recommended = self._recommender.similar(book.id, reader_id, SHELF_LENGTH)
        except RecommenderError as error:
            _log(error)
            recommended = RecommendationList(())
        cards = self._cards.of(similar.book_id for similar in recommended.recommendations)
        if similar_cards := recommended_cards(recommended, cards, taste):
            return Shelf(kind=ShelfKind.SIMILAR, cards=similar_cards, attribution=_attribution(recommended))
        best = self._best_sellers.current()
        topic = next(iter(best.topics_of(book)), None)
        best_sellers = best.overall if topic is None else best.by_topic[topic]
        return Shelf(
            kind=ShelfKind.POPULAR,
            cards=cards_without(best_sellers, {book.id, *taste.excluded}, limit=SHELF_LENGTH),
            topic=topic,
        )

    def popular(self, limit: int) -> Shelf:
        """The shop's own best-sellers."""
        return Shelf(kind=ShelfKind.POPULAR, cards=self._best_sellers.current().overall[:limit])

    def topics(self) -> tuple[Topic, ...]:
        """The categories that have books and, where there are few, subjects; by name."""
        return self._best_sellers.current().topics

    def subjects(self, names: Iterable[str]) -> dict[str, Subject]:
        """Those of these subjects that the shop shows as topics, by the name given."""
        shown = self._best_sellers.current().subjects
        return {name: shown[slug] for name in names if (slug := subject_slug(name)) in shown}

    def _topics(self, cards: Mapping[int, Card], best: BestSellers) -> dict[int, tuple[Topic, ...]]:
        """The topics of books by id; cards have no subjects, which would take too much memory."""
        topics: dict[int, tuple[Topic, ...]] = {book_id: card.categories for book_id, card in cards.items()}
        if cards and best.subjects:
            with self._store.read() as work:
                for book_id, slug in work.listings.subjects_of(cards, best.subjects):
                    topics[book_id] += (best.subjects[slug],)
        return topics

    def _taste(self, reader_id: int) -> Taste:
        if reader_id == NOBODY:
            return Taste()
        with self._store.read() as work:
            return taste_of(work.interactions.actions(reader_id, TASTE_INTERACTIONS))

    def _recommend(
        self, reader_id: int, requests: Sequence[RecommendationRequest]
    ) -> tuple[list[RecommendationList], Notice]:
        try:
            lists = self._recommender.recommend(reader_id, requests)
        except RecommenderError as error:
            _log(error)
            last_good = self._last_good.lists(reader_id, requests)
            self._count_answer(reader_id, lambda: Answer.LAST_GOOD if last_good else Answer.BEST_SELLERS)
            return (last_good, Notice.LAST_GOOD) if last_good else ([], Notice.BEST_SELLERS)
        self._count_answer(reader_id, lambda: answer_of(lists))
        if reader_id != NOBODY:
            self._last_good.keep(reader_id, dict(zip(requests, lists, strict=True)))
        return lists, Notice.NONE

    def _count_answer(self, reader_id: int, answer: Callable[[], Answer]) -> None:
        # Visitors have no history, and share a page.
        if self._count is not None and reader_id != NOBODY:
            self._count(answer())

    def _filled(
        self,
        requests: Sequence[ShelfRequest],
        lists: Sequence[RecommendationList],
        best: BestSellers,
        taste: Taste,
    ) -> list[Shelf]:
        cards = self._cards.of({book.book_id for recommended in lists for book in recommended.recommendations})
        filled: list[Shelf] = []
        used = set(taste.excluded)
        for position, (kind, request) in enumerate(requests):
            recommended = lists[position] if lists else RecommendationList(())
            on_shelf = recommended_cards(recommended, cards, taste)
            attribution = _attribution(recommended) if on_shelf else SHOP
            # Only Recommendations knows what is new.
            if not on_shelf and request.selection is not Selection.NEW:
                topic = request.topic
                best_sellers = best.overall if topic is None else best.by_topic.get(topic, ())
                on_shelf = cards_without(best_sellers, used, limit=request.limit)
                # In a small shop a book on two shelves is better than an empty shelf.
                on_shelf = on_shelf or cards_without(best_sellers, taste.excluded, limit=request.limit)
            used.update(card.id for card in on_shelf)
            filled.append(Shelf(kind=kind, cards=on_shelf, attribution=attribution, topic=request.topic))
        return filled


def _attribution(recommended: RecommendationList) -> str:
    return recommended.recommendation_id if is_attribution(recommended.recommendation_id) else SHOP


def _log(error: RecommenderError) -> None:
    # Without a cause the breaker is open, which was logged when it opened.
    if error.__cause__ is not None:
        log.warning("recommendations_unavailable", reason=str(error))
