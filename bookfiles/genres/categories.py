"""The contract's categories by name, and which of them are fiction."""

FICTION_CATEGORIES = (
    "MYSTERY",
    "SCIENCE_FICTION",
    "FICTION",
    "CLASSICS",
    "FANTASY",
    "HISTORICAL_FICTION",
    "ROMANCE",
    "THRILLER",
    "HORROR",
)
"""The genres of fiction; FICTION is general and literary fiction."""

FORMS = ("YOUNG_ADULT", "CHILDREN", "COMICS", "POETRY", "DRAMA", "HUMOR")
"""Readers and forms of books that may be fiction or not."""

NONFICTION_CATEGORIES = (
    "SELF_HELP",
    "BIOGRAPHY",
    "HISTORY",
    "TRUE_CRIME",
    "SCIENCE",
    "TECHNOLOGY",
    "NATURE",
    "PHILOSOPHY",
    "RELIGION",
    "PSYCHOLOGY",
    "BUSINESS",
    "POLITICS",
    "TRAVEL",
    "COOKING",
    "ART",
    "MUSIC",
    "HEALTH",
    "SPORTS",
    "FAMILY",
    "EDUCATION",
    "REFERENCE",
)
"""The fields of nonfiction."""

CATEGORIES = (*FICTION_CATEGORIES, *FORMS, *NONFICTION_CATEGORIES)
"""All categories of the contract."""
