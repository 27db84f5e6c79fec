"""The categories of books."""

import re
from enum import IntEnum
from functools import cache, lru_cache
from typing import Self

from marketplace.domain.text import folded_words
from servicekit.translations import gettext_noop


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
        return _LABELS[self]

    @property
    def slug(self) -> str:
        """The name in URLs: `science-fiction`."""
        return self.name.replace("_", "-").lower()

    @property
    def kind(self) -> str:
        """What kind of topic it is."""
        return "category"

    @property
    def other_names(self) -> tuple[str, ...]:
        """What readers call it as well: `sci-fi`."""
        return _OTHER_NAMES.get(self, ())

    @classmethod
    def named(cls, text: str) -> Self | None:
        """The category with this label or other name, however it is written; None if there is none."""
        number = _number_named(text)
        return None if number is None else cls(number)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The category with this label, slug or name in any case; None if there is none."""
        name = "_".join(re.split(r"[\s_-]+", text.strip())).upper()
        return cls.__members__.get(name)


# Templates translate them.
_LABELS = {
    Category.MYSTERY: gettext_noop("Mystery"),
    Category.SCIENCE_FICTION: gettext_noop("Science Fiction"),
    Category.SELF_HELP: gettext_noop("Self-Help"),
    Category.FICTION: gettext_noop("Fiction"),
    Category.CLASSICS: gettext_noop("Classics"),
    Category.FANTASY: gettext_noop("Fantasy"),
    Category.HISTORICAL_FICTION: gettext_noop("Historical Fiction"),
    Category.ROMANCE: gettext_noop("Romance"),
    Category.THRILLER: gettext_noop("Thriller"),
    Category.HORROR: gettext_noop("Horror"),
    Category.YOUNG_ADULT: gettext_noop("Young Adult"),
    Category.CHILDREN: gettext_noop("Children"),
    Category.COMICS: gettext_noop("Comics"),
    Category.POETRY: gettext_noop("Poetry"),
    Category.DRAMA: gettext_noop("Drama"),
    Category.HUMOR: gettext_noop("Humor"),
    Category.BIOGRAPHY: gettext_noop("Biography"),
    Category.HISTORY: gettext_noop("History"),
    Category.TRUE_CRIME: gettext_noop("True Crime"),
    Category.SCIENCE: gettext_noop("Science"),
    Category.TECHNOLOGY: gettext_noop("Technology"),
    Category.NATURE: gettext_noop("Nature"),
    Category.PHILOSOPHY: gettext_noop("Philosophy"),
    Category.RELIGION: gettext_noop("Religion"),
    Category.PSYCHOLOGY: gettext_noop("Psychology"),
    Category.BUSINESS: gettext_noop("Business"),
    Category.POLITICS: gettext_noop("Politics"),
    Category.TRAVEL: gettext_noop("Travel"),
    Category.COOKING: gettext_noop("Cooking"),
    Category.ART: gettext_noop("Art"),
    Category.MUSIC: gettext_noop("Music"),
    Category.HEALTH: gettext_noop("Health"),
    Category.SPORTS: gettext_noop("Sports"),
    Category.FAMILY: gettext_noop("Family"),
    Category.EDUCATION: gettext_noop("Education"),
    Category.REFERENCE: gettext_noop("Reference"),
}

_OTHER_NAMES = {
    Category.SCIENCE_FICTION: ("sci-fi", "SF"),
    Category.SELF_HELP: ("self-improvement",),
    Category.HISTORICAL_FICTION: ("historical novels",),
    Category.ROMANCE: ("love stories",),
    Category.THRILLER: ("suspense",),
    Category.YOUNG_ADULT: ("YA", "teen"),
    Category.CHILDREN: ("children's", "kids"),
    Category.COMICS: ("graphic novels",),
    Category.DRAMA: ("plays",),
    Category.HUMOR: ("humour", "comedy"),
    Category.BIOGRAPHY: ("memoir", "autobiography"),
    Category.TECHNOLOGY: ("tech",),
    Category.COOKING: ("cookery", "cookbooks"),
    Category.SPORTS: ("sport",),
    Category.FAMILY: ("parenting",),
}


# Many books have the same subjects.
@lru_cache(maxsize=1024)
def _number_named(text: str) -> int | None:
    return _numbers_by_name().get("".join(folded_words(text)))


@cache
def _numbers_by_name() -> dict[str, int]:
    return {
        "".join(folded_words(name)): int(category)
        for category in Category
        for name in (category.label, *category.other_names)
    }
