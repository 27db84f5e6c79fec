"""Where on a cover a text may stand, and how it is set there."""

from dataclasses import dataclass
from typing import Literal

from marketplace.covers.glyphs import clusters, width


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the cover, which is 200 wide and 300 high."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A box for text, with the type sizes that it is set in and where in the box the lines stand.

    `tracking` (between letters) and `leading` (from line to line) are in type sizes; `line_cost` is the share
    of the size that a line less is worth.
    """

    box: Box
    largest: float
    smallest: float
    most_lines: int = 9
    bold: bool = False
    capitals: bool = False
    tracking: float = 0.0
    leading: float = 1.16
    line_cost: float = 0.0
    align: Literal["start", "middle"] = "middle"
    stand: Literal["top", "middle", "bottom"] = "middle"

    def measure(self, text: str) -> float:
        """How wide a text is in this area, in type sizes."""
        return round(width(text, bold=self.bold) + self.tracking * len(clusters(text)), 4)

    def lines_of(self, size: float) -> int:
        """How many lines of a type size the area holds."""
        return min(self.most_lines, max(1, int(self.box.height / (size * self.leading))))
