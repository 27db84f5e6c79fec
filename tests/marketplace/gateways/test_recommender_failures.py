"""The client of Recommendations when calls fail: statuses, deadlines and the circuit breaker."""

from contextlib import closing
from threading import Event

import grpc
import pytest

from marketplace.domain.books import Book
from marketplace.domain.errors import Broken, RecommenderBroken, RecommenderRefused, RecommenderUnavailable
from marketplace.gateways.breaker import Breaker, State
from marketplace.gateways.channel import TRANSIENT, target
from marketplace.gateways.recommender import GrpcRecommender
from protobufs import recommendations_pb2 as pb
from tests.marketplace.fakes import Clock
from tests.marketplace.gateways.conftest import CLICK, MYSTERY, Servicer


def test_a_response_of_the_wrong_length_is_rejected(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Results that cannot be matched to the request are not used."""
    with pytest.raises(RecommenderRefused, match="1 lists"):
        recommender.recommend(0, [MYSTERY, MYSTERY])
    servicer.response = pb.RecordInteractionsResponse()
    with pytest.raises(RecommenderBroken, match="0 results"):
        recommender.record([CLICK])
    servicer.response = pb.RecordInteractionsResponse(results=[pb.InteractionResult()])
    with pytest.raises(RecommenderBroken, match="outcome"):
        recommender.record([CLICK])


@pytest.mark.parametrize("status", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_every_status_is_either_transient_or_permanent(
    servicer: Servicer, recommender: GrpcRecommender, status: grpc.StatusCode
) -> None:
    """The type of the error tells which; its code is the status."""
    servicer.status = status
    expected = RecommenderUnavailable if status in TRANSIENT else RecommenderRefused
    with pytest.raises(expected, match=status.name) as raised:
        recommender.record([CLICK])
    assert getattr(raised.value, "code", status.name) == status.name


@pytest.mark.parametrize("name", ["INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE", "FAILED_PRECONDITION"])
def test_invalid_requests_are_permanent_errors(name: str) -> None:
    """Repeating them would not help."""
    assert grpc.StatusCode[name] not in TRANSIENT


@pytest.mark.parametrize(
    ("name", "is_broken"),
    [
        *((name, False) for name in ("UNIMPLEMENTED", "UNAUTHENTICATED", "PERMISSION_DENIED")),
        *((name, True) for name in ("INTERNAL", "UNKNOWN", "DATA_LOSS")),
    ],
)
def test_only_server_errors_may_be_caused_by_the_request(
    servicer: Servicer, recommender: GrpcRecommender, name: str, is_broken: bool
) -> None:
    """The relay then sends each event alone; a wrong configuration is an outage until it is fixed."""
    servicer.status = grpc.StatusCode[name]
    with pytest.raises(RecommenderUnavailable) as raised:
        recommender.record([CLICK])
    assert isinstance(raised.value, Broken) is is_broken


@pytest.mark.parametrize(
    "book",
    [
        Book(id=7, title="Dune", year=2**31),
        Book(id=7, title="\ud800"),
        Book(id=7, title="Dune", subjects=("spice" * 2000,) * 420),
    ],
    ids=["year", "half a character", "too large"],
)
def test_an_unsendable_book_is_refused_without_a_call(
    servicer: Servicer, recommender: GrpcRecommender, book: Book
) -> None:
    """Recommendations would report an oversized message like an overload, and the relay would repeat it for ever."""
    with pytest.raises(RecommenderRefused):
        recommender.upsert([book])
    assert servicer.requests == []


def test_a_call_ends_at_its_deadline(servicer: Servicer, port: int) -> None:
    """A page does not wait longer for a server that hangs."""
    release = Event()
    servicer.wait = release.wait
    with closing(GrpcRecommender(target("localhost", port), timeout=0.05)) as recommender:
        with pytest.raises(RecommenderUnavailable, match="DEADLINE_EXCEEDED"):
            recommender.recommend(0, [MYSTERY])
        release.set()


def test_a_host_that_does_not_exist_fails_within_the_timeout() -> None:
    """It is treated like an outage."""
    with (
        closing(GrpcRecommender(target("no-such-host.invalid", 50051), timeout=2)) as recommender,
        pytest.raises(RecommenderUnavailable),
    ):
        recommender.recommend(0, [MYSTERY])


def test_the_breaker_opens_and_a_probe_closes_it(servicer: Servicer, port: int) -> None:
    """After five failures no call is made; after the pause one is, and its success closes the breaker."""
    clock = Clock()
    breaker = Breaker(RecommenderUnavailable, clock=clock)
    with closing(GrpcRecommender(target("localhost", port), timeout=10, breaker=breaker)) as recommender:
        servicer.status = grpc.StatusCode.INTERNAL
        for _ in range(5):
            with pytest.raises(RecommenderUnavailable, match="INTERNAL"):
                recommender.recommend(0, [MYSTERY])
        with pytest.raises(RecommenderUnavailable, match="breaker is open"):
            recommender.recommend(0, [MYSTERY])
        assert len(servicer.requests) == 5
        assert recommender.state == State.OPEN.value
        servicer.status = None
        clock.seconds += 0.5
        recommender.recommend(0, [MYSTERY])
        assert recommender.state == State.CLOSED.value


def test_refusals_and_the_relays_calls_do_not_open_the_breaker(
    servicer: Servicer, recommender: GrpcRecommender
) -> None:
    """Permanent errors and failed calls of the relay do not stop the calls of pages."""
    servicer.status = grpc.StatusCode.INVALID_ARGUMENT
    for _ in range(10):
        with pytest.raises(RecommenderRefused):
            recommender.recommend(0, [MYSTERY])
    servicer.status = grpc.StatusCode.INTERNAL
    for _ in range(10):
        with pytest.raises(RecommenderUnavailable):
            recommender.record([CLICK])
    assert recommender.state == State.CLOSED.value
