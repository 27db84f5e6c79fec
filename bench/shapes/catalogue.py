"""The catalogue of a shop, as far as its shape describes books."""

from datetime import date, timedelta

import numpy as np

from bench.shapes.truth import Truth
from recommendations.domain.books import Book

SERIES_AN_AUTHOR = 4
"""Series, or books that belong to none, that an author has written on average."""


def catalogue_of(truth: Truth, first_day: date, rng: np.random.Generator) -> dict[int, Book]:
    """All books by id. Authors keep to a main taste, which is a subject; the second taste is not shown."""
    shape = truth.shape
    if not shape.described:
        return {book: Book(id=book, title=f"Title{book}") for book in range(1, shape.books + 1)}
    series = np.arange(shape.books) // shape.volumes
    author = rng.integers(max(1, shape.books // (shape.tastes * shape.volumes * SERIES_AN_AUTHOR)), size=shape.books)
    books = {}
    for row in range(shape.books):
        taste = int(truth.main_tastes[row])
        volume = f" (Saga{series[row] + 1}, #{row % shape.volumes + 1})" if shape.volumes > 1 else ""
        books[row + 1] = Book(
            id=row + 1,
            title=f"Title{row + 1}{volume}",
            authors=(f"Author {taste + 1}-{author[series[row]] + 1}",),
            subjects=(f"Taste {taste + 1}",),
            added_on=None if shape.is_constant else first_day + timedelta(days=int(np.floor(truth.born[row]))),
        )
    return books
