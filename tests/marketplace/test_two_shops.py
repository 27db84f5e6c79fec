"""Two processes of the shop over one database: whatever a reader does at one counts at the other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.app import create_app, shared_attempts
from marketplace.domain.api_tokens import LIFETIMES, Scope
from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from marketplace.usecases.api_tokens import ApiTokens
from marketplace.usecases.shared_attempts import SharedAttempts
from marketplace.web.limits import IN_MEMORY, LIMITS, Attempt, Limiter
from tests.marketplace.browser import DAY, Browser, quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.ordering import add_to_cart, check_out, checkout_fields, moderator_of, moderators_browser
from tests.marketplace.web.pages.test_conversations import form_of, messages

TIMES = 4
"""How many attempts of each kind are allowed a day."""


@pytest.fixture
def other_store(store: Store) -> Iterator[Store]:
    """The store of the other process."""
    with closing(open_store(store.engine.url.render_as_string(hide_password=False))) as opened:
        yield opened


@pytest.fixture
def shops(
    app: Flask, store: Store, other_store: Store, recommender: FakeRecommender, tmp_path: Path
) -> tuple[Flask, Flask]:
    """The applications of both; `app` has filled the catalogue."""
    assert app

    def shop(own: Store) -> Flask:
        settings = Settings(data_dir=tmp_path, secrets_dir=tmp_path / "secrets")
        limits = {**LIMITS, Attempt.WRONG_BY_EMAIL_LATELY: Limit(TIMES, DAY)}
        limiter = Limiter(limits, shared=shared_attempts(settings, own))
        return create_app(settings, recommender, store=own, passwords=quick_passwords(), limiter=limiter)

    return shop(store), shop(other_store)


class Balanced(Browser):
    """A browser whose requests go to both shops in turn, as a proxy may send them."""

    def __init__(self, shops: tuple[Flask, Flask]) -> None:
        super().__init__(shops[0])
        in_turn, send = cycle(shops), self.client.open

        def send_in_turn(*args: Any, **kwargs: Any) -> TestResponse:
            self.client.application = next(in_turn)
            return send(*args, **kwargs)

        self.client.open = send_in_turn  # type: ignore[method-assign]


def at(shop: Flask, browser: Browser) -> Browser:
    """The same browser, with its cookies, at one of the shops."""
    browser.client.application = shop
    return browser


def test_wrong_passwords_are_counted_together(shops: tuple[Flask, Flask]) -> None:
    """Used up at one shop, the limit is used up at the other too."""
    Browser(shops[0]).sign_up()
    statuses = [Browser(shops[number % 2]).sign_in(password="wrong").status_code for number in range(TIMES + 2)]
    assert statuses == [401] * TIMES + [429] * 2


def test_limits_hold_over_both_but_for_those_of_pages(store: Store, other_store: Store) -> None:
    """Those that only spare the processor are counted by each shop."""
    limits = dict.fromkeys(Attempt, Limit(1, DAY))
    one, other = (Limiter(limits, shared=SharedAttempts(own, "a key")) for own in (store, other_store))
    assert not any(one.wait(attempt, "a") for attempt in Attempt)
    assert {attempt for attempt in Attempt if not other.delay(attempt, "a")} == IN_MEMORY
    for attempt in Attempt:
        one.clear(attempt, "a")
    assert not any(other.delay(attempt, "a") for attempt in Attempt)


def test_signed_out_at_one_is_signed_out_at_the_other(shops: tuple[Flask, Flask]) -> None:
    """Also a copy of the cookie; signed in at one is signed in at the other."""
    browser = Browser(shops[0])
    browser.sign_up()
    cookie = browser.client.get_cookie("reader")
    assert cookie is not None
    assert "ann@example.com" in at(shops[1], browser).get("/account")
    assert at(shops[0], browser).sign_out().status_code == 303
    browser.client.set_cookie("reader", cookie.value)
    for shop in shops:
        assert "ann@example.com" not in at(shop, browser).get("/account")


def test_one_visit_may_go_to_both(shops: tuple[Flask, Flask], store: Store) -> None:
    """Account, cart, order and conversation, with the requests in turn."""
    buyer, moderator = Balanced(shops), moderators_browser(shops[0], store)
    assert buyer.sign_up().status_code == 303
    order = check_out(buyer)
    mine, theirs = f"/orders/{order}", f"/moderator/orders/{order}"
    buyer.client.post(f"{mine}/messages", data={**form_of(buyer, mine), "text": "Where is it?"})
    assert messages(at(shops[1], moderator).get(theirs)) == ["Where is it?"]
    for shop in shops:
        assert messages(at(shop, moderator).get(theirs)) == ["Where is it?"]


def test_an_order_that_is_sent_to_both_is_placed_once(shops: tuple[Flask, Flask], store: Store) -> None:
    """At the same time, as when a proxy repeats it."""
    browser, copy = Browser(shops[0]), Browser(shops[1])
    browser.sign_up()
    add_to_cart(browser)
    fields, cookie = checkout_fields(browser), browser.client.get_cookie("reader")
    assert cookie is not None
    copy.client.set_cookie("reader", cookie.value)
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(one.client.post, "/checkout", data=fields) for one in (browser, copy)]
        answers = [answer.result() for answer in sent]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    with store.read() as work:
        assert work.books.get(20).stock == 2


def test_a_request_of_the_api_that_is_sent_to_both_counts_once(shops: tuple[Flask, Flask], store: Store) -> None:
    """At the same time: the second answer is that of the first. A token revoked at one is refused at the other."""
    by = moderator_of(store)
    token = ApiTokens(store).make(by, "till", [scope.value for scope in Scope], LIFETIMES[0])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": '"sale-1"'}
    clients = [shop.test_client(use_cookies=False) for shop in shops]
    with ThreadPoolExecutor(2) as pool:
        path, body = "/api/v1/books/20/stock/changes", {"delta": -1}
        sent = [pool.submit(client.post, path, json=body, headers=headers) for client in clients]
        answers = [answer.result() for answer in sent]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    assert answers[0].json == answers[1].json
    with store.read() as work:
        assert work.books.get(20).stock == 2
    ApiTokens(store).revoke(by, token.token_id)
    assert [client.get("/api/v1/books", headers=headers).status_code for client in clients] == [401, 401]


def test_a_books_page_is_never_behind(shops: tuple[Flask, Flask], store: Store) -> None:
    """A moderator's change at one shop is on the book's page at the other at once; cards follow within 30 seconds."""
    moderator, visitor = moderators_browser(shops[0], store), Browser(shops[1])
    assert "Dune" in visitor.get("/books/20")
    moderator.send("/moderator/books/20/hide", form_at="/moderator/books/20")
    assert visitor.client.get("/books/20").status_code == 404


def test_best_sellers_are_the_same(shops: tuple[Flask, Flask], recommender: FakeRecommender) -> None:
    """Readers whose requests go to both see one list while Recommendations is down."""
    recommender.error = RecommenderUnavailable("down")
    one, other = (Browser(shop).get("/") for shop in shops)
    assert "Hyperion" in one
    assert one == other


def test_a_file_of_another_version_is_not_kept(shops: tuple[Flask, Flask]) -> None:
    """During an upgrade the page of one shop may ask the other one, which has the old file, for the new one."""
    client = shops[0].test_client()
    for query in ("", "?v=another"):
        assert client.get(f"/static/shop.css{query}").headers["Cache-Control"] == "public, no-cache"
    page = client.get("/").text
    address = page[page.index("/static/shop.css?v=") :].split('"')[0]
    assert "max-age=31536000" in client.get(address).headers["Cache-Control"]
