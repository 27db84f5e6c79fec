"""The covers of the starter catalogue."""

import csv
from pathlib import Path

from marketplace.covers import CoverSpec
from marketplace.domain.categories import Category

BOOKS = Path(__file__).parents[3] / "starter" / "books.csv"


def starter_specs() -> list[CoverSpec]:
    """The specification of each book's cover, in the order of the file."""
    with BOOKS.open(encoding="utf-8", newline="") as file:
        return [
            CoverSpec(
                int(row["book_id"]),
                row["title"],
                tuple(row["authors"].split(";")),
                Category.parse(row["categories"].split(";")[0]),
            )
            for row in csv.DictReader(file)
        ]
