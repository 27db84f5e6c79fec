"""ISBNs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import isbn
from stdnum.exceptions import ValidationError

from bookfiles.errors import Unreadable
from bookfiles.values.isbns import isbn13, known_isbn

DUNE = "9780441013593"


@pytest.mark.parametrize(
    "field",
    [
        "9780441013593",
        "978-0-441-01359-3",
        "978 0 441 01359 3",
        "978\u00a00441013593",
        "978–0–441–01359–3",
        "９７８０４４１０１３５９３",
        "0441013597",
        "0-441-01359-7",
        "441013597",
        "441013597.0",
        "9780441013593.0",
        '="0441013597"',
        "'9780441013593",
        "[0441013597]",
        "(0441013597)",
        "ISBN 978-0-441-01359-3",
        "ISBN-13: 9780441013593",
        "isbn:0441013597",
        "urn:isbn:9780441013593",
        "EAN: 9780441013593",
        "\u200e978-0441013593",
        "9780441\u200b013593",
        "9780441013593 (pbk.)",
        "0441013597 (pbk) : $7.99",
        "0441013597, 9780441013593",
        "9780441013594; 9780441013593",
        "9780441013593|9780143111580",
        "0441013597 0143111582",
        "9780441013593\n9780143111580",
        "isbn:9780441013593,amazon:B000FC1PJI,goodreads:234225",
        "goodreads:234225, isbn:9780441013593",
        "['9780441013593']",
        "https://isbnsearch.org/isbn/9780441013593",
    ],
)
def test_isbns_as_people_write_them(field: str) -> None:
    """All are the ISBN-13; of several, the first valid one."""
    assert isbn13(field) == DUNE


def test_the_check_digit_x() -> None:
    """It is a digit of ISBN-10, small or not, with leading zeros or without."""
    assert isbn13("043942089X") == isbn13("043942089x") == isbn13("43942089X") == "9780439420891"


@pytest.mark.parametrize("field", ["", "  ", '=""', "[]", "NULL", r"\N", "NaN", "None", "n/a", "-"])
def test_no_isbn(field: str) -> None:
    """An empty field, or one that says so, has none."""
    assert isbn13(field) == ""


@pytest.mark.parametrize(
    "field",
    [
        "9780441013594",
        "978044101359",
        "B000FC1PJI",
        "5901234123457",
        "9790060115615",
        "0000000000",
        "1111111111",
        "0",
        "ISBN",
        "97804410135939780441013593",
        "x" * 100_000,
    ],
)
def test_not_an_isbn(field: str) -> None:
    """A wrong check digit or length, another number, music, and placeholders are unreadable; the reason is short."""
    with pytest.raises(Unreadable, match=r"^'.{1,40}' is not an ISBN; its check digit, or its length, is wrong$"):
        isbn13(field)


@pytest.mark.parametrize("field", ["9.78E+12", "9,78044E+12", "9.780441013593E+12"])
def test_lost_digits_are_named(field: str) -> None:
    """What a spreadsheet has shortened cannot be restored, and the reason says what to do."""
    with pytest.raises(Unreadable, match="has lost digits before it came into this file; format the column as text"):
        isbn13(field)


def test_known_isbns() -> None:
    """A text that is none has none."""
    assert known_isbn("0441013597") == DUNE
    assert known_isbn("B000FC1PJI") is known_isbn("") is None


@given(st.from_regex(r"(97[89])?[0-9]{9}[0-9Xx]", fullmatch=True))
def test_plain_digits_are_as_the_standard_says(digits: str) -> None:
    """Of both lengths, with right and wrong check digits, as the library for numbers finds; music is no book."""
    for last in "0123456789Xx":
        number = digits[:-1] + last
        try:
            expected = str(isbn.validate(number, convert=True))
        except ValidationError:
            expected = ""
        is_other = expected.startswith("9790") or len(set(number)) == 1
        assert known_isbn(number) == (None if is_other or not expected else expected)
