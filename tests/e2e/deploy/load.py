"""Readers, buyers and callers who use a shop while its containers are killed and replaced."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

import grpc
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from tests.e2e.deploy.fleet import Fleet
from tests.e2e.processes import DEADLINE, await_that
from tests.e2e.selling.buyers import Buyer, NoAnswer, Session

READERS = 4
CALLERS = 2
PAUSE_SECONDS = 0.05
"""Between two requests of a client: the machine is to be busy, not overloaded."""
CALL_SECONDS = 5.0
PAGE_SECONDS = 20.0
BOOKS = 60
PATHS = ["/", "/search?q=the", "/cart", *(f"/books/{number}" for number in range(1, BOOKS))]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: `error` is empty, `503`, or says what else went wrong."""

    kind: str
    ended: float
    seconds: float
    error: str


@dataclass(frozen=True, slots=True)
class Window:
    """The requests that ended during something, and how long it took until all was well again."""

    name: str
    outcomes: Sequence[Outcome]
    seconds: float

    def count(self, kind: str, *, unavailable: bool = False) -> int:
        """How many pages, orders or calls failed, or were answered 503."""
        return sum(bool(each.error) and (each.error == "503") is unavailable for each in self._of(kind))

    def worst(self, kind: str) -> float:
        """The longest that one took, in seconds."""
        return max((each.seconds for each in self._of(kind)), default=0.0)

    def row(self) -> str:
        """A line of the table below `HEAD`."""
        pages, calls = self._of("page"), self._of("call")
        return (
            f"{self.name:<34}{len(pages):>6}{self.count('page'):>7}{self.count('page', unavailable=True):>5}"
            f"{self.worst('page'):>8.2f}{len(calls):>7}{self.count('call'):>7}{self.worst('call'):>8.2f}"
            f"{len(self._of('order')):>8}{self.count('order'):>7}{self.seconds:>8.1f}"
        )

    def _of(self, kind: str) -> Sequence[Outcome]:
        return [each for each in self.outcomes if each.kind == kind]


HEAD = (
    f"{'':<34}{'pages':>6}{'failed':>7}{'503':>5}{'worst s':>8}{'calls':>7}{'failed':>7}{'worst s':>8}"
    f"{'orders':>8}{'failed':>7}{'well s':>8}"
)


class Load:
    """Clients that go on until `stop`, each with one request at a time."""

    def __init__(self, fleet: Fleet, sessions: Sequence[Session]) -> None:
        self._fleet = fleet
        self._outcomes: list[Outcome] = []
        self._stopping = threading.Event()
        self.orders: dict[str, int] = {}
        """The acknowledged orders: the reader of each."""
        self.placed = 0
        self._threads = [
            *(threading.Thread(target=self._read, args=(random.Random(number),)) for number in range(READERS)),
            *(threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)),
            *(threading.Thread(target=self._buy, args=(session,)) for session in sessions),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def during(self, name: str, windows: list[Window]) -> Iterator[None]:
        """Append what happens to all requests from now until the shop is well again after the body."""
        first, began = len(self._outcomes), time.monotonic()
        yield
        changed = len(self._outcomes)
        self._fleet.await_well()
        await_that(lambda: self._all_succeed_since(changed), seconds=DEADLINE)
        windows.append(Window(name, self._outcomes[first:], time.monotonic() - began))

    def _all_succeed_since(self, first: int) -> bool:
        """Whether the last second's requests, of each kind, were answered."""
        now = time.monotonic()
        last = [each for each in self._outcomes[first:] if each.ended > now - 1]
        return {each.kind for each in last} >= {"page", "call"} and not any(each.error for each in last)

    def _repeat(self, kind: str, request: Callable[[], str]) -> None:
        while not self._stopping.wait(PAUSE_SECONDS):
            began = time.monotonic()
            error = request()
            ended = time.monotonic()
            self._outcomes.append(Outcome(kind, ended, ended - began, error))

    def _read(self, chance: random.Random) -> None:
        timeout = Timeout(total=PAGE_SECONDS)
        with PoolManager(ca_certs=str(self._fleet.certificate), retries=False, timeout=timeout) as pool:

            def load() -> str:
                url = self._fleet.shop + chance.choice(PATHS)
                try:
                    # On a connection of its own: on one that was idle, a browser would ask again.
                    answer = pool.request("GET", url, headers={"Connection": "close"})
                except HTTPError as error:
                    return type(error).__name__
                return "" if answer.status == 200 else str(answer.status)

            self._repeat("page", load)

    def _call(self, number: int) -> None:
        credentials = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(self._fleet.certificate.read_bytes()),
            grpc.access_token_call_credentials(self._fleet.secret("recommendations_token")),
        )
        # The host name by which nginx knows the calls.
        options = [("grpc.default_authority", "grpc.localhost"), ("grpc.ssl_target_name_override", "grpc.localhost")]
        with grpc.secure_channel(f"localhost:{self._fleet.port}", credentials, options) as channel:
            stub = pb_grpc.RecommendationsStub(channel)

            def recommend() -> str:
                request = pb.RecommendationRequest(user_id=number + 1, any_category=True, max_results=5)
                try:
                    answer = stub.Recommend(request, timeout=CALL_SECONDS)
                except grpc.RpcError as error:
                    return f"{error.code().name}: {error.details()}"
                return "" if len(answer.recommendations) == 5 else "too few books"

            self._repeat("call", recommend)

    def _buy(self, session: Session) -> None:
        chance = random.Random(session.reader_id)
        with ExitStack() as stack:
            buyer = stack.enter_context(Buyer(self._fleet.shop, session, certificate=self._fleet.certificate))
            form: Sequence[tuple[str, str]] | None = None

            def order() -> str:
                nonlocal form
                try:
                    if form is None:
                        buyer.add_to_cart(chance.randint(1, BOOKS))
                        form = buyer.checkout_form()
                        return ""
                    # Sent again with the same key until it is answered.
                    answer = buyer.post("/checkout", form)
                except NoAnswer as reason:
                    return str(reason)
                assert answer.status == 303, answer
                self.orders[answer.location.removeprefix("/orders/")] = session.reader_id
                form = None
                return ""

            self._repeat("order", order)
