"""The categories of books."""

import re
from enum import IntEnum
from typing import Self


class Category(IntEnum):
    """A category of books, numbered as in the contract."""

    MYSTERY = 0
    SCIENCE_FICTION = 1
    SELF_HELP = 2
    FICTION = 3
    CLASSICS = 4
    FANTASY = 5
    HISTORICAL_FICTION = 6
    ROMANCE = 7
    THRILLER = 8
    HORROR = 9
    YOUNG_ADULT = 10
    CHILDREN = 11
    COMICS = 12
    POETRY = 13
    DRAMA = 14
    HUMOR = 15
    BIOGRAPHY = 16
    HISTORY = 17
    TRUE_CRIME = 18
    SCIENCE = 19
    TECHNOLOGY = 20
    NATURE = 21
    PHILOSOPHY = 22
    RELIGION = 23
    PSYCHOLOGY = 24
    BUSINESS = 25
    POLITICS = 26
    TRAVEL = 27
    COOKING = 28
    ART = 29
    MUSIC = 30
    HEALTH = 31
    SPORTS = 32
    FAMILY = 33
    EDUCATION = 34
    REFERENCE = 35

    @property
    def label(self) -> str:
        """The name on pages: `Science Fiction`."""
        return "Self-Help" if self is Category.SELF_HELP else self.name.replace("_", " ").title()

    @property
    def slug(self) -> str:
        """The name in URLs: `science-fiction`."""
        return self.name.replace("_", "-").lower()

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The category with this label, slug or name in any case; None if there is none."""
        name = "_".join(re.split(r"[\s_-]+", text.strip())).upper()
        return cls.__members__.get(name)
