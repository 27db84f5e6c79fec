"""Baselines that need no library: popularity and random lists."""

from collections.abc import Callable
from itertools import islice

import numpy as np

from recommendations.evaluation.task import Task
from recommendations.model.vocabulary import Ids

Ranker = Callable[[Ids], list[list[int]]]
"""Returns the lists of these readers: ids of books, best first."""


def train_popularity(task: Task) -> Ranker:
    """Rank books by how many readers like them, ties by id, without those that the reader knows."""
    likes = np.bincount(task.catalogue.rows(task.liked.books), minlength=len(task.catalogue))
    by_popularity: list[int] = task.catalogue.ids[np.argsort(-likes, kind="stable")].tolist()

    def ranked(reader: int) -> list[int]:
        known = frozenset(task.known.of_reader(reader).tolist())
        return list(islice((book for book in by_popularity if book not in known), task.k))

    return lambda readers: [ranked(reader) for reader in readers.tolist()]


def train_random(task: Task) -> Ranker:
    """Rank unknown books at random; the lists depend only on the seed and the reader."""
    books = task.catalogue.ids

    def ranked(reader: int) -> list[int]:
        known = frozenset(task.known.of_reader(reader).tolist())
        rng = np.random.default_rng([task.seed, reader])
        drawn = rng.choice(books, size=min(len(books), task.k + len(known)), replace=False).tolist()
        return [book for book in drawn if book not in known][: task.k]

    return lambda readers: [ranked(reader) for reader in readers.tolist()]
