"""Subjects as topics of the shop, on both databases."""

import pytest

from marketplace.domain.books import Book, Sort
from marketplace.domain.categories import Category
from marketplace.domain.errors import SubjectNotFound
from marketplace.domain.subjects import ENOUGH_BOOKS, MAX_NAME_LENGTH, MOST_SUBJECTS, Subject, Topic
from marketplace.domain.text import slug
from marketplace.store import Store
from tests.marketplace.store.search.conftest import vocabulary
from tests.marketplace.store.test_store import add_history
from tests.marketplace.stored import execute, put, run_migration


@pytest.fixture
def store(store: Store) -> Store:
    """A store with a hundred books that have neither categories nor subjects."""
    put(store, *about("", 1001, 100))
    return store


def about(subject: str, first: int, count: int = ENOUGH_BOOKS, *categories: Category) -> list[Book]:
    """Books with one subject, numbered from `first`."""
    ids = range(first, first + count)
    return [Book(id=id_, title=f"Book {id_}", subjects=(subject,), categories=categories) for id_ in ids]


def topics(store: Store) -> dict[Topic, list[int]]:
    """The topics, each with its three best-sellers."""
    with store.read() as work:
        best = work.listings.best_sellers(20)
    return {topic: [card.id for card in cards[:3]] for topic, cards in best.by_topic.items()}


def test_without_categories_subjects_are_topics(store: Store) -> None:
    """Those of enough books, most books first, each with its best-sellers and named as on the first of them."""
    put(
        store, *about("chess", 1, 5), *about("CHESS", 6, 3), *about("Owls", 20), *about("Opera", 40, ENOUGH_BOOKS - 1)
    )
    assert topics(store) == {Subject("chess", "chess"): [1, 2, 3], Subject("owls", "Owls"): [20, 21, 22]}
    add_history(store, (1, 7), (2, 7), (1, 3))
    assert topics(store)[Subject("chess", "CHESS")] == [7, 3, 1]


def test_few_categories_are_topics_beside_subjects(store: Store) -> None:
    """Subjects come after them; with a third category that has enough books they are none."""
    put(store, *about("Owls", 1, 8), *about("", 100, ENOUGH_BOOKS, Category.MYSTERY, Category.POETRY))
    put(store, *about("", 200, ENOUGH_BOOKS - 1, Category.HORROR))
    owls = Subject("owls", "Owls")
    assert list(topics(store)) == [Category.MYSTERY, Category.HORROR, Category.POETRY, owls]
    put(store, *about("", 300, 1, Category.HORROR))
    assert list(topics(store)) == [Category.MYSTERY, Category.HORROR, Category.POETRY]


def test_the_subjects_are_bounded(store: Store) -> None:
    """A catalogue has thousands."""
    subjects = tuple(f"Subject {number}" for number in range(MOST_SUBJECTS + 5))
    put(store, *(Book(id=id_, title="", subjects=subjects) for id_ in range(1, ENOUGH_BOOKS + 1)))
    assert len(topics(store)) == MOST_SUBJECTS


def test_what_most_books_have_is_no_topic(store: Store) -> None:
    """A subject of half of the books is one, and of more is not."""
    put(store, *about("Paper", 1, 100))
    assert list(topics(store)) == [Subject("paper", "Paper")]
    put(store, *about("Paper", 101, 1))
    assert topics(store) == {}


@pytest.mark.parametrize("subject", ["Unknown", "?", "x" * (MAX_NAME_LENGTH + 1)])
def test_some_texts_are_no_topics(store: Store, subject: str) -> None:
    """Those that are no name have no page either."""
    put(store, *about(subject, 1))
    assert topics(store) == {}
    with store.read() as work, pytest.raises(SubjectNotFound):
        work.listings.on_subject(slug(subject), Sort.TITLE, limit=1)


def test_a_hidden_book_does_not_count(store: Store) -> None:
    """Neither in the number of books nor on the subject's page."""
    books = about("Owls", 1)
    put(store, *books)
    with store.write() as work:
        work.all_books.hide(books[0])
        work.commit()
    assert topics(store) == {}
    with store.read() as work:
        assert work.listings.on_subject("owls", Sort.TITLE, limit=9).total == ENOUGH_BOOKS - 1


def test_the_books_of_a_subject(store: Store) -> None:
    """Of all spellings, sorted and paged, under the name that the most read one has."""
    put(store, *about("owls", 1, 3), Book(id=9, title="A Bird", subjects=("Birds", "OWLS", "Owls")))
    add_history(store, (1, 9))
    with store.read() as work:
        page = work.listings.on_subject("owls", Sort.POPULAR, limit=2, offset=0)
        assert (page.name, page.total, [card.id for card in page.cards]) == ("OWLS", 4, [9, 1])
        assert [card.id for card in work.listings.on_subject("owls", Sort.TITLE, limit=9).cards] == [9, 1, 2, 3]
        assert work.listings.subjects_of([9, 1, 77], ["owls", "birds", "chess"]) == [
            (1, "owls"),
            (9, "birds"),
            (9, "owls"),
        ]
    put(store, *about("Chess", 1, 3))
    with store.read() as work:
        assert work.listings.on_subject("owls", Sort.TITLE, limit=9).total == 1


@pytest.mark.parametrize("slug", ["opera", "", "\0", "\ud800", "Owls", "x" * 10_000, "' OR 1=1 --"])
def test_an_unknown_subject_is_not_found(store: Store, slug: str) -> None:
    """Whatever the URL has, even text that cannot be a parameter."""
    put(store, *about("Owls", 1))
    with store.read() as work, pytest.raises(SubjectNotFound):
        work.listings.on_subject(slug, Sort.TITLE, limit=1)


def test_a_catalogue_from_before_the_index_is_indexed_by_migrating(store: Store) -> None:
    """The subjects of books that an older version imported are topics after the upgrade."""
    put(store, *about("Owls", 1))
    words = vocabulary(store)
    execute(store, "DROP TABLE book_subjects")
    run_migration(store, "0010_subjects")
    assert topics(store) == {}
    store.migrate()
    assert topics(store) == {Subject("owls", "Owls"): [1, 2, 3]}
    assert vocabulary(store) == words
    with store.read() as work:
        assert work.search.find("owls", limit=9).total == ENOUGH_BOOKS
