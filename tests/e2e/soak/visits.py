"""Visits to the shop of every kind: new visitors, guests, signed-in readers who order, and crawlers."""

import random
import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from html import unescape

from tests.e2e.selling.buyers import Answer, Buyer, NoAnswer, Session

BOOKS = 400
"""The starter has more."""
MOST_GUESTS = 2_000
"""Who come back; the others never do."""
WORDS = ("dune", "war", "hause", "sherlok", "the time machine", "garden", "zzzz", "king arthur", "é", "a")
CATEGORIES = ("mystery", "science-fiction", "classics", "poetry", "nonsense")
PUBLIC = ("/", "/categories", "/robots.txt", "/healthz", "/readyz", "/account/sign-in", "/account/sign-up", "/cart")
MISSING = (
    "/nope/{}",
    "/books/9{:08}",
    "/categories/{}",
    "/covers/9{:08}-x.svg",
    "/authors/nobody-{}",
    "/static/{}.js",
)
PRIVATE = ("/", "/account", "/orders", "/wishlist", "/history", "/cart", "/checkout", "/account/export")
_COVER = re.compile(r'"(/covers/[^"]+)"')
_STATIC = re.compile(r'"(/static/[^"]+)"')


class Visits:
    """One thread's visits to the shop, each a few requests; `statuses` counts the answers of all."""

    def __init__(self, shop: str, accounts: Sequence[Session], statuses: Counter[int], seed: int) -> None:
        self._shop = shop
        self._accounts = list(accounts)
        self._statuses = statuses
        self._random = random.Random(seed)
        self._guests: deque[Session] = deque(maxlen=MOST_GUESTS)
        self._answers = 0
        self._kinds: list[tuple[Callable[[Buyer], None], int]] = [
            (self._look_around, 3),
            (self._become_guest, 2),
            (self._search, 1),
            (self._miss, 1),
        ]

    def visit(self) -> int:
        """One visit; returns the number of requests."""
        self._answers = 0
        chance = self._random.random()
        if chance < 0.1 and self._accounts:
            position = self._random.randrange(len(self._accounts))
            self._accounts[position] = self._as(self._accounts[position], self._use_account)
        elif chance < 0.4 and self._guests:
            self._guests.append(self._as(self._guests.popleft(), self._come_back))
        else:
            kinds, weights = zip(*self._kinds, strict=True)
            (kind,) = self._random.choices(kinds, weights)
            guest = self._as(Session(0, ""), kind)
            if guest.cookie:
                self._guests.append(guest)
        return self._answers

    def _as(self, session: Session, kind: Callable[[Buyer], None]) -> Session:
        # A real address each, as behind a proxy; many readers share a few.
        address = f"10.{self._random.randrange(40)}.{self._random.randrange(40)}.7"
        with Buyer(self._shop, session, address=address) as visitor:
            try:
                kind(visitor)
            except NoAnswer:
                self._answers += 1
                self._statuses[503] += 1
            return visitor.session

    def _look_around(self, visitor: Buyer) -> None:
        home = self._get(visitor, self._random.choice(PUBLIC))
        for pattern in (_COVER, _STATIC):
            for path in pattern.findall(home.text)[:2]:
                self._get(visitor, unescape(path))
        self._get(visitor, f"/categories/{self._random.choice(CATEGORIES)}?page={self._random.randrange(1, 4)}")
        self._get(visitor, f"/books/{self._book()}")

    def _become_guest(self, visitor: Buyer) -> None:
        self._act(visitor, "rating", stars=str(self._random.randrange(1, 11) / 2))
        self._get(visitor, "/")

    def _come_back(self, visitor: Buyer) -> None:
        self._get(visitor, "/")
        self._get(visitor, f"/books/{self._book()}?from=shop")
        self._act(visitor, self._random.choice(("wish", "unwish", "not-interested", "cart", "rating")), stars="4")
        self._get(visitor, self._random.choice(PRIVATE))

    def _search(self, visitor: Buyer) -> None:
        word = self._random.choice(WORDS) + (f" {self._random.randrange(10_000)}" if self._chance(0.3) else "")
        self._get(visitor, f"/search/suggest?q={word[:3]}")
        self._get(visitor, f"/search?q={word}&page={self._random.randrange(1, 3)}")

    def _miss(self, visitor: Buyer) -> None:
        self._get(visitor, self._random.choice(MISSING).format(self._random.randrange(10**7)))

    def _use_account(self, reader: Buyer) -> None:
        self._get(reader, self._random.choice(PRIVATE))
        self._count(reader.add_to_cart(self._book()))
        if not self._chance(0.3):
            return
        form = reader.checkout_form()
        if form is not None:
            self._count(reader.post("/checkout", form))
        self._count(reader.empty_cart())

    def _act(self, visitor: Buyer, action: str, **fields: str) -> None:
        page = f"/books/{self._book()}"
        token = [field for field in self._get(visitor, page).hidden if field[0] == "csrf_token"][:1]
        if token:
            self._count(visitor.post(f"{page}/{action}", [*token, ("quantity", "1"), *fields.items()]))

    def _get(self, visitor: Buyer, path: str) -> Answer:
        return self._count(visitor.get(path.replace(" ", "%20")))

    def _count(self, answer: Answer) -> Answer:
        self._answers += 1
        self._statuses[answer.status] += 1
        return answer

    def _book(self) -> int:
        return self._random.randint(1, BOOKS)

    def _chance(self, of: float) -> bool:
        return self._random.random() < of
