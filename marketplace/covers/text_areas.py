"""The areas of a cover that hold text."""

from dataclasses import dataclass
from typing import Literal

from marketplace.covers.glyphs import clusters, width


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a cover, which is 200 wide and 300 high."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextArea:
    """A box for text with its font sizes and alignment.

    `tracking` (between letters) and `leading` (from line to line) are in font sizes; `line_cost` is the penalty for
    each further line, as a share of the font size.
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
    vertical: Literal["top", "middle", "bottom"] = "middle"

    def measure(self, text: str) -> float:
        """The width of a text in this area, in font sizes."""
        return round(width(text, bold=self.bold) + self.tracking * len(clusters(text)), 4)

    def lines_of(self, size: float) -> int:
        """How many lines of a font size fit into the area."""
        return min(self.most_lines, max(1, int(self.box.height / (size * self.leading))))
