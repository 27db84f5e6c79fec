"""Baselines that need no library: popularity and random lists."""

from collections.abc import Callable
from itertools import islice

import numpy as np

from recommendations.evaluation.case import Case
from recommendations.model.vocabulary import Ids

Ranker = Callable[[Ids], list[list[int]]]
"""Gives the lists of these readers: ids of books, best first."""
Trainer = Callable[[Case], Ranker]
"""Trains on a case's `liked` books; must not look at its `wanted` ones."""


def train_popularity(case: Case) -> Ranker:
    """Books by how many readers like them, ties by id, without those that the reader has."""
    likes = np.bincount(case.catalogue.rows(case.liked.books), minlength=len(case.catalogue))
    by_popularity: list[int] = case.catalogue.ids[np.argsort(-likes, kind="stable")].tolist()

    def ranked(reader: int) -> list[int]:
        known = frozenset(case.known.of_reader(reader).tolist())
        return list(islice((book for book in by_popularity if book not in known), case.k))

    return lambda readers: [ranked(reader) for reader in readers.tolist()]


def train_random(case: Case) -> Ranker:
    """Random books that the reader does not have, the same for the same seed and reader."""
    books = case.catalogue.ids

    def ranked(reader: int) -> list[int]:
        known = frozenset(case.known.of_reader(reader).tolist())
        rng = np.random.default_rng([case.seed, reader])
        drawn = rng.choice(books, size=min(len(books), case.k + len(known)), replace=False).tolist()
        return [book for book in drawn if book not in known][: case.k]

    return lambda readers: [ranked(reader) for reader in readers.tolist()]
