"""The labels and categories of a cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookfiles.genres import CATEGORIES, CellGenres, genres_of, labels_of


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("", ()),
        (" ;| , ", ()),
        ("Fiction, Thriller", ("Fiction", "Thriller")),
        ("Sci-Fi;Детектив", ("Sci-Fi", "Детектив")),
        ("Young Adult|Fantasy", ("Young Adult", "Fantasy")),
        ("Humour;Children's", ("Humour", "Children's")),
        ("Fantasy\nHorror", ("Fantasy", "Horror")),
        ("Fantasy;fantasy;Fantasy", ("Fantasy", "fantasy")),
        ("Science &amp; Nature; Art", ("Science & Nature", "Art")),
        ("['Fiction', 'Young Adult']", ("Fiction", "Young Adult")),
        ('["Fiction", "Young Adult"]', ("Fiction", "Young Adult")),
        ('{Fiction,"Young Adult"}', ("Fiction", "Young Adult")),
        ("Mystery, Thriller & Suspense", ("Mystery, Thriller & Suspense",)),
        ("Cats, Mystery, Thriller & Suspense, Art", ("Cats", "Mystery, Thriller & Suspense", "Art")),
        (
            "Health, Fitness & Dieting, Cookbooks, Food & Wine",
            ("Health, Fitness & Dieting", "Cookbooks, Food & Wine"),
        ),
        ("Mystery/Thriller, Art", ("Mystery/Thriller", "Art")),
        ("FIC022000;FIC031000", ("FIC022000", "FIC031000")),
        ("FIC022000, FIC031000", ("FIC022000", "FIC031000")),
        ("FIC022000 FIC031000", ("FIC022000", "FIC031000")),
        ("FHD FJH", ("FHD", "FJH")),
        ("FHD, FJH, 1DDF", ("FHD", "FJH", "1DDF")),
        ("FICTION / Legal, TRAVEL / Europe / France", ("FICTION / Legal", "TRAVEL / Europe / France")),
        (
            "FICTION / Fairy Tales, Folk Tales, Legends & Mythology, FICTION / Romance / General",
            ("FICTION / Fairy Tales, Folk Tales, Legends & Mythology", "FICTION / Romance / General"),
        ),
        (
            "BIOGRAPHY & AUTOBIOGRAPHY / Artists, Architects, Photographers, BODY, MIND & SPIRIT / Healing",
            ("BIOGRAPHY & AUTOBIOGRAPHY / Artists, Architects, Photographers", "BODY, MIND & SPIRIT / Healing"),
        ),
        ("TRAVEL / United States / West (AK, CA, HI), ART", ("TRAVEL / United States / West (AK, CA, HI)", "ART")),
        ("TRAVEL / Museums, Tours, Points of Interest", ("TRAVEL / Museums, Tours, Points of Interest",)),
        ("Fiction / Mystery, Romance", ("Fiction / Mystery", "Romance")),
        ("Books > Romance, Books > Horror", ("Books > Romance", "Books > Horror")),
        (
            "FIC031000 FICTION / Thrillers, FIC015000 FICTION / Horror",
            ("FIC031000 FICTION / Thrillers", "FIC015000 FICTION / Horror"),
        ),
        ("Fiction / Mystery, Romance, Cats", ("Fiction / Mystery", "Romance", "Cats")),
        ("Books > Art, Music & Film", ("Books > Art, Music & Film",)),
        ("Horror (ghosts, zombies), Art", ("Horror (ghosts, zombies)", "Art")),
        ("Cats, Mystery / Cozy", ("Cats", "Mystery / Cozy")),
        ("COMPUTERS / Languages / C#", ("COMPUTERS / Languages / C#",)),
    ],
)
def test_labels_of_a_cell(cell: str, labels: tuple[str, ...]) -> None:
    """Separators separate, but not within a name, a heading or parentheses."""
    assert labels_of(cell) == labels


@pytest.mark.parametrize(
    ("cell", "categories", "unknown"),
    [
        ("", (), ()),
        ("Fiction, Thriller", ("FICTION", "THRILLER"), ()),
        ("Fantasy;Cats;to-read;Horror;Fantasy", ("FANTASY", "HORROR"), ("Cats",)),
        ("Fiction;Historical", ("FICTION", "HISTORICAL_FICTION"), ()),
        ("Thriller, Historical", ("THRILLER", "HISTORICAL_FICTION"), ()),
        ("Historical", (), ("Historical",)),
        ("History;Historical", ("HISTORY",), ("Historical",)),
        ("Fiction;Nonfiction;Historical", ("FICTION",), ("Historical",)),
    ],
)
def test_genres_of_a_cell(cell: str, categories: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    """Each category once; unknown labels are reported, shelves that are no genres are not."""
    assert genres_of(cell) == CellGenres(categories=categories, unknown=unknown)


@given(st.text(alphabet=st.sampled_from("ab FICTION/>,;&|'\"()[]-—:детектив019\n")) | st.text())
def test_any_cell_can_be_read(cell: str) -> None:
    """No text raises; labels are not blank and distinct, categories are the contract's."""
    labels = labels_of(cell)
    assert all(label.strip() for label in labels)
    assert len(set(labels)) == len(labels)
    found = genres_of(cell)
    assert set(found.categories) <= set(CATEGORIES)
    assert set(found.unknown) <= set(labels)


def test_a_long_cell_takes_no_time() -> None:
    """Thousands of commas, levels and words are read at once."""
    for cell in ("a," * 5000, "a / " * 5000, "a & " * 5000, "(," * 5000, "FICTION / x, " * 1000, "FHD " * 5000):
        assert set(genres_of(cell).categories) <= {"FICTION", "THRILLER"}
