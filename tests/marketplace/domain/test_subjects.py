"""Which subjects have a page."""

import pytest

from marketplace.domain.books import BestSellers, Book, Card
from marketplace.domain.categories import Category
from marketplace.domain.subjects import MAX_NAME_LENGTH, Subject, Topic, subject_slug


@pytest.mark.parametrize("name", ["Space travel", " space  TRAVEL", "Space-Travel!", "Spáce travel"])
def test_all_spellings_have_one_slug(name: str) -> None:
    """Case, accents, spaces and punctuation make no difference."""
    assert subject_slug(name) == "space-travel"


def test_languages_of_programming_are_different_subjects() -> None:
    """As in Recommendations."""
    assert len({subject_slug(name) for name in ("C", "C++", "C#")}) == 3


@pytest.mark.parametrize("name", ["", "?", "Unknown", "N/A", "various", "x" * (MAX_NAME_LENGTH + 1)])
def test_some_texts_are_no_name_of_a_page(name: str) -> None:
    """Those without letters, placeholders and long descriptions."""
    assert subject_slug(name) == ""


def test_the_topics_of_a_book_are_those_that_the_shop_shows() -> None:
    """Its categories first, then its subjects in their order, each once."""
    chess, owls = Subject("chess", "Chess"), Subject("owls", "Owls")
    card = Card(id=1, title="")
    topics: dict[Topic, tuple[Card, ...]] = {owls: (card,), Category.ART: (card,), chess: (card,)}
    subjects = ("CHESS", "Opera", "chess", "owls")
    book = Book(id=1, title="", categories=(Category.ART, Category.DRAMA), subjects=subjects)
    assert BestSellers(overall=(), by_topic=topics).topics_of(book) == (Category.ART, chess, owls)
