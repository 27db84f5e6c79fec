"""Finds the contract's categories for the genre labels that people's files carry.

Labels are names of genres in five languages, paths such as BISAC's headings, codes of BISAC and Thema, and readers'
shelves. A label that is not understood as a whole has no category: `Art of War` is no art.
"""

from bookfiles.genres.categories import CATEGORIES
from bookfiles.genres.cells import CellGenres, genres_of, labels_of
from bookfiles.genres.labels import genre_of

__all__ = ["CATEGORIES", "CellGenres", "categories_of", "genres_of", "labels_of"]


def categories_of(label: str) -> tuple[str, ...]:
    """The contract's categories for one label, such as `FICTION / Thrillers / Suspense`; empty if none is known."""
    genre = genre_of(label)
    return genre.categories if genre else ()
