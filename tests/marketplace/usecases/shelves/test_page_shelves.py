"""Shelves, and which of them the home page has."""

from marketplace.domain.books import BestSellers, Book, Card
from marketplace.domain.categories import Category
from marketplace.domain.ids import NOBODY
from marketplace.domain.interactions import Taste
from marketplace.domain.recommendations import Reason, ReasonKind, RecommendationRequest, Selection
from marketplace.domain.subjects import Subject, Topic
from marketplace.store import Store
from marketplace.usecases.activity import Activity
from marketplace.usecases.shelves.cards import CardCache
from marketplace.usecases.shelves.page_shelves import Shelf, ShelfKind, home_requests
from marketplace.usecases.shelves.shelves import Shelves
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import put

CHESS = Subject("chess", "chess")


def best(**readers: int) -> BestSellers:
    """Best-sellers with one book in each category, which has the given number of readers."""
    categories = sorted(Category[name.upper()] for name in readers)
    by_topic: dict[Topic, tuple[Card, ...]] = {
        category: (Card(id=category, title="", readers=readers[category.name.lower()]),) for category in categories
    }
    return BestSellers(overall=tuple(card for cards in by_topic.values() for card in cards), by_topic=by_topic)


def test_a_visitor_sees_mystery_books_and_the_most_popular_categories() -> None:
    """Mystery comes first, then categories by their readers and, if equal, by their number."""
    requests = home_requests(Taste(), {}, best(science=5, poetry=5, mystery=1, romance=9))
    assert requests == [
        (ShelfKind.FOR_YOU, RecommendationRequest(None, 12)),
        (ShelfKind.NEW, RecommendationRequest(None, 6, Selection.NEW)),
        (ShelfKind.TOPIC, RecommendationRequest(Category.MYSTERY, 6)),
        (ShelfKind.TOPIC, RecommendationRequest(Category.ROMANCE, 6)),
        (ShelfKind.TOPIC, RecommendationRequest(Category.POETRY, 6)),
    ]


def test_a_shop_without_mysteries_has_other_shelves() -> None:
    """Three topics, categories and subjects alike, those with most readers first."""
    by_topic: dict[Topic, tuple[Card, ...]] = {
        Category.ART: (Card(id=1, title="", readers=0),),
        CHESS: (Card(id=2, title="", readers=1),),
        Subject("owls", "Owls"): (Card(id=3, title="", readers=2),),
        Category.POETRY: (Card(id=4, title="", readers=3),),
    }
    requests = home_requests(Taste(), {}, BestSellers(overall=(), by_topic=by_topic))
    assert [request.topic for _, request in requests[2:]] == [Category.POETRY, Subject("owls", "Owls"), CHESS]


def test_categories_are_listed_by_name() -> None:
    """Not by their number in the contract."""
    assert best(poetry=5, mystery=1, art=2).topics == (Category.ART, Category.MYSTERY, Category.POETRY)
    mixed = BestSellers(overall=(), by_topic={Category.ART: (), Category.COMICS: (), CHESS: ()})
    assert mixed.topics == (Category.ART, CHESS, Category.COMICS)


def test_a_reader_sees_their_favourite_categories() -> None:
    """The two with most viewed books, then what is popular and new."""
    categories = (Category.POETRY, Category.MYSTERY, Category.ROMANCE)
    topics = {1: categories, 2: categories[:2], 3: categories[:1]}
    requests = home_requests(Taste(viewed=(1, 2, 3)), topics, best(romance=9))
    assert requests == [
        (ShelfKind.FOR_YOU, RecommendationRequest(None, 12)),
        (ShelfKind.TOPIC, RecommendationRequest(Category.POETRY, 6)),
        (ShelfKind.TOPIC, RecommendationRequest(Category.MYSTERY, 6)),
        (ShelfKind.POPULAR, RecommendationRequest(None, 6, Selection.POPULAR)),
        (ShelfKind.NEW, RecommendationRequest(None, 6, Selection.NEW)),
    ]


def test_a_liked_book_counts_without_a_view(store: Store) -> None:
    """The first action of a visitor may be a rating, which stores no view."""
    put(store, Book(id=7, title="Dune", categories=(Category.SCIENCE_FICTION,)))
    reader_id = Activity(store, wake=lambda: None).rate(NOBODY, 7, 10, "").reader_id
    recommender = FakeRecommender()
    Shelves(store, recommender, CardCache(store)).home(reader_id)
    assert RecommendationRequest(Category.SCIENCE_FICTION, 6) in recommender.asked[0][1]


def test_a_reader_who_only_dismissed_a_book_has_a_page() -> None:
    """Without favourite categories there are no shelves of them."""
    kinds = [kind for kind, _ in home_requests(Taste(excluded=frozenset({1})), {}, best(romance=9))]
    assert kinds == [ShelfKind.FOR_YOU, ShelfKind.POPULAR, ShelfKind.NEW]


def test_a_shelf_is_personal_by_its_reasons() -> None:
    """One book recommended because of the reader's history is enough; popular and new books do not count."""

    def is_personal(*kinds: ReasonKind | None) -> bool:
        cards = [Card(id=1, title="", reason=Reason(kind) if kind else None) for kind in kinds]
        return Shelf(kind=ShelfKind.FOR_YOU, cards=tuple(cards)).is_personal

    assert is_personal(ReasonKind.POPULAR, ReasonKind.BECAUSE_OF_BOOKS)
    assert is_personal(ReasonKind.SAME_AUTHOR)
    assert not is_personal(ReasonKind.POPULAR, ReasonKind.NEW, None)
