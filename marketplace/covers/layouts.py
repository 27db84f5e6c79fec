"""The layouts of covers: backgrounds, and the places of texts and motifs."""

from dataclasses import dataclass
from functools import partial

from marketplace.covers.text_areas import Box, TextArea

WIDTH, HEIGHT = 200, 300

SERIF = "'Iowan Old Style','Palatino Linotype',Palatino,P052,Georgia,'DejaVu Serif',serif"
SANS = "'Avenir Next','Gill Sans','Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif"


@dataclass(frozen=True, slots=True)
class Spot:
    """The position and the scale of a motif."""

    x: float
    y: float
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One layout; colours are named by the fields of a palette.

    `background` is SVG under everything. `spots` are the alternative places of the motif; one with several spots is a
    row. If it `tiles`, the motif covers the background, and `panel` is SVG on top of it. The motif has the colour
    `mark`, on the colour `field`.
    """

    name: str
    background: str
    title: TextArea
    author: TextArea
    spots: tuple[tuple[Spot, ...], ...]
    text: str = "foil"
    mark: str = "foil"
    field: str = "cloth"
    font: str = SERIF
    tiles: bool = False
    panel: str = ""


_title = partial(TextArea, bold=True)
_author = partial(TextArea, most_lines=2, line_cost=0.15)
# The hinge of a cloth cover.
_HINGE = '<path d="M7 0v300" stroke="#000" stroke-opacity=".2" stroke-width="4"/>'
_CLOTH = '<path fill="{cloth}" d="M0 0h200v300H0z"/>'
_PAPER = '<path fill="{paper}" d="M0 0h200v300H0z"/>'

FRAMED = Layout(
    name="framed",
    background=_CLOTH + _HINGE + '<path d="M20 12h168v276H20zM25 17h158v266H25z" fill="none" stroke="{foil}"/>',
    title=_title(box=Box(29, 32, 150, 122), largest=34, smallest=12),
    author=_author(box=Box(29, 243, 150, 30), largest=12.5, smallest=9.5, capitals=True, tracking=0.06),
    spots=((Spot(104, 199, 0.9),), (Spot(62, 199, 0.42), Spot(104, 199, 0.42), Spot(146, 199, 0.42))),
)
BANDED = Layout(
    name="banded",
    background=_CLOTH
    + '<path fill="{paper}" d="M0 88h200v124H0z"/><path fill="{accent}" d="M0 84h200v4H0zM0 212h200v4H0z"/>'
    '<path d="M12 8h176M12 292h176" stroke="{foil}"/>',
    title=_title(box=Box(14, 96, 172, 76), largest=32, smallest=12),
    author=_author(box=Box(14, 178, 172, 28), largest=13.5, smallest=10),
    spots=(
        (Spot(100, 46, 0.78),),
        (Spot(100, 254, 0.78),),
        (Spot(42, 46, 0.6), Spot(100, 46, 0.6), Spot(158, 46, 0.6)),
        (Spot(42, 254, 0.6), Spot(100, 254, 0.6), Spot(158, 254, 0.6)),
    ),
    text="ink",
    font=SANS,
)
TYPOGRAPHIC = Layout(
    name="typographic",
    background=_PAPER + '<path fill="{accent}" d="M16 50h44v5H16z"/>',
    title=_title(box=Box(16, 66, 170, 118), largest=44, smallest=13, align="start", vertical="top", leading=1.08),
    author=_author(box=Box(16, 12, 170, 32), largest=14, smallest=10, align="start", vertical="bottom"),
    spots=((Spot(138, 239, 1.15),), (Spot(64, 239, 1.15),)),
    text="ink",
    mark="ink",
    field="paper",
    font=SANS,
)
LABEL = Layout(
    name="label",
    background=_CLOTH
    + _HINGE
    + '<path fill="{paper}" d="M21 26h164v132H21z"/>'
    + '<path d="M25.5 30.5h155v123h-155z" fill="none" stroke="{ink}"/>',
    title=_title(box=Box(31, 37, 144, 80), largest=27, smallest=11),
    author=_author(box=Box(31, 120, 144, 28), largest=12.5, smallest=9.5),
    spots=((Spot(103, 227, 1.25),),),
    text="ink",
)
SPLIT = Layout(
    name="split",
    background=_CLOTH + '<path fill="{paper}" d="M0 152h200v148H0z"/><path fill="{accent}" d="M0 152h200v5H0z"/>',
    title=_title(box=Box(16, 166, 170, 90), largest=32, smallest=12, align="start", vertical="top"),
    author=_author(box=Box(16, 259, 170, 29), largest=13.5, smallest=10, align="start", vertical="bottom"),
    spots=((Spot(100, 76, 1.5),), (Spot(132, 76, 1.5),), (Spot(70, 76, 1.5),)),
    text="ink",
)
MEDALLION = Layout(
    name="medallion",
    background=_CLOTH
    + _HINGE
    + '<circle cx="103" cy="90" r="62" fill="{paper}"/><circle cx="103" cy="90" r="68" fill="none" stroke="{foil}"/>',
    title=_title(box=Box(16, 168, 174, 84), largest=26, smallest=11.5, capitals=True, tracking=0.02),
    author=_author(box=Box(16, 257, 174, 30), largest=13.5, smallest=10),
    spots=((Spot(103, 90, 1.02),),),
    mark="ink",
    field="paper",
)
STAMPED = Layout(
    name="stamped",
    background=_CLOTH,
    title=_title(box=Box(28, 88, 144, 85), largest=28, smallest=11),
    author=_author(box=Box(28, 178, 144, 30), largest=12.5, smallest=9.5),
    spots=((Spot(25, 25, 0.4),), (Spot(20, 20, 0.3),)),
    text="ink",
    tiles=True,
    panel=(
        '<path d="M16 77h168v142H16z" fill="{paper}" stroke="{cloth}" stroke-width="6"/>'
        '<path d="M22.5 83.5h155v129h-155z" fill="none" stroke="{ink}"/>'
    ),
)
POSTER = Layout(
    name="poster",
    background=_CLOTH,
    title=_title(box=Box(15, 48, 172, 88), largest=36, smallest=12, align="start", vertical="top", leading=1.1),
    author=_author(box=Box(15, 13, 172, 28), largest=13.5, smallest=10, align="start", vertical="top"),
    spots=((Spot(120, 222, 1.95),), (Spot(100, 222, 1.75),), (Spot(84, 222, 1.95),)),
    font=SANS,
)
LAYOUTS = (FRAMED, TYPOGRAPHIC, MEDALLION, SPLIT, STAMPED, BANDED, LABEL, POSTER)
