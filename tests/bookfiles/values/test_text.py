"""Free text, lists and whole numbers."""

import pytest

from bookfiles.errors import Unreadable
from bookfiles.values.text import (
    MAX_TEXT,
    count,
    entries,
    has_lost_digits,
    line,
    plain,
    prose,
    stated,
    text,
    unlisted,
    whole,
)


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("", ""),
        ("  Dune ", "Dune"),
        ("\u00a0Dune\u3000", "Dune"),
        ("\u200bDune\ufeff", "Dune"),
        ('="0441013597"', "0441013597"),
        ('=""', ""),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("Caf&#233;", "Café"),
        ("Caf&#xE9;", "Café"),
        ("&nbsp;Hi", "Hi"),
        ("R&D", "R&D"),
        ("A&B;C", "A&B;C"),
        ("x&unknown; y", "x&unknown; y"),
        (r"\N", ""),
        ("NULL", ""),
        ("NaN", ""),
        ("None", ""),
        ("#N/A", ""),
        ("Null", "Null"),
        ("none", "none"),
        ("Null (Void)", "Null (Void)"),
        ("-", "-"),
    ],
)
def test_plain(field: str, meant: str) -> None:
    """Text is stripped and unescaped; what programs write for no value is empty, and words that may be meant stay."""
    assert plain(field) == meant


@pytest.mark.parametrize(
    "field", ["", "-", "—", "?", "n/a", "NA", "none", "Null", "nil", "undefined", "NaT", r"\N", " - "]
)
def test_no_value_is_stated(field: str) -> None:
    """A field that is no free text is empty also where a person wrote so."""
    assert stated(field) == ""
    assert stated("0") == "0"


def test_text_has_a_greatest_length() -> None:
    """Longer text is unreadable."""
    assert text("x" * MAX_TEXT) == prose("x" * MAX_TEXT) == line("x" * MAX_TEXT) == "x" * MAX_TEXT
    for read in (text, prose, line):
        with pytest.raises(Unreadable, match="longer than 10,000 characters"):
            read("x" * (MAX_TEXT + 1))
    assert prose(f"<p class='{'x' * MAX_TEXT}'>Hi</p>") == "Hi"


def test_a_line() -> None:
    """All whitespace is one space."""
    assert line(" Dune\r\n  Messiah\u00a0II ") == "Dune Messiah II"
    assert text("one\n\ntwo") == "one\n\ntwo"


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("<p>Sand &amp; <b>spice</b></p><p>Worms</p>", "Sand & spice Worms"),
        ("one<br>two<br />three", "one two three"),
        ("&lt;p&gt;Hello&lt;/p&gt;", "Hello"),
        ("<p>Write &lt;b&gt; for bold</p>", "Write <b> for bold"),
        ("a < b and c > d", "a < b and c > d"),
        ("I <3 books", "I <3 books"),
        ("one\ntwo", "one\ntwo"),
        ("<br/>", ""),
        ("<b>NULL</b>", ""),
    ],
)
def test_prose(field: str, meant: str) -> None:
    """Tags are removed, also where they are escaped as a whole; text that is none stays."""
    assert prose(field) == meant


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("", ()),
        (" ; ;", ()),
        ("b", ("b",)),
        (" b ;a;;b", ("b", "a")),
        ("a|b", ("a", "b")),
        ("World War, 1939-1945; France", ("World War, 1939-1945", "France")),
        ("A &amp; B;C", ("A & B", "C")),
        ("['a', 'b']", ("a", "b")),
        ('["a, b", "c"]', ("a, b", "c")),
        ("""["O'Brien", 'x']""", ("O'Brien", "x")),
        (r"['it\'s']", ("it's",)),
        ("[]", ()),
        ("nan", ()),
        ("[a]", ("[a]",)),
    ],
)
def test_entries(field: str, meant: tuple[str, ...]) -> None:
    """Entries are separated by semicolons or bars, or are a list of Python or JSON; in order, without duplicates."""
    assert entries(field) == meant


def test_a_list_of_objects_has_its_texts() -> None:
    """Keys and values alike are there, so that an address is found."""
    assert "https://e.com/a.jpg" in unlisted('[{"url": "https://e.com/a.jpg"}]').split("; ")


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("5", 5),
        (" 5 ", 5),
        ("5.0", 5),
        ("5,00", 5),
        ("007", 7),
        ('="5"', 5),
        ("0", 0),
        ("-3", 0),
        ("-2.0", 0),
        ("100", 100),
        ("0" * 30 + "5", 5),
        ("", None),
        ("NULL", None),
        ("-", None),
    ],
)
def test_whole(field: str, meant: int | None) -> None:
    """A whole number from 0; what is less, as shops have it for what was sold and is not there, is 0."""
    assert whole(field, maximum=100) == meant


@pytest.mark.parametrize("field", ["x", "5.5", "1e3", "101", "9" * 5_000, "In stock", "10+", "1,234", "٣"])
def test_not_whole(field: str) -> None:
    """The reason is short."""
    with pytest.raises(Unreadable, match=r"^'.{0,40}' is not a whole number from 0 to 100$"):
        whole(field, maximum=100)


def test_lost_digits() -> None:
    """Numbers in E-notation have lost them; words with an E have not."""
    assert all(map(has_lost_digits, ["9.78E+12", "9,78E+12", "1e5", "9.780441013593e+12"]))
    assert not any(map(has_lost_digits, ["978", "12E34x", "E5", "123e4567-e89b", ""]))


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("0", 0),
        ("0012", 12),
        ("4780653", 4_780_653),
        ("4780653.0", 4_780_653),
        ("4780653.000000", 4_780_653),
        ("12,00", 12),
        ("4,780,653", 4_780_653),
        ("4.780.653", 4_780_653),
        ("4 780 653", 4_780_653),
        ("4\u00a0780\u00a0653", 4_780_653),
        ("4'780'653", 4_780_653),
        ("4,780,653.0", 4_780_653),
        ("47,80,653", 4_780_653),
        ("1.234", 1_234),
        ("12.000", 12_000),
        ('="12"', 12),
        ("2147483647", 2**31 - 1),
        ("", None),
        ("NULL", None),
        ("-", None),
    ],
)
def test_how_many(field: str, meant: int | None) -> None:
    """Thousands may be separated by any sign, after which come three digits; decimals are noughts."""
    assert count(field, maximum=2**31 - 1) == meant


@pytest.mark.parametrize(
    "field",
    ["-1", "1.5", "1,23", "1,234,5", "1,234.567", "4.7M", "many", "2147483648", "9" * 5_000, "1e3", "1 2", "٣"],
)
def test_not_how_many(field: str) -> None:
    """Parts, less than nothing, words and greater numbers are unreadable."""
    with pytest.raises(Unreadable, match="is not a whole number from 0 to 2147483647"):
        count(field, maximum=2**31 - 1)
