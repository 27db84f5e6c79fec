"""A crawl of every link and form of the shop with hostile values."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import structlog
from flask import Flask

from events.signature import new_secret
from events.types import StockLow
from marketplace.app import create_app
from marketplace.domain.api_tokens import LIFETIMES, MAX_NAME_LENGTH
from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.conversations import Draft
from marketplace.domain.events import BUILT_IN, BookChanged
from marketplace.domain.limits import Limit
from marketplace.domain.links import Picture, Preview, link_id
from marketplace.domain.messages import FailedMessage
from marketplace.domain.money import Money
from marketplace.domain.orders import Address, OrderState
from marketplace.domain.recommendations import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendationRequest,
)
from marketplace.domain.subjects import ENOUGH_BOOKS
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.usecases.api_tokens import ApiTokens
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.previews import LinkFetcher
from marketplace.web.api import OPERATIONS
from marketplace.web.limits import Attempt, Limiter
from tests.drills import is_running
from tests.embedded_postgresql import DATABASES
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import NOON, FakeNotices, FakePreviews
from tests.marketplace.ordering import ADDRESS_FIELDS, add_to_cart, buyer_of, check_out, moderators_browser, order_of
from tests.marketplace.web.attacker import Attacker, Findings, Victim
from tests.marketplace.web.attacks import (
    CARL,
    Values,
    attack_forms,
    attack_routes,
    attack_with_forged_cookies,
    attack_with_odd_requests,
)
from tests.marketplace.web.crawler import KEPT_MARKER, MARKER
from tests.marketplace.web.hostile import MARKUP
from tests.marketplace.web.pages.test_contact import contact_form
from tests.marketplace.web.pages.test_conversations import form_of

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(900)]

log = logging.getLogger(__name__)

BOB = "bob.the.victim@example.com"
HIS_PASSWORD = "a secret of bob"
WISH = "What only Bob wishes for"
BOBS_LIST, BOBS_TITLE = "bobs-own-list", "What only Bob knows"
LAST_COPY = 298
BOBS_NAME = "Robert Who Is the Victim"
HIS_BOOK = 999
KEPT = [text.replace(MARKER, KEPT_MARKER) for text in MARKUP.values()]
HOSTILE_BOOKS = [
    Book(
        id=100 + number,
        title=text,
        authors=(text, "Frank Herbert"),
        subjects=(text,),
        description=text * 20,
        isbn=text,
        categories=(Category.MYSTERY,),
        picture=f"https://a.org/{text}",
        price=Money(100, "EUR"),
    )
    for number, text in enumerate(KEPT)
]
BOOKS = [
    Book(
        id=20,
        title="Dune",
        authors=("Frank Herbert",),
        categories=(Category.MYSTERY,),
        subjects=("deserts",),
        price=Money(100, "EUR"),
    ),
    *(
        Book(
            id=200 + number,
            title=f"Mystery {number}",
            categories=(Category.MYSTERY,),
            # Of enough books for a page, and not of too many.
            subjects=("deserts",) if number < ENOUGH_BOOKS else (),
        )
        for number in range(30)
    ),
    Book(id=LAST_COPY, title="Rare", categories=(Category.MYSTERY,), price=Money(100, "EUR"), stock=1),
    Book(id=HIS_BOOK, title=WISH, categories=(Category.POETRY,), price=Money(100, "EUR")),
    *HOSTILE_BOOKS,
]
HIDDEN = Book(id=300, title=f"000 {KEPT[0]}", authors=tuple(KEPT[:3]), categories=(Category.MYSTERY,))
"""The first in a moderator's table, so that the crawl opens its page."""
LINK = "https://books.example/dune"
HOSTILE_PAGE = Preview(title=KEPT[0], description=KEPT[1], site=KEPT[2], image=f"{LINK}.png")
PICTURE = Picture(content=b"jpeg", width=30, height=40)
HOSTILE_ADDRESS = Address(name=KEPT[0], street=KEPT[1], city=KEPT[2], region=KEPT[3], country="GB")

# Routes that no page links to, and why; the attacks cover them all the same.
UNLINKED = {
    "health.alive": "for machines",
    "health.ready": "for machines",
    "health.robots": "for machines",
    "webhooks.settle": "the payment provider calls it",
    **dict.fromkeys((f"api.{operation.name}" for operation in OPERATIONS), "for machines"),
    **dict.fromkeys(
        [
            *("account_links.reset_form", "account_links.reset_password"),
            *("account_links.confirm_form", "account_links.confirm_email"),
            *("contact.guest", "contact.write_as_guest"),
        ],
        "mails link there",
    ),
    **dict.fromkeys(["live.ticket", "orders.messages", "moderator.order_messages"], "scripts fetch it"),
    "contact.sent": "the form leads there",
}


class HostileRecommender:
    """Recommends with reasons full of markup; Bob's are secret."""

    state = "closed"

    def __init__(self) -> None:
        self.bob = 0

    def recommend(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList]:
        return [self._shelf(reader_id) for _ in requests]

    def similar(self, book_id: int, reader_id: int, limit: int) -> RecommendationList:
        return self._shelf(reader_id)

    def _shelf(self, reader_id: int) -> RecommendationList:
        if reader_id and reader_id == self.bob:
            reason = Reason(ReasonKind.BECAUSE_OF_BOOKS, ((1, BOBS_TITLE),))
            return RecommendationList((Recommendation(20, reason),), BOBS_LIST)
        reasons = [Reason(ReasonKind.BECAUSE_OF_BOOKS, ((1, text), (2, text))) for text in KEPT[:3]]
        books = (20, *(book.id for book in HOSTILE_BOOKS))
        name = KEPT[reader_id % len(KEPT)]
        return RecommendationList(tuple(Recommendation(book_id, reasons[book_id % 3]) for book_id in books), name)


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest) -> Store:
    """An empty migrated store, once on SQLite and once on PostgreSQL."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    return opened


@pytest.fixture
def recommender() -> HostileRecommender:
    """Recommends hostile books."""
    return HostileRecommender()


@pytest.fixture
def app(store: Store, recommender: HostileRecommender, tmp_path: Path) -> Flask:
    """The shop with hostile books, without rate limits."""
    with store.write() as work:
        work.books.put([*BOOKS, HIDDEN])
        work.all_books.hide(HIDDEN)
        # New books and readers have ids from the same range; Bob's must not be a book's.
        for _ in range(10):
            work.all_books.new_id(NOON)
        # Nor part of a round number, such as those in the document of the API.
        for _ in range(7):
            work.readers.add(NOON)
        work.commit()
    unlimited = Limiter(dict.fromkeys(Attempt, Limit(1_000_000, 1)))
    failed = [
        FailedMessage(id=number, kind=text, channel=text, recipient=text, error=text, since=NOON)
        for number, text in enumerate(KEPT, start=1)
    ]
    settings = Settings(data_dir=tmp_path)
    return create_app(
        settings,
        recommender,
        store=store,
        passwords=quick_passwords(),
        limiter=unlimited,
        notices=FakeNotices(*failed),
    )


@pytest.fixture
def victim(app: Flask, store: Store, recommender: HostileRecommender) -> Victim:
    """Bob, who rated a book, put it on his wishlist, dismissed it and clicked on it."""
    browser = Browser(app)
    assert browser.sign_up(BOB, HIS_PASSWORD).status_code == 303
    _do_all(browser, HIS_BOOK, BOBS_LIST)
    order_id = check_out(browser, HIS_BOOK, address={**ADDRESS_FIELDS, "name": BOBS_NAME})
    with store.read() as work:
        bob = work.accounts.by_email(BOB)
        assert bob
        interactions = work.interactions.latest(bob.reader_id, 100)
    assert len(interactions) == 5
    recommender.bob = bob.reader_id
    assert BOBS_TITLE in browser.get("/")
    secrets = {
        "order": order_id,
        "name": BOBS_NAME,
        "e-mail": BOB,
        "reader id": str(bob.reader_id),
        "list": BOBS_LIST,
        "reason": BOBS_TITLE,
    }
    return Victim(
        bob.reader_id, BOB, secrets | {interaction.kind.name: interaction.id for interaction in interactions}, WISH
    )


def names(payload: dict[str, object], reader_id: int) -> bool:
    """Whether an event is about this reader."""
    return reader_id in {payload.get(name) for name in ("reader_id", "from_reader", "into_reader")}


def stored_of(store: Store, reader_id: int) -> object:
    """A reader's stored data and waiting events."""
    with store.read() as work:
        return (
            work.accounts.by_reader(reader_id),
            work.interactions.latest(reader_id, 1000),
            work.wishlists.of(reader_id),
            work.carts.of(reader_id),
            [
                row
                for destination in BUILT_IN
                for row in work.outbox.waiting(1_000_000, destination)
                if names(row.payload, reader_id)
            ],
        )


def orders_of(store: Store, reader_id: int) -> object:
    with store.read() as work:
        return work.orders.of(reader_id, 1000)


def test_strangers_cannot_break_the_shop_or_read_private_data(app: Flask, store: Store, victim: Victim) -> None:
    """All kinds of readers and a moderator send hostile values to every form and route.

    There is no 5xx, no injected markup, no redirect out of the shop, no change or disclosure of Bob's data, and no
    logged error.
    """
    before, ordered = stored_of(store, victim.reader_id), orders_of(store, victim.reader_id)
    findings = Findings()
    is_sqlite, is_drill = store.engine.dialect.name == "sqlite", is_running("attack")
    values = Values({name: secret.encode() for name, secret in victim.secrets.items()})
    Browser(app).sign_up(CARL)
    with structlog.testing.capture_logs() as logs:
        # The drill attacks as every kind of reader. Otherwise without visitors, who can do less than guests, and as
        # one of the others on each database.
        for name, browser in browsers(app, store):
            if not is_drill and name != ("guest" if is_sqlite else "ann"):
                continue
            attacker = Attacker(name, browser, app, findings, victim)
            attacker.crawl(leave_out=f"/books/{HIS_BOOK}")
            attack_routes(attacker, app, values)
            attack_forms(attacker, values)
        odd = Attacker("odd", Browser(app), app, findings, victim)
        attack_with_odd_requests(odd, app)
        attack_with_forged_cookies(odd, app, victim.reader_id)
        assert orders_of(store, victim.reader_id) == ordered
        # Last, because moderators change and delete what the others see, and may see orders.
        moderator = moderators_browser(app, store, "mod@example.com")
        _prepare_moderator(store)
        attacker = Attacker("moderator", moderator, app, findings, victim, may_know={"order", "name", "e-mail"})
        attacker.crawl(leave_out=f"/books/{HIS_BOOK}")
        # All readers see what moderators write about a book, so moderators get no secrets to write.
        attack_routes(attacker, app, Values({}))
        attack_forms(attacker, Values({}))
    log.info("%d pages, %d forms, %d requests", findings.pages, findings.forms, findings.requests)
    faults = [f"{count} × {fault}" for fault, count in findings.faults.items()]
    assert findings.requests > (5000 if is_drill else 2000)
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:40])
    assert [event for event in logs if event["log_level"] in {"error", "critical"}] == []
    if is_drill:
        routes = {rule.endpoint for rule in app.url_map.iter_rules()}
        assert routes - findings.endpoints == set(UNLINKED)
    assert stored_of(store, victim.reader_id) == before
    assert Browser(app).sign_in(BOB, HIS_PASSWORD).location == "/account"


def browsers(app: Flask, store: Store) -> Iterator[tuple[str, Browser]]:
    """A visitor, a guest and an account; the last two have a history, and the account has written to the shop."""
    yield "visitor", Browser(app)
    guest = Browser(app)
    _do_all(guest, 20, "list-of-a-guest")
    # More copies than in stock, so that the cart cannot be ordered.
    add_to_cart(guest, LAST_COPY, 2)
    yield "guest", guest
    ann = Browser(app)
    assert ann.sign_up(password="ann's own horse").status_code == 303
    _do_all(ann, 20, "list-of-ann")
    order_page = f"/orders/{check_out(ann)}"
    add_to_cart(ann)
    for form, action in ((contact_form(ann), "/contact"), (form_of(ann, order_page), f"{order_page}/messages")):
        assert ann.client.post(action, data={**form, "text": f"{KEPT[0]} {LINK}"}).status_code == 303
    LinkFetcher(store, FakePreviews(HOSTILE_PAGE, PICTURE)).fetch(link_id(LINK))
    yield "ann", ann


def _prepare_moderator(store: Store) -> None:
    """Add what a moderator sees of a hostile buyer, hostile pages and receivers, and a token of the API."""
    buyer = buyer_of(store, "buyer@example.com")
    for number in range(3):
        order_id = order_of(store, buyer, HOSTILE_BOOKS[number].id, 1, OrderState.PAID, address=HOSTILE_ADDRESS)
        Conversations(store).write(buyer, order_id, Draft("m-1", KEPT[0]))
    with store.write() as work:
        for text in KEPT:
            work.outbox.add(BookChanged(20), created_at=NOON)
            work.outbox.mark_failed({work.outbox.waiting(1_000_000)[-1].event_id: text})
        added = work.destinations.add(f"https://seller.example/{KEPT[0]}", new_secret(), at=NOON)
        work.outbox.publish(StockLow(book_id=20, title=KEPT[0], stock=2), at=NOON)
        (published,) = work.outbox.waiting(1, added.destination)
        disabled = work.destinations.add("https://seller.example/events", new_secret(), at=NOON)
        work.destinations.set_enabled(disabled.number, False)
        work.event_log.add(added.destination, published, KEPT[0], attempts=3, at=NOON)
        moderator = work.accounts.by_email("mod@example.com")
        work.commit()
    assert moderator
    ApiTokens(store).make(moderator.reader_id, KEPT[0][:MAX_NAME_LENGTH], ["books:read"], LIFETIMES[0])


def _do_all(browser: Browser, book_id: int, attribution: str) -> None:
    page = f"/books/{book_id}"
    browser.get(f"{page}?from={attribution}")
    browser.get(page)
    browser.send(f"{page}/rating", form_at=page, stars="4.5")
    browser.send(f"{page}/wish", form_at=page)
    browser.send(f"{page}/not-interested", form_at=page)
    browser.get(page)
