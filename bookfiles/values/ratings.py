"""Ratings and averages of them, and the scale that a column of them has."""

import re
from collections import Counter
from dataclasses import dataclass

from bookfiles.errors import InvalidFile, Unreadable
from bookfiles.values.text import stated

BEST = 5.0
LEAST = 0.5
_SCALES = (5, 10, 100)
_MANY = 1_000
_FEW = 0.01
"""The share of averages beyond a scale that are mistakes."""
_DECIMALS = 4
"""Decimals of averages, without which 4.34 could become 4.340000000000001."""
_NUMBER = re.compile(
    r"(-?\d+(?:[.,]\d+)?)\s*(?:(?:/|of|out\ of|von|sur|из)\s*(\d{1,4})\s*)?"
    r"(?:stars?|★|звезд\w*|sterne?n?|étoiles?|estrellas?|%)?",
    re.IGNORECASE,
)
_STARS = re.compile(r"(★+)(½)?☆*|(\*{1,10})|((?:⭐\ufe0f?){1,10})")
_WORDS = {"it was amazing": 5, "really liked it": 4, "liked it": 3, "it was ok": 2, "did not like it": 1}
"""What Goodreads calls one to five stars."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of ratings from 0 (not rated) to `best`."""

    best: float

    def rating(self, field: str) -> float | None:
        """A rating from 0.5 to 5; None if the field is empty or says that the book was not rated."""
        stars = self._stars(field)
        return None if stars is None else max(LEAST, stars)

    def average(self, field: str) -> float | None:
        """An average of ratings, from 0 to 5; None if the field is empty or says that the book was not rated."""
        stars = self._stars(field)
        return None if stars is None else round(stars, _DECIMALS)

    def _stars(self, field: str) -> float | None:
        value = stated(field)
        if not value:
            return None
        number, best = _parsed(value)
        if number in (0, -1):
            return None
        best = best or self.best
        if not 0 < number <= best:
            raise Unreadable(f"{value[:40]!r} is not one of 0 to {best:g}")
        return number * BEST / best


class Scales:
    """Collects the ratings of a column, for its scale."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._numbers: set[float] = set()

    def add(self, field: str) -> None:
        """Take one field into account; unreadable ones, and those that name their scale, say nothing."""
        number = _without_scale(field)
        if number is not None:
            self._numbers.add(number)
            if len(self._numbers) > _MANY:
                self._numbers = {min(self._numbers), max(self._numbers)}

    @property
    def scale(self) -> Scale:
        """The least of 5, 10 and 100 that has all ratings; -1 and 0 mean that a book was not rated.

        Raises InvalidFile if it cannot be told.
        """
        if self._numbers == {0, 1}:
            raise InvalidFile(
                f'the column {self._column!r} has only 0 and 1; say what is best: --map "{self._column}=rating/1" '
                f'if 1 is, --map "{self._column}=rating/5" if it is one star of five'
            )
        greatest, least = max(self._numbers, default=0), min(self._numbers, default=0)
        if greatest > _SCALES[-1] or least < -1:
            raise InvalidFile(
                f"the column {self._column!r} has values from {least:g} to {greatest:g}, no ratings of 0 to 100; "
                f'leave it out with --map "{self._column}="'
            )
        return Scale(float(next(best for best in _SCALES if greatest <= best)))


class AverageScales:
    """Collects the averages of a column, for its scale."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        """By scale the averages that need it."""

    def add(self, field: str) -> None:
        """Take one field into account; unreadable ones, and those that name their scale, say nothing."""
        number = _without_scale(field)
        if number is not None and (needed := next((best for best in _SCALES if 0 < number <= best), None)):
            self._counts[needed] += 1

    @property
    def scale(self) -> Scale:
        """The least of 5, 10 and 100 that has all averages but a few, which are mistakes."""
        few = self._counts.total() * _FEW
        beyond = ((best, sum(count for needed, count in self._counts.items() if needed > best)) for best in _SCALES)
        return Scale(float(next(best for best, count in beyond if count <= few)))


def _without_scale(field: str) -> float | None:
    """The number of a field; None if it is empty, unreadable or names its scale."""
    value = stated(field)
    try:
        number, best = _parsed(value) if value else (0, BEST)
    except Unreadable:
        return None
    return number if best is None else None


def _parsed(value: str) -> tuple[float, float | None]:
    """A number, and the best of its scale if the text says it."""
    if word := _WORDS.get(value.casefold()):
        return word, BEST
    if stars := _STARS.fullmatch(value):
        shown = stars[1] or stars[3] or (stars[4] or "").replace("\ufe0f", "")
        return len(shown) + (0.5 if stars[2] else 0), BEST
    number = _NUMBER.fullmatch(value)
    if not number:
        raise Unreadable(f"{value[:40]!r} is not a number")
    best = float(number[2]) if number[2] else 100.0 if value.endswith("%") else None
    return float(number[1].replace(",", ".")), best
