"""What is known of a label."""

from dataclasses import dataclass
from enum import Enum

from bookfiles.genres.categories import FICTION_CATEGORIES, FORMS, NONFICTION_CATEGORIES


class Kind(Enum):
    """Fiction or not."""

    FICTION = "fiction"
    NONFICTION = "nonfiction"


@dataclass(frozen=True, kw_only=True)
class Genre:
    """The categories of a known label, in its order.

    `if_fiction` are those that it has besides if it is a genre of fiction. `kind` is what the label says itself, such
    as `Nonfiction`.
    """

    categories: tuple[str, ...] = ()
    if_fiction: tuple[str, ...] = ()
    kind: Kind | None = None

    @property
    def implied_kind(self) -> Kind | None:
        """The kind that the label says or that all its categories have."""
        if self.kind is None and self.categories:
            if not set(self.categories) - set(FICTION_CATEGORIES):
                return Kind.FICTION
            if not set(self.categories) - set(NONFICTION_CATEGORIES):
                return Kind.NONFICTION
        return self.kind

    def of_kind(self, kind: Kind | None) -> "Genre":
        """The genre without categories that contradict `kind`."""
        added = self.if_fiction if kind is Kind.FICTION else ()
        excluded = {Kind.FICTION: NONFICTION_CATEGORIES, Kind.NONFICTION: FICTION_CATEGORIES, None: ()}[kind]
        kept = [category for category in (*self.categories, *added) if category not in excluded]
        return Genre(categories=without_general(kept), if_fiction=self.if_fiction, kind=self.kind)


def without_general(categories: list[str]) -> tuple[str, ...]:
    """The distinct categories, without general fiction if there is a genre, a form or a group of readers."""
    distinct = dict.fromkeys(categories)
    if any(category in FICTION_CATEGORIES + FORMS for category in distinct.keys() - {"FICTION"}):
        distinct.pop("FICTION", None)
    return tuple(distinct)
