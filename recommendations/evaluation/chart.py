"""Draws Recall and NDCG of every model as an SVG chart.

A plotting library would add tens of megabytes to the installation, and has no dark theme.
"""

from collections.abc import Sequence
from math import ceil, log10
from xml.etree import ElementTree as ET

from recommendations.evaluation.runner import ModelResult

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 72, 24, 84, 64
"""Space around the bars, for the title, the legend and the axes."""
MOST_STEPS = 6

# The chart has its own background, to be readable on any page.
_STYLE = """
text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 } .value { font-size: 11px } .end { text-anchor: end }
.middle { text-anchor: middle } .page { fill: #ffffff } .line { stroke: #d1d9e0 } .axis { stroke: #59636e }
.recall { fill: #0969da } .ndcg { fill: #bf8700 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .page { fill: #0d1117 } .line { stroke: #3d444d } .axis { stroke: #9198a1 }
  .recall { fill: #4493f8 } .ndcg { fill: #d29922 }
}
"""


def draw(results: Sequence[ModelResult], k: int, title: str) -> str:
    """An SVG with two bars for each model, Recall@k and NDCG@k, in the order of `results`."""
    svg = ET.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", width=str(WIDTH)
    )
    ET.SubElement(svg, "title").text = title
    ET.SubElement(svg, "style").text = _STYLE
    _box(svg, "page", x=0, y=0, width=WIDTH, height=HEIGHT)
    _text(svg, "title", LEFT, 32, title)
    for position, (kind, name) in enumerate((("recall", f"Recall@{k}"), ("ndcg", f"NDCG@{k}"))):
        _box(svg, kind, x=LEFT + 110 * position, y=48, width=12, height=12)
        _text(svg, "", LEFT + 110 * position + 18, 59, name)
    bottom, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    step, steps = _steps(max((max(result.metrics.recall, result.metrics.ndcg) for result in results), default=0.0))
    for number in range(steps + 1):
        y = bottom - height * number / steps
        _line(svg, "line" if number else "axis", y)
        _text(svg, "end", LEFT - 8, y + 4, f"{number * step:.{max(0, ceil(-log10(step)))}f}")
    middle = TOP + height / 2
    _text(svg, "middle", 20, middle, "mean over readers").set("transform", f"rotate(-90 20 {middle:g})")
    _text(svg, "middle", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, "model")
    room = (WIDTH - LEFT - RIGHT) / max(len(results), 1)
    width = min(room * 0.38, 64)
    for position, result in enumerate(results):
        centre = LEFT + room * (position + 0.5)
        for kind, value, x in (
            ("recall", result.metrics.recall, centre - width),
            ("ndcg", result.metrics.ndcg, centre),
        ):
            bar = height * value / (step * steps)
            _box(svg, kind, x=x + 1, y=bottom - bar, width=width - 2, height=bar)
            _text(svg, "value middle", x + width / 2, bottom - bar - 5, f"{value:.3f}")
        _text(svg, "middle", centre, bottom + 20, result.model)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _steps(greatest: float) -> tuple[float, int]:
    """The step of the scale, a round number, and the number of steps up to the greatest value."""
    greatest = max(greatest, 0.001)
    power = 10.0 ** ceil(log10(greatest) - 2)
    step = next(power * factor for factor in (0.5, 1, 2, 5, 10, 20) if greatest <= power * factor * MOST_STEPS)
    return step, ceil(round(greatest / step, 9))


def _box(svg: ET.Element, kind: str, *, x: float, y: float, width: float, height: float) -> None:
    position = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}"}
    ET.SubElement(svg, "rect", {"class": kind, **position})


def _line(svg: ET.Element, kind: str, y: float) -> None:
    height = f"{y:.1f}"
    ET.SubElement(svg, "line", {"class": kind, "x1": f"{LEFT}", "y1": height, "x2": f"{WIDTH - RIGHT}", "y2": height})


def _text(svg: ET.Element, kind: str, x: float, y: float, text: str) -> ET.Element:
    element = ET.SubElement(svg, "text", {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}"})
    element.text = text
    return element
