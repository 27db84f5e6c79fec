"""The tables of labels."""

import pytest

from bookfiles.genres import CATEGORIES, bisac, categories_of, english, european, russian, thema
from bookfiles.genres.vocabulary import labels, vocabulary

LANGUAGES = (english, russian, european)


def test_a_label_has_one_meaning() -> None:
    """No label has different categories in two places."""
    meanings: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for names, text in language.NAMES.items():
            for label in labels(text):
                meanings.setdefault(label, set()).add(names)
    assert {label: names for label, names in meanings.items() if len(names) > 1} == {}


@pytest.mark.parametrize("table", [bisac.CODES, thema.CODES], ids=["BISAC", "Thema"])
def test_codes_have_categories_of_the_contract(table: dict[str, str]) -> None:
    """The tables of codes name only categories that exist."""
    assert {name for names in table.values() for name in names.split()} <= set(CATEGORIES)


def test_labels_have_categories_of_the_contract() -> None:
    """So do the tables of labels."""
    tables = [table for language in LANGUAGES for table in (language.NAMES, language.IF_FICTION)]
    assert {name for table in tables for names in table for name in names.split()} <= set(CATEGORIES)


def test_heads_are_names() -> None:
    """What decides a compound has a category."""
    assert sorted(head for head in vocabulary().heads if not categories_of(head)) == []


@pytest.mark.parametrize("heading", bisac.HEADINGS.split(";"))
def test_headings_of_bisac_are_known_as_their_codes(heading: str) -> None:
    """A heading has the categories of some code."""
    assert " ".join(categories_of(f"{heading} / General".upper())) in bisac.CODES.values()


def test_closed_headings_are_headings() -> None:
    """Those below which other genres are subjects are headings of BISAC."""
    assert vocabulary().closed <= vocabulary().first_levels
