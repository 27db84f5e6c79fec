"""A first visit in headless Chromium: by mouse, without JavaScript, by keyboard, and during an outage."""

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
    """A page of a fresh browser; its console must show no errors."""
    problems: list[str] = []
    with browser.new_context(java_script_enabled=scripts, reduced_motion="reduce") as context:
        page = context.new_page()
        page.set_default_timeout(DEADLINE * 1000)
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("response", lambda response: problems.append(response.url) if response.status >= 500 else None)
        yield page
    # The browser also logs the 401 of a wrong password and the 422 of an invalid address.
    assert [text for text in problems if "401" not in text and "422" not in text] == []


@pytest.mark.parametrize("way", ["mouse", "no-scripts", "keyboard"])
def test_a_first_visit(pair: Pair, browser: Browser, way: str) -> None:
    """From a misspelt search to a personal shelf, an account, and its deletion."""
    email = f"{way}@example.com"
    with opened(browser, scripts=way != "no-scripts") as page:
        visit = Visit(page, pair.shop, Keyboard(page) if way == "keyboard" else Mouse())
        visit.open_home()
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
        visit.delete_data()
        visit.find_no_history()
        visit.fail_to_sign_in(email)


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[Pair]:
    """Both services, for one test to break."""
    with ExitStack() as stack:
        yield start_pair(tmp_path, stack)


def test_a_first_visit_without_recommendations(breakable: Pair, browser: Browser) -> None:
    """Everything but personal shelves works, and events arrive exactly once when Recommendations is back.

    One reader keeps their account and one deletes it: Recommendations has all data of the first, none of the second.
    """
    pair = breakable
    pair.recommendations.kill()
    with opened(browser) as page:
        for email in ("stays@example.com", "goes@example.com"):
            visit = Visit(page, pair.shop, Mouse())
            visit.open_home()
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
                visit.delete_data()
                visit.fail_to_sign_in(email)
            else:
                stays = export
                visit.sign_out()
    pair.restart_recommendations()
    await_delivery(pair)
    assert {row["kind"] for row in stays["history"]} == {"click", "rating"}
    assert recorded(pair, stays["reader_id"]) == sorted(row["id"] for row in stays["history"])
    assert recorded(pair, export["reader_id"]) == []


def recorded(pair: Pair, reader_id: int) -> list[str]:
    """The ids of this reader's interactions in Recommendations."""
    with grpc.insecure_channel(pair.grpc_address) as channel:
        request = pb.ListInteractionsRequest(user_id=reader_id)
        response = RecommendationsStub(channel).ListInteractions(request, timeout=DEADLINE, wait_for_ready=True)
    return sorted(interaction.id for interaction in response.interactions)
