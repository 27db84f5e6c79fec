"""Simulates the readers of a shop, step by step for all readers at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from bench.shapes.catalogue import catalogue_of
from bench.shapes.shape import Shape
from bench.shapes.truth import NONE, Floats, Ints, Truth
from recommendations.domain.books import Book
from recommendations.domain.interactions import InteractionKind
from recommendations.evaluation.interactions import Interactions

FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
DAY = 86_400

_ATTEMPTS = 8
"""Books drawn at once for a reader, of which the first new one counts."""


@dataclass(frozen=True)
class Shop:
    """What models may see, interactions and books by id, and the truth; ids are rows + 1."""

    interactions: Interactions
    books: dict[int, Book]
    truth: Truth

    def weeks(self, interactions: Interactions) -> Ints:
        """The week of each interaction since the first day; always 0 in a constant shape, also without times."""
        return self.truth.weeks((interactions.times - FIRST_DAY.timestamp()) / DAY)


def make_shop(shape: Shape, seed: int = 7) -> Shop:
    """Draw a shop; the same shape and seed give the same one."""
    rng = np.random.default_rng(seed)
    truth = Truth.draw(shape, rng)
    lengths = _lengths(shape, rng)
    readers = np.repeat(np.arange(len(lengths)), lengths)
    days = _days(shape, lengths, rng)
    books = _Simulation(truth, lengths, truth.weeks(days), rng).run()
    order = np.argsort(days, kind="stable") if shape.times else rng.permutation(len(days))
    kinds, values = _opinions(truth, readers, books, truth.weeks(days), rng)
    times = FIRST_DAY.timestamp() + np.floor(days * DAY) if shape.times else np.full(len(days), np.nan)
    interactions = Interactions(
        readers=(readers[order] + 1).astype(np.int32),
        books=(books[order] + 1).astype(np.int32),
        kinds=kinds[order],
        values=values[order],
        times=times[order],
    )
    return Shop(interactions, catalogue_of(truth, FIRST_DAY.date(), rng), truth)


def _lengths(shape: Shape, rng: np.random.Generator) -> Ints:
    """The number of interactions of each reader."""
    mu = np.log(shape.length) - shape.spread**2 / 2
    lengths = np.clip(np.rint(rng.lognormal(mu, shape.spread, shape.readers)), 1, shape.books // 4)
    return np.append(lengths, np.full(shape.bots, shape.bot_length)).astype(np.int64)


def _days(shape: Shape, lengths: Ints, rng: np.random.Generator) -> Floats:
    """The day of each interaction, reader by reader, in ascending order for each."""
    reader = np.repeat(np.arange(len(lengths)), lengths)
    came = (rng.random(len(lengths)) * shape.days)[reader]
    left = shape.days - came
    in_burst = rng.random(len(reader)) < shape.burst
    uniform = rng.random(len(reader))
    # The exponential distribution, cut off at the end.
    soon = -shape.burst_days * np.log1p(uniform * np.expm1(-left / shape.burst_days))
    days = came + np.where(in_burst, soon, uniform * left)
    return np.minimum(days[np.lexsort((days, reader))], np.nextafter(shape.days, 0))


def _opinions(
    truth: Truth, readers: Ints, books: Ints, weeks: Ints, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], Floats]:
    """The kind of each interaction, and its rating."""
    shape = truth.shape
    if shape.ratings:
        noise = rng.standard_normal(len(books))
        values = np.clip(np.rint(truth.mean_rating(readers, books, weeks) + noise), 1.0, 5.0)
        return np.full(len(books), InteractionKind.RATING, dtype=np.uint8), values
    clicked = (rng.random(len(books)) < shape.opens) | (readers >= shape.readers)
    kinds = np.where(clicked, InteractionKind.CLICK, InteractionKind.PURCHASE).astype(np.uint8)
    return kinds, np.zeros(len(books))


class _Simulation:
    """Draws the book of each interaction; interactions are ordered by reader, then by time."""

    def __init__(self, truth: Truth, lengths: Ints, weeks: Ints, rng: np.random.Generator) -> None:
        self._truth, self._lengths, self._weeks, self._rng = truth, lengths, weeks, rng
        self._starts = np.cumsum(lengths) - lengths
        self._books = np.full(len(weeks), NONE, dtype=np.int64)
        self._has = np.zeros((len(lengths), truth.shape.books), dtype=np.bool_)
        # One ascending sequence: the cumulative distribution of each week and group, from the group's number on.
        sums = np.cumsum(truth.weights, axis=2)
        sums /= sums[:, :, -1:]
        groups = sums.reshape(-1, truth.shape.books)
        groups += np.arange(len(groups))[:, None]
        self._cumulative = groups.reshape(-1)
        self._mixtures = np.cumsum(truth.mixtures, axis=2)

    def run(self) -> Ints:
        """The book of each interaction."""
        for step, readers in self._steps():
            rows = self._starts[readers] + step
            books = np.full(len(readers), NONE, dtype=np.int64)
            if step:
                books = self._next_volumes(readers, rows)
                books = np.where(
                    self._happens(self._truth.shape.repeats, readers), self._repeated(readers, step), books
                )
            drawn = np.flatnonzero(books == NONE)
            books[drawn] = self._discovered(readers[drawn], self._weeks[rows[drawn]])
            self._books[rows] = books
            self._has[readers, books] = True
        return self._books

    def _steps(self) -> Iterator[tuple[int, Ints]]:
        """The n-th interaction for each n, and the readers who have that many."""
        for step in range(int(self._lengths.max())):
            yield step, np.flatnonzero(self._lengths > step)

    def _happens(self, probability: float, readers: Ints) -> npt.NDArray[np.bool_]:
        """Draw whether something happens; never for bots."""
        return (self._rng.random(len(readers)) < probability) & (readers < self._truth.shape.readers)

    def _next_volumes(self, readers: Ints, rows: Ints) -> Ints:
        following = self._truth.next_volume[self._books[rows - 1]]
        out = self._truth.is_out(self._weeks[rows], following)
        goes_on = self._happens(self._truth.shape.in_order, readers)
        new = out & (following != NONE) & ~self._has[readers, following]
        books: Ints = np.where(goes_on & new, following, NONE)
        return books

    def _repeated(self, readers: Ints, step: int) -> Ints:
        books: Ints = self._books[self._starts[readers] + self._rng.integers(step, size=len(readers))]
        return books

    def _discovered(self, readers: Ints, weeks: Ints) -> Ints:
        """A new book for each reader, by step 3 of the model.

        Books are drawn until one is new, which is drawing from the new ones.
        """
        books = np.full(len(readers), NONE, dtype=np.int64)
        pending = np.arange(len(readers))
        while len(pending):
            reader = np.repeat(readers[pending], _ATTEMPTS)
            drawn = self._drawn(reader, np.repeat(weeks[pending], _ATTEMPTS)).reshape(-1, _ATTEMPTS)
            new = ~self._has[readers[pending][:, None], drawn]
            found = new.any(axis=1)
            books[pending[found]] = drawn[found, new[found].argmax(axis=1)]
            pending = pending[~found]
        return books

    def _drawn(self, readers: Ints, weeks: Ints) -> Ints:
        """A book for each reader, who may have it."""
        changed = self._rng.random(len(readers)) < self._truth.changed(weeks)
        mixtures = self._mixtures[changed.astype(np.int64), readers]
        # The last sum may differ from 1 by rounding.
        uniform = self._rng.random(len(readers))[:, None] * mixtures[:, -1:]
        group = (mixtures <= uniform).sum(axis=1) + weeks * mixtures.shape[1]
        position = np.searchsorted(self._cumulative, group + self._rng.random(len(readers)), side="right")
        books: Ints = np.minimum(position - group * self._truth.shape.books, self._truth.shape.books - 1)
        return books
