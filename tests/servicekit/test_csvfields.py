"""Parsing the fields of a CSV."""

from datetime import UTC, date, datetime
from enum import Enum

import pytest

from servicekit import csvfields
from servicekit.csvfields import INT32_MAX, MAX_TEXT
from servicekit.csvfile import InvalidRow


@pytest.mark.parametrize(
    ("written", "meant"), [("1", 1), (" 42 ", 42), ("007", 7), (str(INT32_MAX), INT32_MAX), ("0" * 30 + "5", 5)]
)
def test_identifier(written: str, meant: int) -> None:
    """A positive whole number of 31 bits, with spaces and leading zeros."""
    assert csvfields.identifier({"id": written}, "id") == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0",
        "000",
        "-1",
        "+1",
        "1.0",
        "x",
        "1 2",
        "٣",
        "²",
        str(INT32_MAX + 1),
        "9" * 5000,
        "0" * 9 + "1" + "9" * 10,
    ],
)
def test_not_an_identifier(written: str) -> None:
    """The reason is short and names the column."""
    with pytest.raises(InvalidRow, match=r"^id '.{0,40}' is not a whole number from 1 to 2147483647$"):
        csvfields.identifier({"id": written}, "id")


def test_identifier_has_a_maximum() -> None:
    """It can be given."""
    assert csvfields.identifier({"id": "9"}, "id", maximum=9) == 9
    with pytest.raises(InvalidRow, match="from 1 to 9"):
        csvfields.identifier({"id": "10"}, "id", maximum=9)


def test_text() -> None:
    """Text is stripped, empty if absent, and has a maximum length."""
    assert csvfields.text({"a": "  x y "}, "a") == "x y"
    assert csvfields.text({}, "a") == ""
    assert csvfields.text({"a": "x" * MAX_TEXT}, "a") == "x" * MAX_TEXT
    with pytest.raises(InvalidRow, match="a is longer than 10,000 characters"):
        csvfields.text({"a": "x" * (MAX_TEXT + 1)}, "a")


@pytest.mark.parametrize(
    ("written", "meant"), [("", ()), (" ; ;", ()), ("b", ("b",)), (" b ;a;;b", ("b", "a")), ("a,b", ("a,b",))]
)
def test_entries(written: str, meant: tuple[str, ...]) -> None:
    """Entries are separated by semicolons, in order, without duplicates and empty ones."""
    assert csvfields.entries({"a": written}, "a") == meant


@pytest.mark.parametrize(
    ("written", "meant"), [("", None), (" ", None), ("4.5", 4.5), (" -1 ", -1.0), ("1e3", 1000.0), ("0", 0.0)]
)
def test_number(written: str, meant: float | None) -> None:
    """A finite number, or None."""
    assert csvfields.number({"a": written}, "a") == meant


@pytest.mark.parametrize("written", ["x", "nan", "inf", "-inf", "1e999", "1,5", "0x1"])
def test_not_a_number(written: str) -> None:
    """Anything else is rejected."""
    with pytest.raises(InvalidRow, match=r"a '.*' is not a number"):
        csvfields.number({"a": written}, "a")


@pytest.mark.parametrize(
    ("written", "meant"), [("", None), ("1984", 1984), ("1984.0", 1984), ("-800", -800), ("0", 0), ("9999", 9999)]
)
def test_year(written: str, meant: int | None) -> None:
    """A year, also as spreadsheets write it."""
    assert csvfields.year({"a": written}, "a") == meant


@pytest.mark.parametrize("written", ["1984.5", "10000", "-5001", "1e300"])
def test_not_a_year(written: str) -> None:
    """Fractions and very distant years are rejected."""
    with pytest.raises(InvalidRow, match=r"a '.*' is not a year"):
        csvfields.year({"a": written}, "a")


def test_title() -> None:
    """An empty title becomes the ISBN, and a book with neither is rejected."""
    assert csvfields.title({"title": " Dune ", "isbn": "9"}) == "Dune"
    assert csvfields.title({"title": " ", "isbn": "9"}) == "9"
    with pytest.raises(InvalidRow, match="neither title nor isbn is given"):
        csvfields.title({"title": ""})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", None),
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-01T23:30:00-02:00", datetime(2026, 1, 2, 1, 30, tzinfo=UTC)),
    ],
)
def test_timestamp_and_date(written: str, meant: datetime | None) -> None:
    """A time is in UTC unless it has an offset, and its date is the one in UTC."""
    assert csvfields.timestamp({"a": written}, "a") == meant
    assert csvfields.utc_date({"a": written}, "a") == (date(2026, 1, 2) if meant else None)


@pytest.mark.parametrize("written", ["yesterday", "02.01.2026", "2026-13-01", "0001-01-01T00:00:00+05:00"])
def test_not_a_timestamp(written: str) -> None:
    """Other forms, impossible dates and times before year 1 in UTC are rejected."""
    with pytest.raises(InvalidRow, match="is not a time in ISO 8601"):
        csvfields.timestamp({"a": written}, "a")


class Kind(Enum):
    PURCHASE = 1
    NOT_INTERESTED = 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", Kind.PURCHASE),
        ("  ", Kind.PURCHASE),
        ("purchase", Kind.PURCHASE),
        ("not_interested", Kind.NOT_INTERESTED),
        ("Not  Interested", Kind.NOT_INTERESTED),
        (" not-interested ", Kind.NOT_INTERESTED),
    ],
)
def test_choice(written: str, meant: Kind) -> None:
    """Case, spaces, hyphens and underscores do not matter; an empty or absent field means the default."""
    assert csvfields.choice({"kind": written}, "kind", default=Kind.PURCHASE) is meant
    assert csvfields.choice({}, "kind", default=Kind.PURCHASE) is Kind.PURCHASE


def test_not_a_choice() -> None:
    """The reason lists the choices."""
    with pytest.raises(InvalidRow, match=r"kind 'dance' is not one of purchase, not_interested"):
        csvfields.choice({"kind": "dance"}, "kind", default=Kind.PURCHASE)


def test_an_excluded_choice() -> None:
    """It is rejected like any other word, and not listed among the choices."""
    with pytest.raises(InvalidRow, match=r"kind 'not_interested' is not one of purchase$"):
        csvfields.choice({"kind": "not_interested"}, "kind", default=Kind.PURCHASE, excluded={Kind.NOT_INTERESTED})
