"""One trace of an order, from the click to the mail, as a collector gets it from the real processes."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from events.signature import new_secret
from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from tests.e2e.processes import Process, await_that
from tests.e2e.selling.buyers import Buyer, sign_up
from tests.e2e.small_shop import SmallShop
from tests.http_server import HttpServer
from tests.marketplace.stored import put
from tests.rabbitmq import RabbitMQ
from tests.traces import Node, nodes_of

pytestmark = pytest.mark.slow

ORDER = """\
marketplace: POST /checkout
  marketplace: send notices
    notices: process marketplace.notice.requested
      notices: send email
  marketplace: send notices
    notices: process marketplace.order.placed
  marketplace: send payments
    marketplace: POST /webhooks/payments/<string(maxlength=64):order_id>
      marketplace: send notices
        notices: process marketplace.notice.requested
          notices: send email
      marketplace: send recommendations
        marketplace: Recommendations/RecordInteractions
          recommendations: Recommendations/RecordInteractions
"""
"""The callback is below the request for the payment, whose token names the trace: a provider need not know of it."""


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """What gets the spans of all processes, soon."""
    with HttpServer() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The shop's database with a book that Recommendations has too."""
    with closing(open_store(Settings(data_dir=tmp_path / "marketplace").database)) as opened:
        opened.migrate()
        put(opened, Book(id=1, title="Book 1", price=Money(999, "EUR")))
        yield opened


def start_all(folder: Path, recommending: SmallShop, broker: RabbitMQ | None, stack: ExitStack) -> str:
    """Start all services over a folder; returns the address of the shop."""
    shared = {"SECRETS_DIR": str(folder / "secrets"), "NOTICES_SECRET": new_secret()}
    recommendations = recommending.serve()
    stack.callback(recommendations.stop)
    payments = Process(
        "payments",
        {
            "PAYMENTS_DATA_DIR": str(folder / "payments"),
            "PAYMENTS_PORT": "0",
            "PAYMENTS_SECONDS": "0.1",
            "PAYMENTS_DECLINES": "0",
            "MARKETPLACE_PORT": "0",
        },
    )
    stack.callback(payments.stop)
    amqp = {"NOTICES_AMQP_URL": broker.url} if broker else {}
    notices = Process("notices", {"NOTICES_DATA_DIR": str(folder / "notices"), "NOTICES_PORT": "0", **shared, **amqp})
    stack.callback(notices.stop)
    shop = Process(
        "marketplace",
        {
            "MARKETPLACE_DATA_DIR": str(folder / "marketplace"),
            "MARKETPLACE_PORT": "0",
            "MARKETPLACE_PAYMENTS_URL": f"http://127.0.0.1:{payments.port}",
            "MARKETPLACE_NOTICES_URL": broker.url if broker else f"http://127.0.0.1:{notices.port}/events",
            "RECOMMENDATIONS_HOST": "127.0.0.1",
            "RECOMMENDATIONS_PORT": str(recommendations.port),
            **shared,
        },
    )
    stack.callback(shop.stop)
    return f"http://127.0.0.1:{shop.port}"


def buy(buyer: Buyer) -> str:
    """Order a book; returns the order's id."""
    assert buyer.add_to_cart(1).status == 303
    form = buyer.checkout_form()
    assert form is not None
    placed = buyer.post("/checkout", form)
    assert placed.status == 303
    return placed.location.rpartition("/")[2]


@pytest.mark.parametrize("way", ["http", pytest.param("amqp", marks=pytest.mark.rabbitmq)])
def test_an_order_is_one_trace(  # noqa: PLR0917
    way: str,
    trained_shop: SmallShop,
    store: Store,
    collector: HttpServer,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """From the browser's request over the payment and its callback to both mails and to Recommendations."""
    broker = request.getfixturevalue("broker") if way == "amqp" else None
    (session,) = sign_up(Settings(data_dir=tmp_path / "marketplace", secrets_dir=tmp_path / "secrets"), store, 1)

    def spans() -> list[Node]:
        return nodes_of([posted.body for posted in collector.requests])

    def tree() -> str:
        return "".join(
            f"{line}\n" for node in spans() if node.name == "marketplace: POST /checkout" for line in node.lines()
        )

    with ExitStack() as stack:
        shop = start_all(tmp_path, trained_shop, broker, stack)
        buyer = stack.enter_context(Buyer(shop, session))
        order_id = buy(buyer)
        await_that(lambda: tree() == ORDER, show=tree)
    print(tree())  # noqa: T201
    checkout = next(node for node in spans() if node.name == "marketplace: POST /checkout")
    assert [node.parent_id for node in spans() if node.trace_id == checkout.trace_id].count(b"") == 1
    sent = b"".join(posted.body for posted in collector.requests)
    for private in (order_id, str(session.reader_id), session.cookie, "buyer-0", "Book 1"):
        assert private.encode() not in sent
