"""Text folding, ISBNs and slugs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.text import (
    MAX_WORD_LENGTH,
    MAX_WORDS,
    folded_words,
    isbn13,
    isbn_forms,
    query_words,
    slug,
    sort_key,
)

ANYTHING = st.text(st.characters(), max_size=300)
"""Any text, also with lone surrogates and NUL."""


@pytest.mark.parametrize(
    ("spelling", "other"),
    [
        ("Žola", "zola"),
        ("Достоевский", "Dostoevskiy"),
        ("O'Brien", "OBrien"),
        ("O’Brien", "obrien"),
        ("Brontë", "BRONTE"),
        ("e\u0301tranger", "étranger"),
        ("J. R. R. Tolkien", "J.R.R. Tolkien"),
        ("J. R. R. Tolkien", "JRR Tolkien"),
        ("Catch-22", "catch 22"),
        ("Straße", "STRASSE"),
    ],
)
def test_different_spellings_fold_alike(spelling: str, other: str) -> None:
    """Accents, scripts, apostrophes, initials, hyphens and case make no difference."""
    assert folded_words(spelling) == folded_words(other) != []


@given(ANYTHING)
def test_folded_words_have_no_syntax(text: str) -> None:
    """Only lower-case letters and digits remain, which no database reads as syntax."""
    for word in [*folded_words(text), *query_words(text)]:
        assert word.isascii()
        assert word.isalnum()
        assert word == word.lower()
        assert len(word) <= MAX_WORD_LENGTH


@given(ANYTHING)
def test_folding_is_idempotent(text: str) -> None:
    """Folded text matches what is folded from a query."""
    folded = " ".join(folded_words(text))
    assert folded_words(folded) == folded.split()


def test_a_query_is_bounded() -> None:
    """A reader who pastes a long text gets results for its beginning."""
    assert len(query_words("word " * 10_000)) == MAX_WORDS
    assert query_words("x" * 10_000) == ["x" * MAX_WORD_LENGTH]


@pytest.mark.parametrize(
    "written",
    [
        "0441013597",
        "0-441-01359-7",
        "9780441013593",
        "978-0-441-01359-3",
        "ISBN 978 0 441 01359 3",
        "isbn-10: 0441013597",
    ],
)
def test_both_forms_of_an_isbn_are_one(written: str) -> None:
    """Ten digits or thirteen, with hyphens, blanks or the word before it."""
    assert isbn13(written) == "9780441013593"
    assert query_words(written) == ["9780441013593"]


def test_an_isbn_may_end_in_x() -> None:
    """In upper or lower case."""
    assert isbn13("0-8044-2957-X") == isbn13("080442957x") == "9780804429573"


@pytest.mark.parametrize(
    ("isbn", "forms"),
    [
        ("9780441013593", ("9780441013593", "0441013597")),
        ("0-441-01359-7", ("9780441013593", "0441013597")),
        ('="0441013597"', ("9780441013593", "0441013597")),
        ("080442957x", ("9780804429573", "080442957X")),
        ("979-10-90636-07-1", ("9791090636071", "")),
        ("9780441013594", ("9780441013594", "")),
        ("0-441-01359-8", ("0-441-01359-8", "")),
        ("4006381333931", ("4006381333931", "")),
        ("978", ("978", "")),
        ("", ("", "")),
    ],
)
def test_an_isbn_has_two_forms(isbn: str, forms: tuple[str, str]) -> None:
    """Only those that begin with 978 have ten digits; what is no valid ISBN stays as it is."""
    assert isbn_forms(isbn) == forms


@pytest.mark.parametrize("text", ["", "1984", "978", "97804410135931", "dune", "044101359", "X441013597"])
def test_other_numbers_are_not_isbns(text: str) -> None:
    """Numbers of other lengths are words."""
    assert isbn13(text) == ""


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Ursula K. Le Guin", "ursula-k-le-guin"),
        ("J. K. Rowling", "jk-rowling"),
        ("Émile Zola", "emile-zola"),
        ("村上春樹", "cunshangchunshu"),
        ("50 Cent", "50-cent"),
        ("???", ""),
        ("", ""),
    ],
)
def test_an_authors_slug(author: str, expected: str) -> None:
    """Readable, and empty only if the name has no letters and digits."""
    assert slug(author) == expected


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("The Hobbit", "hobbit"),
        ("A Room of One's Own", "room of ones own"),
        ("The", "the"),
        ("It", "it"),
        ("Élan", "elan"),
    ],
)
def test_titles_are_sorted_without_their_article(title: str, key: str) -> None:
    """Unless the article is the only word."""
    assert sort_key(title) == key
