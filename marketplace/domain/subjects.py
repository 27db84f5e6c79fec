"""The subjects of books: texts that anybody may have written, of which some have a page."""

from dataclasses import dataclass

from marketplace.domain.categories import Category
from marketplace.domain.text import slug

FEW_CATEGORIES = 3
"""Where fewer categories have ENOUGH_BOOKS, the shop shows subjects beside them."""
ENOUGH_BOOKS = 6
"""A category or subject of this many books fills a shelf."""
MOST_SUBJECTS = 24
"""How many subjects the shop shows beside the categories."""
MAX_SHARE = 0.5
"""A subject of a greater share of the books, such as `paperback`, says too little to be shown."""
MAX_NAME_LENGTH = 60
"""A longer text is a description."""

_PLACEHOLDERS = frozenset({"unknown", "none", "various", "anonymous", "na", "n-a", "collective"})
"""Recommendations has no books for these."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject; all spellings of its name have one slug, and the label is the most read book's."""

    slug: str
    label: str

    @property
    def kind(self) -> str:
        """What kind of topic it is."""
        return "subject"


Topic = Category | Subject
"""What a shelf or a page of the catalogue is about."""


def subject_slug(name: str) -> str:
    """The subject's name in URLs, `space-travel`; "" if it has no page."""
    name_slug = slug(name) if len(name) <= MAX_NAME_LENGTH else ""
    return "" if name_slug in _PLACEHOLDERS else name_slug
