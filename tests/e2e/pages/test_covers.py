"""The drawn covers, measured in a browser with its own fonts."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from marketplace.covers import draw
from marketplace.covers.drawing import design_of
from marketplace.covers.motifs import MOTIFS, REACH
from tests.marketplace.covers.starter_covers import starter_specs

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_TEXTS = """
() => [...document.querySelectorAll("svg")].map(svg => [...svg.querySelectorAll("text")].map(text => {
  const box = text.getBBox();
  return [box.x, box.y, box.x + box.width, box.y + box.height];
}))
"""
_MOTIFS = """
() => [...document.querySelectorAll("g")].map(motif => {
  const box = motif.getBBox();
  return Math.max(-box.x, -box.y, box.x + box.width, box.y + box.height);
})
"""
# A J may overhang to the left.
TOLERANCE = 2.5


def measured(browser: Browser, markup: str, script: str) -> Any:
    """The result of the script on a page of this markup."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content(markup)
        return page.evaluate(script)


def test_no_text_of_the_starters_covers_overflows(browser: Browser) -> None:
    """Every line is within the margins of its layout and the height of the cover."""
    specs = starter_specs()
    covers = measured(browser, "".join(map(draw, specs)), _TEXTS)
    assert len(covers) == len(specs)
    outside = []
    for spec, lines in zip(specs, covers, strict=True):
        box = design_of(spec).layout.title.box
        for left, top, right, bottom in lines:
            beside = left < box.x - TOLERANCE or right > box.x + box.width + TOLERANCE
            if beside or top < 0 or bottom > 300:
                outside.append((spec.title, design_of(spec).layout.name, left, right))
    assert outside == []


def test_motifs_fit_into_their_space(browser: Browser) -> None:
    """No outline of a motif is larger than the space that layouts leave for it."""
    drawn = [motif for motifs in MOTIFS.values() for motif in motifs]
    paths = ([motif.filled, motif.lined, motif.accented, motif.scored] for motif in drawn)
    groups = "".join(
        "<g>" + "".join(f'<path d="{data}"/>' for data in outlines if data) + "</g>" for outlines in paths
    )
    sizes = measured(browser, f"<svg>{groups}</svg>", _MOTIFS)
    assert len(sizes) == len(drawn)
    assert max(sizes) <= REACH
