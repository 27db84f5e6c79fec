"""The categories of one label."""

from collections.abc import Iterator

import pytest

from bookfiles.genres import CATEGORIES, categories_of
from bookfiles.genres.labels import MAX_LABEL
from tests.bookfiles.genres.examples import EXAMPLES


def examples() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Labels with their categories."""
    for text in EXAMPLES.values():
        for line in text.strip().splitlines():
            label, names = line.strip().rsplit("=", 1)
            yield label.strip(), tuple(names.split())


@pytest.mark.parametrize(("label", "categories"), list(examples()))
def test_categories_of_a_label(label: str, categories: tuple[str, ...]) -> None:
    """Each label has exactly these categories, in the label's order."""
    assert categories_of(label) == categories


def test_there_are_many_examples() -> None:
    """More than 400 labels that are all different."""
    labels = [label for label, _ in examples()]
    assert len(labels) == len(set(labels)) > 400


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_names(category: str) -> None:
    """Each category is that of its own name in any spelling, and alone that of a Russian and an English example."""
    spellings = (category, category.lower(), category.replace("_", "-").title(), category.replace("_", " "))
    assert {categories_of(spelling) for spelling in spellings} == {(category,)}
    assert any(found == (category,) and not label.isascii() for label, found in examples())
    assert any(found == (category,) and label.isascii() for label, found in examples())


@pytest.mark.parametrize(
    "label", ["Science Fiction", "science  fiction", "SCIENCE FICTION", "Science_Fiction", "  Science-Fiction. "]
)
def test_case_punctuation_and_spaces_do_not_matter(label: str) -> None:
    """Spellings of one label are equal."""
    assert categories_of(label) == ("SCIENCE_FICTION",)


@pytest.mark.parametrize(
    "label", ["Fantasy & Horror", "Fantasy and Horror", "Fantasy + Horror", "Fantasy und Horror", "Fantasy y Horror"]
)
def test_ampersand_is_and(label: str) -> None:
    """`&` is equal to `and` in several languages."""
    assert categories_of(label) == ("FANTASY", "HORROR")


@pytest.mark.parametrize("label", ["", " ", "/", ">", " / > ", "&", "()", "(General)", "x" * 100_000, "/" * 1000])
def test_malformed_labels(label: str) -> None:
    """Text that is no label has no category, and takes no time."""
    assert categories_of(label) == ()


def test_long_labels_are_unknown() -> None:
    """A label longer than a genre can be is not searched."""
    assert categories_of("Romance" + " " * MAX_LABEL + "Novel") == ()
