"""The use cases."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import structlog

from recommendations.domain import Interaction, Outcome, Result, Shelf, ShelfRequest, StoreUnavailable
from recommendations.following import Follower
from recommendations.ports import Store

_log = structlog.get_logger()


class RecommendationService:
    """Recommends from the model at work and records what readers did."""

    def __init__(self, store: Store, follower: Follower) -> None:
        self._store = store
        self._follower = follower
        # Python runs one of the pool's threads at a time anyway. Taking turns instead of fighting for the
        # interpreter at each array operation lets ten threads answer twice as many calls.
        self._turn = threading.Lock()

    def recommend(self, request: ShelfRequest) -> Shelf:
        """One shelf. Raises NotReady."""
        with self._turn:
            return self._follower.model.recommend(request)

    def recommend_batch(self, requests: Sequence[ShelfRequest], *, distinct: bool) -> list[Shelf]:
        """Several shelves of one model; with `distinct`, no book on two of them. Raises NotReady."""
        model = self._follower.model
        shelves: list[Shelf] = []
        shown: frozenset[int] = frozenset()
        for request in requests:
            with self._turn:
                shelf = model.recommend(replace(request, excluded=request.excluded | shown))
            shelves.append(shelf)
            if distinct:
                shown |= {recommendation.book.id for recommendation in shelf.recommendations}
        return shelves

    def record(self, interactions: Sequence[Interaction | Result]) -> list[Result]:
        """Store what readers did, in one transaction; a Result in the place of an interaction is passed through.

        When it returns, the stored ones are durable and count in the next list. Raises StoreUnavailable.
        """
        batch = [one for one in interactions if isinstance(one, Interaction)]
        if not batch:
            return [one for one in interactions if isinstance(one, Result)]
        with self._store.write() as work:
            stored = work.interactions.add(batch)
            work.commit()
        if stored:
            self._count_now()
        results = []
        for one in interactions:
            if isinstance(one, Result):
                results.append(one)
            else:
                results.append(Result(Outcome.STORED if one.id in stored else Outcome.REPEATED))
                stored.discard(one.id)
        return results

    def _count_now(self) -> None:
        try:
            self._follower.catch_up()
        except StoreUnavailable:
            # They are stored, which is what the caller asked; the follower counts them when the store answers.
            _log.warning("counted_later")
