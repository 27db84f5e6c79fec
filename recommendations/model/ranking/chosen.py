"""The rows of a list, and why each is there."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.recommending import LINE_BEHIND, LINE_ROW, ReasonKind
from recommendations.model.ranking.scoring import REASONS
from recommendations.model.vocabulary import ABSENT, Ids

WIDTH = LINE_BEHIND + REASONS


class Choice(NamedTuple):
    """A row of a list, its score, and why it is there: the kind of reason and the rows of the books behind it."""

    row: int
    score: float
    kind: ReasonKind
    because: tuple[int, ...] = ()


class Chosen(NamedTuple):
    """A list, best first, as the lines of a domain.Listing, WIDTH entries each, and the scores."""

    lines: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float64]

    @classmethod
    def of(cls, choices: Iterable[Choice], ids: Ids) -> "Chosen":
        """A list of these; `ids` are those of all rows."""
        some = list(choices)
        lines = np.full((len(some), WIDTH), ABSENT, dtype=np.int32)
        for line, (row, _, kind, because) in zip(lines, some, strict=True):
            line[:LINE_BEHIND] = ids[row], row, kind, len(because)
            line[LINE_BEHIND : LINE_BEHIND + len(because)] = because
        return cls(lines.reshape(-1), np.array([one.score for one in some], dtype=np.float64))

    def followed_by(self, other: "Chosen") -> "Chosen":
        """Both, one after the other."""
        return Chosen(np.concatenate([self.lines, other.lines]), np.concatenate([self.scores, other.scores]))

    @property
    def rows(self) -> list[int]:
        """The rows."""
        rows: list[int] = self.lines[LINE_ROW::WIDTH].tolist()
        return rows
