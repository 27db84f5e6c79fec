"""The meanings of columns."""

import time

import pytest

from bookfiles.columns.books import BOOKS
from bookfiles.columns.interactions import INTERACTIONS
from bookfiles.columns.meanings import Mapped, columns_of, folded
from bookfiles.errors import InvalidFile


def meanings(header: str, *mapped: str, known: tuple = BOOKS) -> dict[str, list[str]]:  # type: ignore[type-arg]
    """By meaning the names of its columns, of a header separated by bars."""
    names = header.split("|")
    found = columns_of(names, known, [Mapped.of(text, known) for text in mapped])
    return {meaning: [names[position] for position in positions] for meaning, positions in found.items() if positions}


@pytest.mark.parametrize(
    "name", ["Book Id", "book_id", "BOOK-ID", "BookID", "book id:token", "'book_id'", "Book Id*"]
)
def test_names_are_folded(name: str) -> None:
    """Case, spaces, signs and RecBole's types do not matter."""
    assert folded(name) == "bookid"


def test_the_most_telling_name_comes_first() -> None:
    """The order of the columns does not matter, that of our names does."""
    for header in ("ISBN|ISBN13|id", "id|ISBN13|ISBN"):
        assert meanings(header) == {"book_id": ["id", "ISBN13", "ISBN"], "isbn": ["ISBN13", "ISBN"]}


@pytest.mark.parametrize(
    "name", ["Price (EUR)", "Price, EUR", "price_eur", "Price EUR", "PriceEUR", "List Price [EUR]", "Цена, руб."]
)
def test_units_in_names(name: str) -> None:
    """What is in brackets, behind a comma, or a currency at the end is not part of the name."""
    assert meanings(f"id|{name}")["price"] == [name]


def test_names_that_only_begin_alike() -> None:
    """Other words behind a name are another name."""
    assert meanings("id|Price old|Title sort|Current Quantity Main Street") == {
        "book_id": ["id"],
        "stock": ["Current Quantity Main Street"],
    }


def test_a_person_overrules_names() -> None:
    """A column has the meaning that `--map` gives it, or none."""
    assert meanings("id|Name|Label", "Label=title", "id=", "Name=book_id") == {
        "book_id": ["Name"],
        "title": ["Label"],
    }
    assert meanings("sku|code|title", "CODE=book_id")["book_id"] == ["code"]
    assert meanings("author|writer|by", "by=authors")["authors"] == ["by", "author", "writer"]
    assert meanings("user_id|book_id|rating|score", "score=rating", known=INTERACTIONS)["rating"] == ["score"]
    assert meanings("id|title", "Nothing=price") == {"book_id": ["id"], "title": ["title"]}


def test_a_name_that_is_there_twice() -> None:
    """It is refused if it means something, and named shortly; columns without a name or a meaning do not matter."""
    assert meanings("id|||x|x|X") == {"book_id": ["id"]}
    with pytest.raises(InvalidFile, match=r"^the header names title twice$"):
        meanings("id|Title|title")
    with pytest.raises(InvalidFile) as caught:
        meanings("|".join(["id", "title", *(f"Title{' ' * number}" for number in range(500))]))
    assert len(str(caught.value)) < 500


def test_old_goodbooks_ids() -> None:
    """With `best_book_id`, `id` is the books' own; a person still overrules it."""
    header = "id|book_id|best_book_id|work_id|title"
    assert meanings(header)["book_id"] == ["id"]
    assert meanings(header, "book_id=book_id")["book_id"] == ["book_id"]
    assert meanings("book_id|goodreads_book_id|best_book_id")["book_id"] == ["book_id"]


def test_orders_of_shopify() -> None:
    """`Name` is the order's number, among columns of line items."""
    assert meanings("Name|Email|Lineitem sku", known=INTERACTIONS)["order"] == ["Name"]
    assert "order" not in meanings("Name|Email|sku", known=INTERACTIONS)


def test_a_long_header_takes_time_in_proportion() -> None:
    """Thousands of names, and thousands that are the same, are gone over once."""
    began = time.process_time()
    columns_of([f"column {number}" for number in range(20_000)], BOOKS, [])
    with pytest.raises(InvalidFile):
        columns_of(["title", "price"] * 10_000, BOOKS, [])
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Grade=rating", Mapped("Grade", "rating")),
        ("Grade=rating/10", Mapped("Grade", "rating", "10")),
        ("a=b=rating", Mapped("a=b", "rating")),
        (" Grade = rating ", Mapped("Grade", "rating")),
        ("Grade=", Mapped("Grade", "")),
    ],
)
def test_what_a_person_says(text: str, meant: Mapped) -> None:
    """A column's name, our name, and the best rating."""
    assert Mapped.of(text, INTERACTIONS) == meant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Grade", "is not of the form"),
        ("=rating", "is not of the form"),
        ("Grade=mark", "'mark' is not one of user_id, book_id, rating"),
        ("Grade=rating/x", "'x' is not the best rating"),
        ("Grade=rating/0", "'0' is not the best rating"),
        ("Grade=rating/1001", "is not the best rating"),
        ("Grade=rating/²", "is not the best rating"),
        ("Grade=kind/5", "is not the best rating"),
        (f"Grade=rating/{'9' * 5000}", "is not the best rating"),
    ],
)
def test_what_a_person_cannot_say(text: str, message: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(ValueError, match=message):
        Mapped.of(text, INTERACTIONS)


@pytest.mark.parametrize("meanings", [BOOKS, INTERACTIONS], ids=["books", "interactions"])
def test_names_are_written_folded(meanings: tuple) -> None:  # type: ignore[type-arg]
    """A name that is not could never be found."""
    for meaning in meanings:
        names = meaning.names.split()
        assert names == [folded(name) for name in names]
        assert len(names) == len(set(names))
