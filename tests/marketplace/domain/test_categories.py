"""Categories, and the ids of recommended lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.categories import Category
from marketplace.domain.ids import is_attribution
from protobufs import recommendations_pb2 as pb


def test_categories_are_numbered_as_in_the_contract() -> None:
    """The shop and the contract use the same number for each category."""
    assert {category.name: category.value for category in Category} == dict(pb.BookCategory.items())


@pytest.mark.parametrize("text", ["Science Fiction", "science-fiction", " SCIENCE_FICTION ", "science  fiction"])
def test_a_category_is_parsed_from_any_spelling(text: str) -> None:
    """Case, spaces, hyphens and underscores make no difference."""
    assert Category.parse(text) is Category.SCIENCE_FICTION


@pytest.mark.parametrize("text", ["", "Gothic", "sciencefiction", "0", "__class__"])
def test_an_unknown_category_is_none(text: str) -> None:
    """Similar names are not guessed."""
    assert Category.parse(text) is None


@given(st.sampled_from(Category))
def test_labels_and_slugs_can_be_parsed(category: Category) -> None:
    """Each gives its category again."""
    assert Category.parse(category.label) is category
    assert Category.parse(category.slug) is category


@pytest.mark.parametrize("text", ["shop", "a" * 64, "m1.AbC_9-+/=:~"])
def test_ids_of_lists_are_attributions(text: str) -> None:
    """Every id that Recommendations gives a list is accepted."""
    assert is_attribution(text)


@pytest.mark.parametrize("text", ["", "a" * 65, "a b", "a\n", "<script>", "ä", "x\x00"])
def test_malformed_attributions_are_refused(text: str) -> None:
    """Nothing that could break a page is accepted."""
    assert not is_attribution(text)
