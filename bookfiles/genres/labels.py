"""Finds the genre of a label: a name, a path of names such as a BISAC heading, or a code."""

import re
from functools import lru_cache

from bookfiles.genres import bisac, thema
from bookfiles.genres.categories import FORMS
from bookfiles.genres.folding import fold
from bookfiles.genres.genre import Genre
from bookfiles.genres.phrases import genre_of_phrase
from bookfiles.genres.vocabulary import vocabulary

SEPARATOR = re.compile(r"\s*(?:>|»|›|→|\\|::?|--|(?<=\s)[-–—](?=\s))\s*|\s+/\s*|\s*/\s+")
"""Between the levels of a path."""

MAX_LABEL = 500
"""Longer labels, in characters, are unknown: they are no genres."""

_REMARK = re.compile(r"\([^()]*\)")
_BISAC_BEFORE_HEADING = re.compile(rf"({bisac.CODE.pattern})\b", re.IGNORECASE)


@lru_cache(maxsize=10_000)
def genre_of(label: str) -> Genre | None:
    """The genre of a label, None if it is unknown."""
    if len(label) > MAX_LABEL:
        return None
    stripped = label.strip()
    return code_of(stripped) or _of_path(stripped)


def code_of(text: str) -> Genre | None:
    """The genre of a code of BISAC, perhaps with its heading, or of Thema; None if it is none of these."""
    if match := _BISAC_BEFORE_HEADING.match(text):
        return _longest(match[1].upper(), bisac.CODES)
    if thema.CODE.fullmatch(text) and text not in thema.WORDS and (len(text) <= thema.MAX_WORD or text[-1].isdigit()):
        return _longest(text, thema.CODES)
    return Genre() if thema.QUALIFIER.fullmatch(text) else None


def _longest(code: str, codes: dict[str, str]) -> Genre | None:
    beginnings = (code[:length] for length in range(len(code), 1, -1))
    found = next((beginning for beginning in beginnings if beginning in codes), None)
    return None if found is None else Genre(categories=tuple(codes[found].split()))


def _of_path(label: str) -> Genre | None:
    segments = list(filter(None, SEPARATOR.split(label)))
    if len(segments) == 1:
        # Without spaces a slash is between alternatives, `Mystery/Thriller`, except in capitals, `FICTION/Horror`.
        if not label.partition("/")[0].isupper() and (whole := genre_of_phrase(label)) is not None:
            return whole
        segments = list(filter(None, label.split("/")))
    hierarchical = SEPARATOR.search(label) is not None or any(segment.isupper() for segment in segments[:1])
    known: list[Genre] = []
    for segment in segments:
        genre = code_of(segment) or genre_of_phrase(_REMARK.sub("", segment) or segment)
        if genre is not None:
            known.append(genre)
            closed = hierarchical and fold(segment) in vocabulary().closed
            if closed and not (genre.categories and _are_alternatives(segments)):
                break
    return _joined(known, hierarchical=hierarchical) if known else None


def _are_alternatives(segments: list[str]) -> bool:
    """Whether a path is fields side by side: `Art / Music`. BISAC's headings are in capitals or have other levels."""
    return not segments[0].isupper() and all(fold(segment) in vocabulary().closed for segment in segments)


def _joined(genres: list[Genre], *, hierarchical: bool) -> Genre:
    categories: list[str] = []
    parent: set[str] = set()
    for genre in genres:
        narrower = set(genre.categories)
        if narrower and narrower < parent:
            # `Science Fiction & Fantasy > Fantasy` is fantasy.
            categories = [kept for kept in categories if kept not in parent - narrower or kept in FORMS]
        categories += genre.categories
        parent = narrower
    said = [genre.kind for genre in genres if genre.kind is not None]
    implied = [genre.implied_kind for genre in genres if genre.categories] if hierarchical else []
    kind = said[-1] if said else next(iter(implied), None)
    added = tuple(category for genre in genres for category in genre.if_fiction)
    return Genre(categories=tuple(categories), if_fiction=added, kind=kind).of_kind(kind)
