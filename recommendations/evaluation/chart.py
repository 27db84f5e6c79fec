"""Draws Recall and NDCG of every model as an SVG chart.

A plotting library would add tens of megabytes to the installation, and has no dark theme.
"""

from collections.abc import Sequence
from math import ceil, log10
from xml.etree import ElementTree as ET

from recommendations.evaluation import SHIPPED
from recommendations.evaluation.results import ModelResult

WIDTH = 760
LEFT, RIGHT, TOP, BOTTOM = 112, 68, 104, 56
"""Space around the bars: for the names, the values, title and legend, and the axis."""
ROW, BAR = 50, 17
"""The height of a model and of each of its two bars."""
MOST_STEPS = 6
LONGEST_SUBTITLE = 90
"""Characters that fit into the width."""

# The chart has its own background, to be readable on any page.
_STYLE = """
text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 } .small { font-size: 12px; fill: #59636e } .middle { text-anchor: middle }
.name { text-anchor: end } .value { font-size: 11px; paint-order: stroke; stroke: #ffffff; stroke-width: 4px }
.marked { font-weight: 700 } .value.marked { stroke: #ddf4ff }
.page { fill: #ffffff } .band { fill: #ddf4ff } .line { stroke: #d1d9e0 } .axis { stroke: #59636e }
.error { stroke: #1f2328; stroke-width: 1.5 } .recall { fill: #0969da } .ndcg { fill: #bf8700 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 } .page { fill: #0d1117 } .band { fill: #14263d }
  .value { stroke: #0d1117 } .value.marked { stroke: #14263d }
  .line { stroke: #3d444d } .axis { stroke: #9198a1 } .error { stroke: #f0f6fc }
  .recall { fill: #1f6feb } .ndcg { fill: #9e6a03 }
}
"""


def draw(results: Sequence[ModelResult], k: int, *, readers: int, subtitle: str) -> str:
    """An SVG with two bars for each model, Recall@k and NDCG@k ± standard error, the highest Recall first."""
    results = sorted(results, key=lambda result: (-result.metrics.recall, -result.metrics.ndcg))
    bottom = TOP + ROW * len(results)
    height = bottom + BOTTOM
    title = f"What {readers:,} readers read next: Recall@{k} and NDCG@{k}"
    svg = ET.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {height}", role="img", width=str(WIDTH)
    )
    ET.SubElement(svg, "title").text = title
    ET.SubElement(svg, "style").text = _STYLE
    _box(svg, "page", x=0, y=0, width=WIDTH, height=height)
    _text(svg, "title", 24, 32, title)
    if len(subtitle) > LONGEST_SUBTITLE:
        subtitle = f"…{subtitle[1 - LONGEST_SUBTITLE :]}"
    _text(svg, "small", 24, 53, subtitle)
    for place, result in enumerate(results):
        if result.model == SHIPPED:
            _box(svg, "band", x=12, y=TOP + ROW * place, width=WIDTH - 24, height=ROW)
    _legend(svg, k, marked=any(result.model == SHIPPED for result in results))
    step, steps = _steps(max((value + error for result in results for _, value, error in _bars(result)), default=0.0))
    scale = (WIDTH - LEFT - RIGHT) / (step * steps)
    for number in range(steps + 1):
        x = LEFT + scale * step * number
        _line(svg, "line" if number else "axis", (x, TOP), (x, bottom))
        _text(svg, "small middle", x, bottom + 18, f"{number * step:.{max(0, ceil(-log10(step)))}f}")
    _text(svg, "small middle", (LEFT + WIDTH - RIGHT) / 2, bottom + 40, "mean over readers")
    for place, result in enumerate(results):
        top = TOP + ROW * place
        marked = " marked" if result.model == SHIPPED else ""
        _text(svg, f"name{marked}", LEFT - 10, top + ROW / 2 + 4, result.model)
        for kind, value, error in _bars(result):
            y = top + ROW / 2 - (BAR if kind == "recall" else 0)
            _box(svg, kind, x=LEFT, y=y + 1, width=scale * value, height=BAR - 2)
            _whisker(svg, LEFT + scale * max(value - error, 0), LEFT + scale * (value + error), y + BAR / 2)
            _text(svg, f"value{marked}", LEFT + scale * (value + error) + 6, y + BAR / 2 + 4, f"{value:.3f}")
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _bars(result: ModelResult) -> tuple[tuple[str, float, float], ...]:
    metrics = result.metrics
    return ("recall", metrics.recall, metrics.recall_error), ("ndcg", metrics.ndcg, metrics.ndcg_error)


def _legend(svg: ET.Element, k: int, *, marked: bool) -> None:
    y = 82
    for x, kind, name in ((24, "recall", f"Recall@{k}"), (150, "ndcg", f"NDCG@{k}")):
        _box(svg, kind, x=x, y=y - 11, width=12, height=12)
        _text(svg, "", x + 20, y, name)
    _whisker(svg, 276, 298, y - 5)
    _text(svg, "", 306, y, "± standard error")
    if marked:
        _box(svg, "band", x=462, y=y - 13, width=16, height=16)
        _text(svg, "", 486, y, f"{SHIPPED}: this project's model")


def _steps(greatest: float) -> tuple[float, int]:
    """The step of the scale, a round number, and the number of steps up to the greatest value."""
    greatest = max(greatest, 0.001)
    power = 10.0 ** ceil(log10(greatest) - 2)
    step = next(power * factor for factor in (0.5, 1, 2, 5, 10, 20) if greatest <= power * factor * MOST_STEPS)
    return step, ceil(round(greatest / step, 9))


def _whisker(svg: ET.Element, low: float, high: float, y: float) -> None:
    _line(svg, "error", (low, y), (high, y))
    for x in (low, high):
        _line(svg, "error", (x, y - 4), (x, y + 4))


def _box(svg: ET.Element, kind: str, *, x: float, y: float, width: float, height: float) -> None:
    position = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}"}
    ET.SubElement(svg, "rect", {"class": kind, **position})


def _line(svg: ET.Element, kind: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    (x1, y1), (x2, y2) = start, end
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    ET.SubElement(svg, "line", {"class": kind, **ends})


def _text(svg: ET.Element, kind: str, x: float, y: float, text: str) -> None:
    ET.SubElement(svg, "text", {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}"}).text = text
