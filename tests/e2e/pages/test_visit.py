"""A first visit, in headless Chromium: as people use it, without JavaScript, by keyboard, and during an outage."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc
import pytest
from playwright.sync_api import Browser, Page

from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub
from tests.e2e.pages.hands import Keyboard, Mouse
from tests.e2e.pages.shop_state import await_delivery, export_of
from tests.e2e.pages.visit import Visit
from tests.e2e.processes import Pair, start_pair

pytestmark = [pytest.mark.slow, pytest.mark.browser]

DEADLINE = 20.0


@contextmanager
def opened(browser: Browser, *, scripts: bool = True) -> Iterator[Page]:
    """A page of a fresh browser, which must not complain about the shop."""
    complaints: list[str] = []
    with browser.new_context(java_script_enabled=scripts, reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(DEADLINE * 1000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 500 else None)
        yield page
    # A refused sign-in is answered with 401, a wrong address with 422; of both the browser makes a line of its own.
    assert [each for each in complaints if "401" not in each and "422" not in each] == []


@pytest.mark.parametrize("way", ["mouse", "no-scripts", "keyboard"])
def test_a_first_visit(pair: Pair, browser: Browser, way: str) -> None:
    """From a misspelt search to a personal shelf, an account, and its deletion."""
    email = f"{way}@example.com"
    with opened(browser, scripts=way != "no-scripts") as page:
        visit = Visit(page, pair.shop, Keyboard(page) if way == "keyboard" else Mouse())
        visit.come()
        visit.search()
        visit.open_book()
        visit.rate()
        picked = visit.await_personal_shelf()
        visit.dismiss_at_home(picked[1])
        visit.sign_up(email)
        visit.await_personal_shelf()
        visit.sign_out()
        visit.find_no_history()
        visit.sign_in(email)
        visit.find_history()
        visit.be_forgotten()
        visit.find_no_history()
        visit.fail_to_sign_in(email)


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[Pair]:
    """Both services, for one test to break."""
    with ExitStack() as stack:
        yield start_pair(tmp_path, stack)


def test_a_first_visit_without_recommendations(breakable: Pair, browser: Browser) -> None:
    """All but the personal shelf works, and what was done arrives, once, when Recommendations is back.

    One reader stays and one is forgotten: of the one all is there, of the other nothing.
    """
    pair = breakable
    pair.recommendations.kill()
    with opened(browser) as page:
        for email in ("stays@example.com", "goes@example.com"):
            visit = Visit(page, pair.shop, Mouse())
            visit.come()
            visit.search()
            visit.open_book()
            visit.rate()
            visit.dismiss_on_its_page()
            visit.sign_up(email)
            visit.sign_out()
            visit.find_no_history()
            visit.sign_in(email)
            visit.find_history()
            export = export_of(page, pair.shop)
            if email == "goes@example.com":
                visit.be_forgotten()
                visit.fail_to_sign_in(email)
            else:
                stays = export
                visit.sign_out()
    pair.restart_recommendations()
    await_delivery(pair)
    assert {each["kind"] for each in stays["history"]} == {"click", "rating"}
    assert recorded(pair, stays["reader_id"]) == sorted(each["id"] for each in stays["history"])
    assert recorded(pair, export["reader_id"]) == []


def recorded(pair: Pair, reader_id: int) -> list[str]:
    """The ids of what Recommendations knows that this reader did."""
    with grpc.insecure_channel(pair.grpc_address) as channel:
        request = pb.ListInteractionsRequest(user_id=reader_id)
        answer = RecommendationsStub(channel).ListInteractions(request, timeout=DEADLINE, wait_for_ready=True)
    return sorted(each.id for each in answer.interactions)
