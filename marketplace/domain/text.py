"""ReaderTransaction, folded so that what readers type and what stands on covers can meet."""

import re

from anyascii import anyascii

MAX_QUERY_LENGTH = 200
MOST_WORDS = 12
LONGEST_WORD = 40
LONGEST_SLUG = 80

_WORD = re.compile(r"[a-z0-9]+")
_ISBN = re.compile(r"(?:isbn(?:-?1[03])?[:\s]*)?(\d{13}|\d{9}[\dx])", re.IGNORECASE)
_ARTICLES = ("the", "a", "an")


def folded_words(text: str) -> list[str]:
    """The words of `text` in small Latin letters and digits, whatever its script, accents and marks.

    Apostrophes join (`O'Brien` is `obrien`), and so do initials (`J. R. R. Tolkien` and `J.R.R. Tolkien` are both
    `jrr tolkien`). Nothing else is left that a database could read as syntax.
    """
    plain = anyascii(text).casefold().replace("'", "").replace("`", "")
    words: list[str] = []
    initials = False
    for found in _WORD.finditer(plain):
        word = found[0][:LONGEST_WORD]
        is_initial = len(word) == 1 and word.isalpha()
        if is_initial and initials and len(words[-1]) < LONGEST_WORD:
            words[-1] += word
        else:
            words.append(word)
        initials = is_initial
    return words


def query_words(query: str) -> list[str]:
    """The words of what somebody typed, of which there may be too many; an ISBN is one word, of thirteen digits."""
    query = query[:MAX_QUERY_LENGTH]
    if isbn := isbn13(query):
        return [isbn]
    return [isbn13(word) or word for word in folded_words(query)[:MOST_WORDS]]


def isbn13(text: str) -> str:
    """The thirteen digits of an ISBN that is all of `text`, of ten digits or thirteen; "" where it is none.

    A wrong check digit is forgiven in an ISBN of ten, since that of thirteen is reckoned from the other nine.
    """
    found = _ISBN.fullmatch(re.sub(r"[\s-]", "", anyascii(text[:MAX_QUERY_LENGTH])))
    if found is None:
        return ""
    digits = found[1]
    if len(digits) == 13:  # noqa: PLR2004  (as in its name)
        return digits
    body = "978" + digits[:9]
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def sort_key(title: str) -> str:
    """What a title is sorted by: its folded words without a leading English article."""
    return " ".join(without_article(folded_words(title)))[:MAX_QUERY_LENGTH]


def without_article(words: list[str]) -> list[str]:
    """Folded words without a leading English article, unless that is all there is."""
    return words[1:] if len(words) > 1 and words[0] in _ARTICLES else words


def slug(author: str) -> str:
    """The author's name in an address, `ursula-k-le-guin`; "" where it has no letter and no digit."""
    return "-".join(folded_words(author))[:LONGEST_SLUG].rstrip("-")
