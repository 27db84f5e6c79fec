"""A purchase in headless Chromium, from a guest's cart to the order that a moderator ships."""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Browser

from tests.e2e.pages.hands import Keyboard, Mouse
from tests.e2e.pages.purchase import Moderator, Purchase
from tests.e2e.pages.shop_state import await_delivery
from tests.e2e.pages.test_visit import opened
from tests.e2e.processes import ROOT, Pair

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("way", ["mouse", "no-scripts", "keyboard"])
def test_a_purchase(pair: Pair, browser: Browser, way: str) -> None:
    """A guest's cart, signing up at the checkout, an order that becomes paid while its page is open, and
    is shipped by a moderator."""
    scripts = way != "no-scripts"
    with opened(browser, scripts=scripts) as page, opened(browser, scripts=scripts) as other:
        moderator = Moderator(other, pair.shop, Mouse())
        moderator.sign_up(f"moderator-{way}@example.com")
        make_moderator(pair, f"moderator-{way}@example.com")
        purchase = Purchase(page, pair.shop, Keyboard(page) if way == "keyboard" else Mouse())
        purchase.add_to_cart()
        purchase.order_two_copies()
        purchase.sign_up_at_checkout(f"buyer-{way}@example.com")
        order_id = purchase.order()
        purchase.await_payment()
        moderator.ship(order_id)
        purchase.find_shipped(order_id)
        purchase.find_in_history()
    await_delivery(pair)


def make_moderator(pair: Pair, email: str) -> None:
    """Run the operator's command."""
    done = subprocess.run(
        [sys.executable, "-m", "marketplace", "moderator", "add", email],
        cwd=ROOT,
        env={**os.environ, "MARKETPLACE_DATA_DIR": str(pair.folder / "marketplace")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
