"""Typesetting on covers: sizes, line breaks and ellipses."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.covers import CoverSpec
from marketplace.covers.drawing import design_of
from marketplace.covers.glyphs import clusters
from marketplace.covers.layouts import LAYOUTS
from marketplace.covers.text_areas import Box, TextArea
from marketplace.covers.typesetting import ELLIPSIS, typeset
from tests.marketplace.covers.samples import texts
from tests.marketplace.covers.starter_covers import starter_specs

STARTER = starter_specs()
AREAS = [area for layout in LAYOUTS for area in (layout.title, layout.author)]


@given(texts, st.sampled_from(AREAS))
@example("W" * 10_000, AREAS[0])
@example("The " * 2_500, AREAS[0])
@example("\u200d0000W", AREAS[0])
@example("a \u200d\u03010000W-\u200d\u0301W", AREAS[0])
def test_every_line_fits_into_its_area(text: str, area: TextArea) -> None:
    """According to the upper estimate of the glyphs' widths."""
    setting = typeset(text, area)
    assert area.smallest <= setting.size <= area.largest
    assert len(setting.lines) <= area.lines_of(setting.size)
    # A single cluster is never broken.
    assert all(
        area.measure(line) * setting.size <= area.box.width + 0.1 or len(clusters(line)) == 1
        for line in setting.lines
    )
    assert len(setting.lines) * setting.size * area.leading <= area.box.height + 0.1


@pytest.mark.parametrize("spec", STARTER[::3], ids=lambda spec: spec.title)
def test_a_real_title_is_complete(spec: CoverSpec) -> None:
    """Nothing of a title of ordinary length is lost, and no small word is alone on a line."""
    layout = design_of(spec).layout
    lines = typeset(spec.title, layout.title).lines
    printed = "".join(lines).replace(" ", "")
    assert printed.lower() == spec.title.replace(" ", "").lower()
    assert not {line.lower() for line in lines} & {"the", "a", "of", "and", "&"}


def test_lines_are_even() -> None:
    """Lines have similar widths instead of being filled one after the other."""
    area = TextArea(box=Box(0, 0, 70, 60), largest=10, smallest=10)
    assert typeset("oak elm ash yew", area).lines == ("oak elm", "ash yew")


def test_a_bad_break_is_avoided_by_a_smaller_size() -> None:
    """A title is broken at its hyphen only if it would become too small otherwise."""
    area = TextArea(box=Box(0, 0, 170, 90), largest=32, smallest=12, bold=True)
    assert typeset("Nineteen Eighty-Four", area).lines == ("Nineteen", "Eighty-Four")
    assert typeset("Slaughterhouse-Five", area).lines == ("Slaughterhouse-", "Five")


def test_a_long_title_ends_with_an_ellipsis_after_a_word() -> None:
    """The ellipsis shows that the title is longer."""
    area = TextArea(box=Box(0, 0, 100, 24), largest=10, smallest=10)
    lines = typeset("One two three four five six seven eight nine", area).lines
    assert len(lines) == 2
    assert lines[-1].endswith(ELLIPSIS)
    assert lines[-1].rstrip(ELLIPSIS).split()[-1] in {"five", "six", "seven", "eight"}


def test_long_words_are_broken_and_ideographs_are_not_hyphenated() -> None:
    """An endless word goes over several lines; ideographs need neither space nor hyphen."""
    area = TextArea(box=Box(0, 0, 60, 60), largest=10, smallest=10)
    assert typeset("Donaudampfschiff", area).lines[0].endswith("-")
    lines = typeset("戦争と平和、戦争と平和。", area).lines
    assert len(lines) > 1
    assert not any("-" in line or line[0] in "、。" for line in lines)


def test_accents_and_joined_emoji_stay_together() -> None:
    """Grapheme clusters are never broken."""
    assert clusters("e\u0301x") == ["e\u0301", "x"]
    assert clusters("👩\u200d👧a") == ["👩\u200d👧", "a"]
    assert clusters("🇩🇪🇫🇷") == ["🇩🇪", "🇫🇷"]
    assert clusters("👍🏽!") == ["👍🏽", "!"]
