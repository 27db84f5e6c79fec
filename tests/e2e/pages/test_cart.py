"""Adding to the cart in headless Chromium, however often the form is sent."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Route, expect
from werkzeug.serving import make_server

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.settings import Settings
from marketplace.store import open_store
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import put

pytestmark = [pytest.mark.slow, pytest.mark.browser]

DUNE = Book(id=20, title="Dune", price=Money(999, "EUR"))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[str]:
    """The address of a shop with one book."""
    with closing(open_store(f"sqlite:///{tmp_path / 'shop.db'}")) as store:
        store.migrate()
        put(store, DUNE)
        app = create_app(Settings(data_dir=tmp_path), FakeRecommender(), store=store)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.mark.parametrize("way", ["double click", "lost answer"])
def test_an_addition_counts_once(shop: str, browser: Browser, way: str) -> None:
    """The script sends the form again after a lost answer, and the shop recognizes the repetition."""
    with browser.new_context() as context:
        page = context.new_page()
        # A click makes the visitor a reader: otherwise each request would come from another guest.
        page.goto(f"{shop}/books/20?from=shop")
        page.goto(f"{shop}/books/20?from=shop")
        button = page.get_by_role("button", name="Add to cart")
        if way == "lost answer":
            page.route("**/books/20/cart", lose_answer, times=1)
            button.click()
        else:
            button.dblclick()
        expect(page.get_by_role("link", name="Cart (not empty)")).to_be_visible()
        page.goto(f"{shop}/cart")
        expect(page.get_by_label("Quantity")).to_have_value("1")


def lose_answer(route: Route) -> None:
    """The shop gets the request, and the browser no response."""
    route.fetch(max_redirects=0)
    route.abort()
