"""Names of authors, as far as different spellings of one name must be recognised."""

import re
from collections.abc import Iterable
from functools import lru_cache

from recommendations.domain.text import folded

PLACEHOLDERS = frozenset(
    {"anonymous", "unknown", "unknownauthor", "various", "variousauthors", "varios", "na", "none", "collective"}
)
"""Placeholders for unknown names, without spaces, which two books may share without being related."""

_ROLES = re.compile(r"transl|illustr|editor|introd|foreword|afterword|preface|narrat|\b(?:ed|trans|ill)\b")
_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_INITIALS = re.compile(r"\b[A-Z]{2,3}\b")
_WORDS = re.compile(r"[^\W_]+")
_SUFFIXES = frozenset({"jr", "sr", "phd", "md"})


@lru_cache(maxsize=10_000)  # few authors of many books
def author_key(name: str) -> str:
    """The words of a name, the same for `J.K. Rowling`, `J. K. Rowling`, `JK Rowling` and `Rowling, J.K.`.

    Empty for placeholders. Middle initials beside a first name do not count, nor do `Jr.` and years of a life.
    """
    plain = _BRACKETS.sub(" ", name)
    if not plain.isupper():
        plain = _INITIALS.sub(lambda match: " ".join(match.group()), plain)
    parts = [_WORDS.findall(part) for part in folded(plain).split(",")]
    parts = [part for part in parts if part and not _SUFFIXES.issuperset(part) and not any(map(str.isdigit, part))]
    if len(parts) == len(("last", "first")):
        parts.reverse()
    words = [word for part in parts for word in part if word not in _SUFFIXES]
    if words and len(words[0]) > 1 and len(words[-1]) > 1:
        words = [word for word in words if len(word) > 1]
    return "" if "".join(words) in PLACEHOLDERS else " ".join(words)


def author_keys(names: Iterable[str]) -> tuple[str, ...]:
    """The keys of those who wrote a book, in order and each once; others, such as a `(Translator)`, if nobody did."""
    known = {name: key for name in names if (key := author_key(name))}
    wrote = [key for name, key in known.items() if not _ROLES.search(" ".join(_BRACKETS.findall(name)).lower())]
    return tuple(dict.fromkeys(wrote or known.values()))
