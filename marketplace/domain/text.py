"""Text folding, so that queries match titles and names regardless of accents, script and case."""

import re
from functools import lru_cache

from anyascii import anyascii

MAX_QUERY_LENGTH = 200
MAX_WORDS = 12
MAX_WORD_LENGTH = 40
MAX_SLUG_LENGTH = 80
_ISBN_10 = 10

_WORD = re.compile(r"[a-z0-9]+")
_ISBN = re.compile(r"(?:isbn(?:-?1[03])?[:\s]*)?(\d{13}|\d{9}[\dx])", re.IGNORECASE)
_AROUND_ISBN = re.compile(r"[\s\-=\"'.]")
"""Separators of an ISBN's parts, and what spreadsheets write around it: `="0441013597"`."""
_ISBN_IN_QUERY = re.compile(r"\d[\d-]{8,15}[\dx]", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?!\d))")
# Symbols that carry meaning, in plain text: what it must contain, the pattern, and the words that they become.
_SYMBOLS = (
    ("+", re.compile(r"(?<=[a-z0-9])\+\+"), "plusplus "),
    ("plus", re.compile(r"(?<![a-z0-9])([a-z])[^a-z0-9]+plus[^a-z0-9]+plus(?![a-z0-9])"), r"\1plusplus"),
    ("+", re.compile(r"(?<![a-z0-9])([a-z])\+(?![a-z0-9+])"), r"\1plus "),
    ("#", re.compile(r"(?<![a-z0-9])([a-z])#"), r"\1sharp "),
    (".", re.compile(r"(?<![a-z0-9.])\.(?=[a-z])"), " dot"),
    ("%", re.compile(r"(?<=\d)\s?%"), " percent "),
)
_ARTICLES = ("the", "a", "an")


def folded_words(text: str) -> list[str]:
    """The words of `text` in lower-case Latin letters and digits, so that no database can read them as query syntax.

    Apostrophes are dropped (`O'Brien` is `obrien`), initials joined (`J. R. R. Tolkien` and `J.R.R. Tolkien` are both
    `jrr tolkien`) and symbols named (`C++` is `cplusplus`, `.NET` is `dotnet`).
    """
    return list(_folded_words(text))


# The title and the authors of a book are folded for several columns, one after the other.
@lru_cache(maxsize=1024)
def _folded_words(text: str) -> tuple[str, ...]:
    words: list[str] = []
    initials = False
    for word in _WORD.findall(named_symbols(plain(text))):
        if len(word) > 1:
            words.append(word[:MAX_WORD_LENGTH])
            initials = False
            continue
        is_initial = word.isalpha()
        if is_initial and initials and len(words[-1]) < MAX_WORD_LENGTH:
            words[-1] += word
        else:
            words.append(word)
        initials = is_initial
    return tuple(words)


def plain(text: str) -> str:
    """The text in lower-case ASCII, without apostrophes."""
    return anyascii(text).casefold().replace("'", "").replace("`", "")


def named_symbols(plain_text: str) -> str:
    """Plain text with words for the symbols that carry meaning, and without separators of thousands."""
    # Looking for a text takes a fraction of the time of looking for a pattern.
    if "," in plain_text or "." in plain_text:
        plain_text = _THOUSANDS.sub("", plain_text)
    for part, symbol, name in _SYMBOLS:
        if part in plain_text:
            plain_text = symbol.sub(name, plain_text)
    return plain_text


def query_words(query: str) -> list[str]:
    """The folded words of a query, at most MAX_WORDS; an ISBN is one word of thirteen digits."""
    return folded_words(with_isbn13(query))[:MAX_WORDS]


def with_isbn13(query: str) -> str:
    """The beginning of a query, its ISBNs in thirteen digits."""
    query = query[:MAX_QUERY_LENGTH]
    return isbn13(query) or _ISBN_IN_QUERY.sub(lambda match: isbn13(match[0]) or match[0], query)


def isbn13(text: str) -> str:
    """The ISBN-13 of a text that is only an ISBN-10 or ISBN-13; "" for other texts.

    The check digit of an ISBN-10 is not verified; the ISBN-13 gets a new one.
    """
    digits = _isbn_digits(text)
    return _with_check_digit(f"978{digits[:9]}") if len(digits) == _ISBN_10 else digits


def isbn_forms(isbn: str) -> tuple[str, str]:
    """A valid ISBN in thirteen and in ten digits, "" if it has no ten; other texts as they are, with ""."""
    digits = _isbn_digits(isbn)
    body = f"978{digits[:9]}" if len(digits) == _ISBN_10 else digits[:12]
    if not body.startswith(("978", "979")):
        return isbn, ""
    thirteen, ten = _with_check_digit(body), ""
    if body.startswith("978"):
        total = sum(int(digit) * weight for weight, digit in enumerate(body[3:], 1))
        ten = f"{body[3:]}{'0123456789X'[total % 11]}"
    return (thirteen, ten) if digits in {thirteen, ten} else (isbn, "")


def _isbn_digits(text: str) -> str:
    match = _ISBN.fullmatch(_AROUND_ISBN.sub("", anyascii(text[:MAX_QUERY_LENGTH])))
    return match[1].upper() if match else ""


def _with_check_digit(body: str) -> str:
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(body))
    return f"{body}{-total % 10}"


def sort_key(title: str) -> str:
    """The sort key of a title: its folded words without a leading English article."""
    return " ".join(without_article(folded_words(title)))[:MAX_QUERY_LENGTH]


def without_article(words: list[str]) -> list[str]:
    """Folded words without a leading English article, unless it is the only word."""
    return words[1:] if len(words) > 1 and words[0] in _ARTICLES else words


def slug(author: str) -> str:
    """The author's name in URLs, `ursula-k-le-guin`; "" if it has no letter and no digit."""
    return "-".join(folded_words(author))[:MAX_SLUG_LENGTH].rstrip("-")
