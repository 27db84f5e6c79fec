"""Covers: valid, legible, diverse and small."""

import gzip
import hashlib
import re
import statistics
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.covers import CoverSpec, cover_spec, draw, version_of
from marketplace.covers.drawing import DESIGN, byline, design_of
from marketplace.covers.glyphs import is_right_to_left, printable
from marketplace.covers.layouts import HEIGHT, LAYOUTS, WIDTH, Layout, Spot
from marketplace.covers.motifs import MOTIFS, REACH
from marketplace.covers.palettes import PALETTES, Palette
from marketplace.covers.text_areas import Box
from marketplace.domain.books import Book, Card
from marketplace.domain.categories import Category
from tests.marketplace.covers.samples import HOSTILE, texts
from tests.marketplace.covers.starter_covers import starter_specs

STARTER = starter_specs()
# Also values that no catalogue can have.
specs = st.builds(
    CoverSpec,
    st.integers(0, 2**31 - 1),
    texts,
    st.lists(texts, max_size=5).map(tuple),
    st.sampled_from([None, *Category]),
)


def covers_of(title: str) -> list[ET.Element]:
    return [ET.fromstring(draw(CoverSpec(n, title, (title,), None))) for n in range(len(LAYOUTS))]


def lines_of(cover: ET.Element) -> list[str]:
    return [line.text or "" for line in cover.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.slow
@given(specs)
def test_every_cover_is_well_formed(spec: CoverSpec) -> None:
    """For any text in the catalogue: valid XML in UTF-8, without references to other files."""
    drawn = draw(spec).encode()
    root = ET.fromstring(drawn)
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "circle", "text", "use", "pattern"}
    references = [value for element in root.iter() for name, value in element.attrib.items() if "href" in name]
    assert all(reference == "#m" for reference in references)
    assert len(drawn) < 5_000


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_titles_are_drawn_in_every_layout(title: str) -> None:
    """No layout fails on any of them."""
    assert len(covers_of(title)) == len(LAYOUTS)


def test_right_to_left_scripts_start_at_the_right() -> None:
    """Hebrew and Arabic start at the right edge of their area, Latin at the left."""
    assert is_right_to_left("12 שיר")
    assert not is_right_to_left("Dune שיר")
    for cover in covers_of("שיר השירים"):
        rtl = [element for element in cover.iter() if element.get("direction") == "rtl"]
        assert len(rtl) == len(lines_of(cover)) > 0


def test_direction_marks_are_dropped() -> None:
    """A title cannot reverse the author's name."""
    assert printable("\u202eevil\u2066 \x00 twin\ud800") == "evil twin"


@pytest.mark.parametrize(
    ("authors", "printed"),
    [
        ((), ""),
        (("",), ""),
        (("Ann",), "Ann"),
        (("Ann", "Bob"), "Ann & Bob"),
        (("Ann", "Bob", "Eve"), "Ann and others"),
    ],
)
def test_authors_are_named_as_on_covers(authors: tuple[str, ...], printed: str) -> None:
    """One or two are named, of more the first "and others"; without authors the line is empty."""
    assert byline(authors) == printed


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """The contrast of two colours by WCAG 2."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.cloth)
def test_texts_are_legible(palette: Palette) -> None:
    """Foil on cloth and ink on paper have the contrast that small text needs; accents are visible on both."""
    assert contrast(palette.foil, palette.cloth) >= 4.5
    assert contrast(palette.ink, palette.paper) >= 4.5
    assert contrast(palette.accent, palette.cloth) >= 1.5
    assert contrast(palette.accent, palette.paper) >= 1.5


def reach(spot: Spot) -> Box:
    radius = REACH * spot.scale
    return Box(spot.x - radius, spot.y - radius, 2 * radius, 2 * radius)


def overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_motifs_and_texts_do_not_overlap(layout: Layout) -> None:
    """In every variant of a layout."""
    title, author = layout.title.box, layout.author.box
    assert not overlap(title, author)
    for box in (title, author):
        assert box.x >= 10
        assert box.y >= 10
        assert box.x + box.width <= WIDTH - 10
        assert box.y + box.height <= HEIGHT - 10
    if not layout.tiles:
        motifs = [reach(spot) for spots in layout.spots for spot in spots]
        assert not any(overlap(motif, box) for motif in motifs for box in (title, author))


def test_every_category_has_its_own_motifs() -> None:
    """All categories, and books without one, have several motifs, all different."""
    assert set(MOTIFS) == {None, *Category}
    for motifs in MOTIFS.values():
        assert len(set(motifs)) == len(motifs) >= 2


@given(st.integers(1, 2**31 - 2), st.sampled_from([None, *Category]))
def test_successive_books_look_different(book_id: int, category: Category | None) -> None:
    """Books with successive ids differ in layout and palette."""
    first, second = (design_of(CoverSpec(number, "Emma", (), category)) for number in (book_id, book_id + 1))
    assert first.layout != second.layout
    assert first.palette != second.palette


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 20, 100, 120, 1000])
def test_no_step_between_ids_makes_covers_monotonous(step: int) -> None:
    """A catalogue with the ids 10, 20, 30 has covers as diverse as one with 1, 2, 3."""
    designs = [design_of(CoverSpec(number * step, "Emma", (), None)) for number in range(1, 41)]
    assert {design.layout for design in designs} == set(LAYOUTS)
    assert len({design.palette for design in designs}) >= 12
    assert len({(design.layout, design.palette) for design in designs}) >= 20


def test_the_starter_catalogue_has_diverse_covers() -> None:
    """No two drawings are equal, few designs repeat within a category, and every element is used."""
    assert len({draw(spec) for spec in STARTER}) == len(STARTER)
    designs = [design_of(spec) for spec in STARTER]
    assert len({(design.layout, design.palette, design.motif) for design in designs}) >= 0.95 * len(STARTER)
    assert {design.layout for design in designs} == set(LAYOUTS)
    assert {design.palette for design in designs} == set(PALETTES)
    assert all(first.layout != second.layout for first, second in pairwise(designs))


def test_covers_are_small() -> None:
    """Forty of them are as large as one photograph; the sizes are printed for the documentation."""
    drawn = [draw(spec).encode() for spec in STARTER]
    packed = [len(gzip.compress(cover, 6)) for cover in drawn]
    raw = list(map(len, drawn))
    for name, sizes in (("raw", raw), ("gzipped", packed)):
        print(f"{name}: {min(sizes)} / {statistics.median(sizes):.0f} / {max(sizes)} bytes")  # noqa: T201
    assert max(raw) <= 1_300
    assert statistics.median(packed) <= 520
    assert max(packed) <= 640


DRAWN = {1: "c09c391dff069f12"}


@pytest.mark.slow
def test_a_changed_drawing_has_a_new_design_number() -> None:
    """Browsers cache a cover for a year: a change of the drawing needs a new DESIGN, and its digest here.

    The digest also proves that another process draws the same.
    """
    digest = hashlib.sha256("\n".join(draw(spec) for spec in STARTER).encode()).hexdigest()[:16]
    assert DRAWN.get(DESIGN) == digest


def test_the_version_follows_the_specification() -> None:
    """Everything that the cover is drawn from changes its URL, and nothing else does."""
    spec = CoverSpec(1, "Dune", ("Frank Herbert",), Category.SCIENCE_FICTION)
    others = [
        CoverSpec(2, "Dune", ("Frank Herbert",), Category.SCIENCE_FICTION),
        CoverSpec(1, "Dune ", ("Frank Herbert",), Category.SCIENCE_FICTION),
        CoverSpec(1, "Dune", ("Frank", "Herbert"), Category.SCIENCE_FICTION),
        CoverSpec(1, "Dune", ("Frank Herbert",), Category.FICTION),
        CoverSpec(1, "Dune", ("Frank Herbert",), None),
        CoverSpec(1, "\ud800", (), None),
    ]
    assert len({version_of(other) for other in (spec, *others)}) == 1 + len(others)
    assert re.fullmatch("[0-9a-f]{10}", version_of(spec))
    categories = (Category.SCIENCE_FICTION, Category.CLASSICS)
    book = Book(id=1, title="Dune", authors=("Frank Herbert",), categories=categories, stock=3, year=1965)
    card = Card(id=1, title="Dune", authors=("Frank Herbert",), categories=categories, readers=9)
    assert cover_spec(book) == cover_spec(card) == spec
