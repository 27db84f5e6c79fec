"""Baselines that need no library: what everybody reads, and chance."""

from collections.abc import Callable
from itertools import islice

import numpy as np

from recommendations.evaluation.case import Case
from recommendations.model.vocabulary import Ids

Ranker = Callable[[Ids], list[list[int]]]
"""Gives these readers' lists: ids of books, best first."""
Trainer = Callable[[Case], Ranker]
"""Learns from a case's `liked`; its `wanted` books are not for it to see."""


def train_popularity(case: Case) -> Ranker:
    """The books by how many readers like them, equals by their ids, without those that the reader has."""
    likings = np.bincount(case.catalogue.rows(case.liked.books), minlength=len(case.catalogue))
    by_popularity: list[int] = case.catalogue.ids[np.argsort(-likings, kind="stable")].tolist()

    def ranked(reader: int) -> list[int]:
        theirs = frozenset(case.known.of_reader(reader).tolist())
        return list(islice((book for book in by_popularity if book not in theirs), case.k))

    return lambda readers: [ranked(reader) for reader in readers.tolist()]


def train_random(case: Case) -> Ranker:
    """Books that the reader does not have, all equally likely; seed and reader decide."""
    books = case.catalogue.ids

    def ranked(reader: int) -> list[int]:
        theirs = frozenset(case.known.of_reader(reader).tolist())
        rng = np.random.default_rng([case.seed, reader])
        drawn = rng.choice(books, size=min(len(books), case.k + len(theirs)), replace=False).tolist()
        return [book for book in drawn if book not in theirs][: case.k]

    return lambda readers: [ranked(reader) for reader in readers.tolist()]
