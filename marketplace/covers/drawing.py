"""Draws a cover as a small SVG image from a book's title, authors and category."""

import hashlib
import zlib
from dataclasses import astuple, dataclass
from html import escape

from marketplace.covers.glyphs import is_measured, is_right_to_left, printable
from marketplace.covers.layouts import LAYOUTS, Layout, Spot
from marketplace.covers.motifs import MOTIFS, Motif
from marketplace.covers.palettes import PALETTES, Palette
from marketplace.covers.text_areas import TextArea
from marketplace.covers.typesetting import FittedText, typeset
from marketplace.domain.books import Book, Card
from marketplace.domain.categories import Category

DESIGN = 1
"""Incremented with every change of the drawings, so that browsers load them again."""

# For multiplicative hashing in 32 bits: the golden ratio, and one found by search. With them ids at any common step
# have different layouts and palettes.
_LAYOUT_MULTIPLIER, _PALETTE_MULTIPLIER = 2_654_435_769, 1_198_563_463
# The height of capitals and the depth of descenders, in font sizes.
_CAPITAL, _DESCENDER = 0.72, 0.24


@dataclass(frozen=True, slots=True)
class CoverSpec:
    """What a cover is drawn from."""

    book_id: int
    title: str
    authors: tuple[str, ...]
    category: Category | None


@dataclass(frozen=True, slots=True)
class Design:
    """The design of a book's cover."""

    layout: Layout
    palette: Palette
    motif: Motif
    spots: tuple[Spot, ...]


def cover_spec(book: Book | Card) -> CoverSpec:
    """The specification of a book's cover."""
    return CoverSpec(book.id, book.title, book.authors, book.categories[0] if book.categories else None)


def version_of(spec: CoverSpec) -> str:
    """A short hash of everything that the drawing depends on."""
    content = repr((DESIGN, astuple(spec))).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(content, digest_size=5).hexdigest()


def design_of(spec: CoverSpec) -> Design:
    """The design of a cover; books with successive ids differ in layout and palette."""
    layout = LAYOUTS[_spread(spec.book_id, _LAYOUT_MULTIPLIER, len(LAYOUTS))]
    palette = PALETTES[_spread(spec.book_id, _PALETTE_MULTIPLIER, len(PALETTES))]
    checksum = zlib.crc32(f"{spec.book_id} {spec.title}".encode("utf-8", "replace"))
    motifs = MOTIFS[spec.category]
    motif = motifs[checksum % len(motifs)]
    return Design(layout, palette, motif, layout.spots[checksum // 7 % len(layout.spots)])


def _spread(number: int, multiplier: int, choices: int) -> int:
    """An index below `choices`, evenly distributed for the numbers of any arithmetic sequence."""
    return (number * multiplier % 2**32) * choices >> 32


def byline(authors: tuple[str, ...]) -> str:
    """The authors as a cover prints them."""
    names = list(filter(None, map(printable, authors[:3])))
    return f"{names[0]} and others" if len(names) > 2 else " & ".join(names)  # noqa: PLR2004  (two fit)


def draw(spec: CoverSpec) -> str:
    """The cover as SVG, 200 wide and 300 high; deterministic."""
    design = design_of(spec)
    layout, colours = design.layout, design.palette
    anchor = ' text-anchor="middle"' if layout.title.align == "middle" else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 300" font-family="{layout.font}"{anchor}>'
        f"{_painted(layout.background, colours)}{_motif(design)}"
        f'<g fill="{getattr(colours, layout.text)}">'
        f"{_text(typeset(spec.title, layout.title), layout.title)}"
        f"{_text(typeset(byline(spec.authors), layout.author), layout.author)}</g></svg>"
    )


def _painted(background: str, colours: Palette) -> str:
    return background.format(
        cloth=colours.cloth, foil=colours.foil, paper=colours.paper, ink=colours.ink, accent=colours.accent
    )


def _motif(design: Design) -> str:
    layout, colours, spots = design.layout, design.palette, design.spots
    place = f'transform="translate({_n(spots[0].x)} {_n(spots[0].y)})scale({_n(spots[0].scale)})"'
    drawn = _paths(design.motif, layout, colours)
    if layout.tiles:
        side = _n(2 * spots[0].x)
        return (
            f'<pattern id="p" width="{side}" height="{side}" patternUnits="userSpaceOnUse"><g {place}>{drawn}</g>'
            f'</pattern><path fill="url(#p)" d="M0 0h200v300H0z"/>{_painted(layout.panel, colours)}'
        )
    if len(spots) == 1:
        return f"<g {place}>{drawn}</g>"
    row = "".join(f'<use href="#m" x="{_n(other.x - spots[0].x)}"/>' for other in spots[1:])
    return f'<g id="m" {place}>{drawn}</g>{row}'


def _paths(motif: Motif, layout: Layout, colours: Palette) -> str:
    mark, field = getattr(colours, layout.mark), getattr(colours, layout.field)
    parts = (
        (motif.lined, f'fill="none" stroke="{mark}" stroke-width="3"'),
        (motif.filled, f'fill="{mark}"'),
        (motif.scored, f'fill="none" stroke="{field}" stroke-width="3"'),
        (motif.accented, f'fill="{colours.accent}"'),
    )
    return "".join(f'<path {paint} d="{data}"/>' for data, paint in parts if data)


def _text(fitted: FittedText, area: TextArea) -> str:
    if not fitted.lines:
        return ""
    size, step = fitted.size, round(fitted.size * area.leading, 1)
    height = (len(fitted.lines) - 1) * step + size * _CAPITAL
    slack = {
        "top": 0.0,
        "middle": (area.box.height - height) / 2,
        "bottom": area.box.height - height - size * _DESCENDER,
    }
    first = area.box.y + slack[area.vertical] + size * _CAPITAL
    weight = ' font-weight="700"' if area.bold else ""
    tracking = f' letter-spacing="{_n(size * area.tracking)}"' if area.tracking else ""
    lines = "".join(_line(line, area, size, first + i * step) for i, line in enumerate(fitted.lines))
    return f'<g font-size="{_n(size)}"{weight}{tracking}>{lines}</g>'


def _line(line: str, area: TextArea, size: float, y: float) -> str:
    box = area.box
    is_rtl = is_right_to_left(line)
    x = box.x + box.width / 2 if area.align == "middle" else box.x + box.width if is_rtl else box.x
    extra = ' direction="rtl"' if is_rtl else ""
    if not is_measured(line):
        # The browser must fit these glyphs into the estimated width: their font is unknown.
        extra += f' textLength="{_n(area.measure(line) * size)}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{_n(x)}" y="{round(y)}"{extra}>{escape(line, quote=False)}</text>'


def _n(number: float) -> str:
    """A number with at most two decimals, as short as possible."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
