"""Which books are editions of one work."""

from collections.abc import Sequence
from typing import NamedTuple

from recommendations.domain.authors import author_keys
from recommendations.domain.titles import parsed_title


class WorkKeys(NamedTuple):
    """By what a book's work is recognised.

    Books with the same `work`, or that share one of `titles`, are editions of one work. Titles do not count if both
    books have a `work`, a `number` or a `note` and these differ.
    """

    titles: tuple[str, ...]
    work: str
    number: str
    note: str


def keys_of(title: str, authors: Sequence[str], work: str) -> WorkKeys:
    """The keys of a book with these attributes.

    A title counts together with the first author, since catalogues differ in whether they name illustrators and
    translators, and with all authors in any order. Without authors, or if the title is only an ISBN, it does not.
    """
    names = author_keys(authors)
    parsed = parsed_title(title) if names else None
    if parsed is None:
        return WorkKeys((), work, "", "")
    by = [names[0]] if len(names) == 1 else [names[0], "&".join(sorted(names))]
    return WorkKeys(tuple(f"{text}|{name}" for text in parsed.texts for name in by), work, parsed.number, parsed.note)
