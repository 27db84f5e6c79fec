"""The starter catalogue, on which clients' examples and a new shop's first pages rely."""

import re
from collections import Counter

import pytest

from recommendations.domain.books import Category
from starter.simulate import BOOKS, END, read_catalogue
from starter.subject_groups import SUBJECT_GROUPS

CATALOGUE = read_catalogue(BOOKS)
COLUMNS = [
    "book_id",
    "title",
    "authors",
    "year",
    "isbn",
    "categories",
    "subjects",
    "price",
    "currency",
    "stock",
    "description",
]
KNOWN_TO_CLIENTS = [
    ("The Maltese Falcon", "Mystery"),
    ("Murder on the Orient Express", "Mystery"),
    ("The Hound of the Baskervilles", "Mystery"),
    ("The Hitchhiker's Guide to the Galaxy", "Science Fiction"),
    ("Ender's Game", "Science Fiction"),
    ("The Dune Chronicles", "Science Fiction"),
    ("The 7 Habits of Highly Effective People", "Self-Help"),
    ("How to Win Friends and Influence People", "Self-Help"),
    ("Man's Search for Meaning", "Self-Help"),
]


def test_ids_have_no_gaps() -> None:
    """There are at least 310 books, numbered from 1 in the order of the file."""
    assert len(CATALOGUE) >= 310
    assert [row["book_id"] for row in CATALOGUE] == [str(number + 1) for number in range(len(CATALOGUE))]


def test_first_nine_are_those_that_older_clients_expect() -> None:
    """Books 1 to 9 have their old titles and first categories."""
    assert [(row["title"], row["categories"].split(";")[0]) for row in CATALOGUE[:9]] == KNOWN_TO_CLIENTS


def test_the_three_oldest_categories_are_large() -> None:
    """Mystery, science fiction and self-help can each fill two pages of ten."""
    count = Counter(category for row in CATALOGUE for category in row["categories"].split(";"))
    assert min(count[category] for category in ("Mystery", "Science Fiction", "Self-Help")) >= 20


def test_every_category_fills_a_page() -> None:
    """Every category has at least 12 books and at most a fifth of all."""
    count = Counter(category for row in CATALOGUE for category in row["categories"].split(";"))
    assert {category: books for category, books in count.items() if not 12 <= books <= len(CATALOGUE) / 5} == {}


def test_no_attribute_is_missing() -> None:
    """Except the ISBN, which belongs to an edition and not to a work."""
    assert list(CATALOGUE[0]) == COLUMNS
    assert [
        (row["book_id"], column) for row in CATALOGUE for column in COLUMNS if column != "isbn" and not row[column]
    ] == []


@pytest.mark.parametrize(
    ("column", "pattern"),
    [
        ("year", r"[1-9][0-9]{0,3}"),
        ("price", r"[1-9][0-9]*\.[0-9]{2}"),
        ("currency", r"EUR"),
        ("stock", r"0|[1-9][0-9]*"),
        ("subjects", r"[^;A-Z]+(;[^;A-Z]+)*"),
        ("authors", r"\S[^;]*\S(;\S[^;]*\S)*"),
    ],
)
def test_attributes_are_well_formed(column: str, pattern: str) -> None:
    """The import can read years, prices, currencies, stock, subjects and authors."""
    assert [row[column] for row in CATALOGUE if not re.fullmatch(pattern, row[column])] == []


def test_years_are_those_of_real_books() -> None:
    """All books appeared before the year in which the simulation ends."""
    assert [row["title"] for row in CATALOGUE if int(row["year"]) >= END.year] == []


def test_no_book_is_repeated() -> None:
    """Title and authors are unique, and so are descriptions."""
    assert max(Counter((row["title"].casefold(), row["authors"]) for row in CATALOGUE).values()) == 1
    assert max(Counter(row["description"] for row in CATALOGUE).values()) == 1


def test_descriptions_are_one_sentence_that_fits_a_card() -> None:
    """Every description is 15 to 30 words and ends with a full stop."""
    assert [
        row["title"]
        for row in CATALOGUE
        if not 15 <= len(row["description"].split()) <= 30 or not row["description"].endswith(".")
    ] == []


def test_books_share_subjects() -> None:
    """Every book shares a subject with another one, so that tastes overlap."""
    count = Counter(subject for row in CATALOGUE for subject in row["subjects"].split(";"))
    shared = {subject for subject, books in count.items() if books > 1}
    assert [row["title"] for row in CATALOGUE if shared.isdisjoint(row["subjects"].split(";"))] == []


def test_authors_have_pages_worth_opening() -> None:
    """At least 20 authors have three books or more."""
    count = Counter(author for row in CATALOGUE for author in row["authors"].split(";"))
    assert sum(books >= 3 for books in count.values()) >= 20


def test_categories_are_those_of_the_contract() -> None:
    """The categories are the contract's, in title case, all of them are used, and no book repeats one."""
    labels = {category.name.replace("_", " ").title() for category in Category} - {"Self Help"} | {"Self-Help"}
    assert {category for row in CATALOGUE for category in row["categories"].split(";")} == labels
    assert [row["title"] for row in CATALOGUE if _repeats(row["categories"]) or _repeats(row["subjects"])] == []


def test_groups_name_subjects_of_the_catalogue() -> None:
    """A subject that is renamed in the catalogue must be renamed in its groups."""
    subjects = {subject for row in CATALOGUE for subject in row["subjects"].split(";")}
    assert [subject for group in SUBJECT_GROUPS for subject in group if subject not in subjects] == []


def _repeats(listing: str) -> bool:
    entries = listing.split(";")
    return len(set(entries)) < len(entries)
