"""The home page of visitors, made once for all."""

from concurrent.futures import ThreadPoolExecutor

from marketplace.domain.books import Book
from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.ids import NOBODY
from marketplace.domain.recommendations import Reason, ReasonKind, Recommendation, RecommendationList
from marketplace.store import Store
from marketplace.usecases.shelves.cards import CardCache
from marketplace.usecases.shelves.page_shelves import Answer, Notice
from marketplace.usecases.shelves.shelves import VISITOR_SECONDS, Shelves
from tests.marketplace.fakes import Clock, FakeRecommender
from tests.marketplace.stored import put


class Pages:
    """Home pages over a fake of Recommendations and a manual clock."""

    def __init__(self, store: Store) -> None:
        self.store = store
        put(store, Book(id=20, title="Dune"), Book(id=21, title="Emma"))
        self.clock = Clock()
        self.recommender = FakeRecommender(RecommendationList((Recommendation(21),), "list-1"))
        self.cards = CardCache(store, clock=self.clock)
        self.counted: list[Answer] = []
        self.shelves = Shelves(store, self.recommender, self.cards, clock=self.clock, count=self.counted.append)

    def reader(self) -> int:
        """A new reader."""
        with self.store.write() as work:
            reader_id = work.readers.add(self.clock.now())
            work.commit()
        return reader_id

    def titles(self, reader_id: int = NOBODY) -> list[str]:
        return [card.title for card in self.shelves.home(reader_id).shelves[0].cards]


def test_visitors_share_a_page_for_a_second(store: Store) -> None:
    """Many at the same time cost one call, and a second later another one."""
    pages = Pages(store)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: pages.titles(), range(64))) == [["Emma"]] * 64
    assert len(pages.recommender.asked) == 1
    pages.clock.seconds += VISITOR_SECONDS
    pages.titles()
    assert len(pages.recommender.asked) == 2


def test_readers_have_a_page_of_their_own(store: Store) -> None:
    """Each page of theirs makes its call."""
    pages = Pages(store)
    reader = pages.reader()
    pages.titles()
    pages.titles(reader)
    pages.titles(reader)
    assert [asked for asked, _ in pages.recommender.asked] == [NOBODY, reader, reader]


def test_a_change_of_a_book_is_seen_at_once(store: Store) -> None:
    """A moderator looks at the shop after saving."""
    pages = Pages(store)
    pages.titles()
    put(store, Book(id=21, title="Emma, revised"))
    pages.cards.drop([21])
    assert pages.titles() == ["Emma, revised"]


def test_visitors_learn_of_an_outage_and_of_its_end(store: Store) -> None:
    """Best-sellers with a notice, and within a second the usual page again."""
    pages = Pages(store)
    pages.recommender.error = RecommenderUnavailable("down")
    assert pages.shelves.home(NOBODY).notice is Notice.BEST_SELLERS
    pages.recommender.error = None
    pages.clock.seconds += VISITOR_SECONDS
    assert pages.shelves.home(NOBODY).notice is Notice.NONE


def test_where_a_readers_books_are_from_is_counted(store: Store) -> None:
    """Their history, what is popular, their last lists or best-sellers; pages of visitors have no history."""
    pages = Pages(store)
    reader, other = pages.reader(), pages.reader()
    pages.titles()
    assert pages.counted == []
    pages.titles(reader)
    because = Reason(ReasonKind.BECAUSE_OF_BOOKS)
    pages.recommender.answer = [RecommendationList((Recommendation(20), Recommendation(21, because)), "list-2")]
    pages.titles(reader)
    pages.recommender.error = RecommenderUnavailable("down")
    pages.titles(reader)
    pages.titles(other)
    assert pages.counted == [Answer.GENERAL, Answer.PERSONAL, Answer.LAST_GOOD, Answer.BEST_SELLERS]
