"""The chart of the results: its words, its order and the sizes of its bars."""

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from recommendations.evaluation import chart
from recommendations.evaluation.results import ModelResult
from tests.recommendations.evaluation.test_report import METRICS, RESULT

OTHER = replace(
    RESULT, model="popularity", metrics=replace(METRICS, recall=0.05, recall_error=0.02, ndcg=0.0, ndcg_error=0.0)
)
BEST = replace(RESULT, model="ease", metrics=replace(METRICS, recall=0.29, ndcg=0.1))
SVG = "{http://www.w3.org/2000/svg}"


def drawn(*results: ModelResult, readers: int = 943, subtitle: str = "readers & <books>") -> ET.Element:
    return ET.fromstring(chart.draw(results, 20, readers=readers, subtitle=subtitle))


def bars(svg: ET.Element, kind: str) -> list[ET.Element]:
    """The bars of one kind, without the box in the legend."""
    return [box for box in svg.iter(f"{SVG}rect") if box.get("class") == kind and number(box, "y") > chart.TOP]


def texts(svg: ET.Element, kind: str | None = None) -> list[str]:
    """All texts, or those with a class."""
    return [
        text.text or ""
        for text in svg.iter(f"{SVG}text")
        if kind is None or kind in (text.get("class") or "").split()
    ]


def number(element: ET.Element, name: str) -> float:
    return float(element.get(name, ""))


def test_the_chart_is_labelled() -> None:
    """The title says in words what is shown; there are the source, a legend, the axis and every value."""
    svg = drawn(RESULT, OTHER)
    assert texts(svg, "title") == ["What 943 readers read next: Recall@20 and NDCG@20"]
    labels = texts(svg)
    for expected in ("readers & <books>", "Recall@20", "NDCG@20", "± standard error", "mean over readers"):
        assert expected in labels
    assert texts(svg, "value") == ["0.250", "0.125", "0.050", "0.000"]


def test_a_long_source_is_shortened() -> None:
    """The end is kept: it has the name of the split."""
    (source,) = texts(drawn(RESULT, subtitle=f"{'long' * 50}.csv, random hold-out"), "small")[:1]
    assert len(source) == chart.LONGEST_SUBTITLE
    assert source.startswith("…long")
    assert source.endswith(", random hold-out")


def test_the_best_model_comes_first() -> None:
    """Models are sorted by Recall, and of equal ones by NDCG; each bar is beside the name of its model."""
    equal = replace(OTHER, model="bpr", metrics=replace(OTHER.metrics, ndcg=0.01))
    svg = drawn(OTHER, RESULT, equal, BEST)
    assert texts(svg, "name") == ["ease", "shipped", "bpr", "popularity"]
    assert texts(svg, "value")[::2] == ["0.290", "0.250", "0.050", "0.050"]
    tops = [number(box, "y") for box in bars(svg, "recall")]
    assert tops == sorted(tops)


def test_the_shipped_model_is_marked() -> None:
    """It has a band behind its bars, bold text and a place in the legend; without it there is none of these."""
    svg = drawn(RESULT, BEST, OTHER)
    (band,) = bars(svg, "band")
    assert (number(band, "y"), number(band, "height")) == (chart.TOP + chart.ROW, chart.ROW)
    assert texts(svg, "marked") == ["shipped", "0.250", "0.125"]
    assert "shipped: this project's model" in texts(svg)
    without = drawn(BEST, OTHER)
    assert not bars(without, "band")
    assert not texts(without, "marked")
    assert "shipped: this project's model" not in texts(without)


def test_bars_are_as_long_as_their_values() -> None:
    """The length of a bar is proportional to its value, and all bars begin at the axis."""
    svg = drawn(RESULT, OTHER)
    lengths = [number(box, "width") for kind in ("recall", "ndcg") for box in bars(svg, kind)]
    room = chart.WIDTH - chart.LEFT - chart.RIGHT
    assert lengths == pytest.approx([room * value / 0.3 for value in (0.25, 0.05, 0.125, 0.0)], abs=0.1)
    assert {number(box, "x") for kind in ("recall", "ndcg") for box in bars(svg, kind)} == {chart.LEFT}


def test_errors_are_as_long_as_twice_the_standard_error() -> None:
    """They reach from the value minus the error, but not below zero, to the value plus the error."""
    svg = drawn(RESULT, replace(OTHER, metrics=replace(OTHER.metrics, recall_error=0.06)))
    spans = [
        (number(line, "x1"), number(line, "x2"))
        for line in svg.iter(f"{SVG}line")
        if line.get("class") == "error" and number(line, "y1") == number(line, "y2") > chart.TOP
    ]
    scale = (chart.WIDTH - chart.LEFT - chart.RIGHT) / 0.3
    ends = ((0.24, 0.26), (0.120, 0.130), (0.0, 0.11), (0.0, 0.0))
    for span, (low, high) in zip(spans, ends, strict=True):
        assert span == pytest.approx((chart.LEFT + scale * low, chart.LEFT + scale * high), abs=0.1)


def test_nothing_overlaps() -> None:
    """Nine models fit below each other, each value beside its bar and its error, and all of it within the picture."""
    results = [replace(RESULT, model=f"model {place}") for place in range(9)]
    svg = drawn(*results)
    spans = sorted(
        (number(box, "y"), number(box, "y") + number(box, "height"))
        for kind in ("recall", "ndcg")
        for box in bars(svg, kind)
    )
    assert len(spans) == 18
    assert all(above[1] <= below[0] for above, below in pairwise(spans))
    height = float((svg.get("viewBox") or "").split()[3])
    assert spans[-1][1] < height - chart.BOTTOM + 1
    errors = [
        number(line, "x2")
        for line in svg.iter(f"{SVG}line")
        if line.get("class") == "error" and number(line, "x1") < number(line, "x2") and number(line, "y1") > chart.TOP
    ]
    values = [number(text, "x") for text in svg.iter(f"{SVG}text") if "value" in (text.get("class") or "").split()]
    assert len(values) == 18
    assert all(value > error + 3 for value, error in zip(values, errors, strict=True))
    # Five characters of 11 pixels are at most 40 pixels wide.
    assert max(values) + 40 < chart.WIDTH


@pytest.mark.parametrize(
    ("greatest", "last"),
    [(0.25, "0.25"), (0.2, "0.20"), (0.93, "1.0"), (1.0, "1.0"), (0.0123, "0.015"), (0.0, "0.0010")],
)
def test_the_scale_has_round_steps(greatest: float, last: str) -> None:
    """The scale ends at or just above the greatest value and its error, and has at most seven lines."""
    metrics = replace(METRICS, recall=greatest * 0.9, recall_error=greatest * 0.1, ndcg=0.0, ndcg_error=0.0)
    svg = drawn(replace(RESULT, metrics=metrics))
    scale = [text.text or "" for text in svg.iter(f"{SVG}text") if text.get("class") == "small middle"][:-1]
    assert len(scale) <= chart.MOST_STEPS + 1
    assert float(scale[0]) == 0
    assert scale[-1] == last


def test_both_schemes_have_all_colours() -> None:
    """What has a colour on light pages has one on dark pages too."""
    light, dark = chart._STYLE.split("@media (prefers-color-scheme: dark)")
    for kind in (
        ".page",
        ".band",
        ".line",
        ".axis",
        ".error",
        ".recall",
        ".ndcg",
        ".small",
        ".value",
        ".value.marked",
    ):
        assert f"{kind} {{" in light
        assert f"{kind} {{" in dark


def test_an_empty_chart() -> None:
    """Without results there are the title and the axis, and no bars."""
    svg = drawn()
    assert bars(svg, "recall") == []
    assert "mean over readers" in texts(svg)
