"""The best lists that can be made at the end of the training part by who knows the truth of a shop."""

import numpy as np
import numpy.typing as npt

from bench.shapes.shop import Shop
from bench.shapes.truth import NONE, Floats, Ints, Truth
from recommendations.domain.books import Book
from recommendations.evaluation.baselines.simple import Ranker
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.split import Split
from recommendations.evaluation.task import Task
from recommendations.model.vocabulary import Ids


def last_week(shop: Shop, training: Interactions) -> int:
    """The week in which the training part ends."""
    return int(shop.weeks(training).max(initial=0))


def books_out(shop: Shop, week: int) -> dict[int, Book]:
    """The catalogue of this week: its books by id."""
    out = shop.truth.is_out(np.array(week), np.arange(shop.truth.shape.books))
    return {id_: book for id_, book in shop.books.items() if out[id_ - 1]}


def ideal_ranker(shop: Shop, split: Split, task: Task) -> Ranker:
    """Rank the task's books by how often the reader is expected to choose and like them in the test part.

    The tastes, the weights of books, how they change, and when each reader comes back are known; what readers will
    choose is not.
    """
    truth = shop.truth
    week = np.array(last_week(shop, split.training))
    listable = task.catalogue.ids - 1
    last = np.full(truth.readers, NONE)
    # Assigned in order of time, so the last one counts.
    last[split.training.readers - 1] = split.training.books - 1
    visits = np.zeros((truth.readers, len(truth.weights)))
    np.add.at(visits, (split.test.readers - 1, shop.weeks(split.test)), 1)

    def ranked(readers: Ids) -> list[list[int]]:
        rows = readers.astype(np.int64) - 1
        known = np.zeros((len(rows), truth.shape.books), dtype=np.bool_)
        for position, reader in enumerate(readers.tolist()):
            known[position, task.known.of_reader(reader) - 1] = True
        expected = expected_visits(truth, rows, visits[rows], last[rows], known)[:, listable]
        expected *= truth.liked(rows[:, None], listable, week)
        # Known books are expected never, and so come last; the evaluator removes them.
        best = np.argsort(-expected, axis=1, kind="stable")[:, : task.k]
        lists: list[list[int]] = task.catalogue.ids[best].tolist()
        return lists

    return ranked


def expected_visits(truth: Truth, readers: Ints, visits: Floats, last: Ints, known: npt.NDArray[np.bool_]) -> Floats:
    """How often each reader is expected to choose each book that is new to them, readers × books.

    `visits` has the number of interactions in each week, readers × weeks; none of them is a repeat. `last` are the
    books of the last interactions before, or NONE. `known` is a mask, readers × books. For one visit this is the
    distribution of the next book. For more it is approximate: books chosen meanwhile can be chosen again.
    """
    counts = visits.sum(axis=1, keepdims=True)
    discovery: Floats = truth.discovery(readers, visits)
    discovery[known] = 0
    # Who has no visits has no distribution either.
    discovery /= np.where(counts > 0, discovery.sum(axis=1, keepdims=True), 1)
    if not truth.shape.in_order:
        discovery *= counts
        return discovery
    before = np.flatnonzero(truth.next_volume != NONE)
    following = truth.next_volume[before]
    goes_on = truth.shape.in_order * ~known[:, following]
    expected, now = np.zeros_like(discovery), np.zeros_like(discovery)
    started = np.flatnonzero(last != NONE)
    now[started, last[started]] = 1
    for visit in range(int(counts.max(initial=0))):
        chains = goes_on * now[:, before]
        now = (1 - chains.sum(axis=1, keepdims=True)) * discovery
        now[:, following] += chains
        expected += now * (visit < counts)
    return expected
