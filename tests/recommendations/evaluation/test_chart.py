"""The chart of the results: its labels and the sizes of its bars."""

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from recommendations.evaluation import chart
from recommendations.evaluation.runner import ModelResult
from tests.recommendations.evaluation.test_report import METRICS, RESULT

OTHER = ModelResult("popularity", replace(METRICS, recall=0.05, ndcg=0.0), RESULT.cost)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(*results: ModelResult, title: str = "Real readers & <books>") -> ET.Element:
    return ET.fromstring(chart.draw(results, 20, title))


def bars(svg: ET.Element, kind: str) -> list[ET.Element]:
    """The bars of one kind, without the box in the legend."""
    return [box for box in svg.iter(f"{SVG}rect") if box.get("class") == kind][1:]


def texts(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def test_the_chart_is_labelled() -> None:
    """It has title, legend, axes, models and the value of every bar."""
    labels = texts(drawn(RESULT, OTHER))
    for expected in ("Real readers & <books>", "Recall@20", "NDCG@20", "mean over readers", "model"):
        assert expected in labels
    assert [text for text in labels if text in {"shipped", "popularity"}] == ["shipped", "popularity"]
    assert [text for text in labels if text.count(".") == 1 and len(text) == 5] == [
        "0.250",
        "0.125",
        "0.050",
        "0.000",
    ]


def test_bars_are_as_high_as_their_values() -> None:
    """The height of a bar is proportional to its value, and all bars start at the axis."""
    svg = drawn(RESULT, OTHER)
    heights = [float(box.get("height", "")) for kind in ("recall", "ndcg") for box in bars(svg, kind)]
    high = chart.HEIGHT - chart.TOP - chart.BOTTOM
    assert heights == pytest.approx([high * value / 0.25 for value in (0.25, 0.05, 0.125, 0.0)], abs=0.1)
    for box in [*bars(svg, "recall"), *bars(svg, "ndcg")]:
        assert float(box.get("y", "")) + float(box.get("height", "")) == pytest.approx(
            chart.HEIGHT - chart.BOTTOM, abs=0.1
        )


def test_bars_do_not_overlap() -> None:
    """Seven models fit side by side between the margins."""
    svg = drawn(*[RESULT] * 7)
    spans = sorted(
        (float(box.get("x", "")), float(box.get("x", "")) + float(box.get("width", "")))
        for kind in ("recall", "ndcg")
        for box in bars(svg, kind)
    )
    assert len(spans) == 14
    assert spans[0][0] >= chart.LEFT
    assert spans[-1][1] <= chart.WIDTH - chart.RIGHT
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


@pytest.mark.parametrize(
    ("greatest", "last"),
    [(0.25, "0.25"), (0.2, "0.20"), (0.93, "1.0"), (1.0, "1.0"), (0.0123, "0.015"), (0.0, "0.0010")],
)
def test_the_scale_has_round_steps(greatest: float, last: str) -> None:
    """The scale ends at or just above the greatest value, and has at most seven lines."""
    svg = drawn(replace(RESULT, metrics=replace(METRICS, recall=greatest, ndcg=0.0)))
    scale = [text.text or "" for text in svg.iter(f"{SVG}text") if text.get("class") == "end"]
    assert len(scale) <= chart.MOST_STEPS + 1
    assert float(scale[0]) == 0
    assert scale[-1] == last


def test_an_empty_chart() -> None:
    """Without results there are axes and no bars."""
    svg = drawn()
    assert bars(svg, "recall") == []
    assert "model" in texts(svg)
