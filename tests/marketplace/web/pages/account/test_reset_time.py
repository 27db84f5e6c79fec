"""Requests of password resets take as long for unknown addresses as for known ones."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import Attempt, Limiter
from tests.marketplace.browser import Browser, quick_passwords, token
from tests.marketplace.fakes import FakeRecommender

ROUNDS = 150
ACCOUNTS = 20
TOLERANCES = {"processor": 0.08, "wall": 0.25}
"""Of the medians. Without the decoy a request takes 15 % less processor time, without the deleted mail 10 %.

Without a commit it takes a fraction of the wall time, which varies with the machine's load."""


@pytest.fixture
def app(store: Store, tmp_path: Path) -> Flask:
    """A shop without limits."""
    limiter = Limiter(dict.fromkeys(Attempt, Limit(1_000_000, 1)))
    passwords = quick_passwords()
    return create_app(
        Settings(data_dir=tmp_path), FakeRecommender(), store=store, passwords=passwords, limiter=limiter
    )


@pytest.mark.slow
def test_an_unknown_address_takes_as_long_as_a_known_one(app: Flask) -> None:
    """The medians of processor time and of wall time, of many requests in turn, differ by little.

    The statements, which are compared exactly elsewhere, are the proof; this one would notice work beside them.
    """
    for number in range(ACCOUNTS):
        assert Browser(app).sign_up(f"known{number:02}@example.com").status_code == 303
    browser = Browser(app)
    form = {"csrf_token": token(browser.client.get("/account/forgotten").text)}
    clocks: dict[str, Callable[[], float]] = {"processor": time.thread_time, "wall": time.perf_counter}
    times: dict[tuple[str, str], list[float]] = {}
    for i in range(ROUNDS):
        for kind in ("known", "other") if i % 2 else ("other", "known"):
            before = {name: clock() for name, clock in clocks.items()}
            response = browser.client.post(
                "/account/forgotten", data={**form, "email": f"{kind}{i % ACCOUNTS:02}@example.com"}
            )
            for name, clock in clocks.items():
                times.setdefault((name, kind), []).append(clock() - before[name])
            assert response.status_code == 303
    for name in clocks:
        known, other = median(times[name, "known"]), median(times[name, "other"])
        assert abs(known - other) <= TOLERANCES[name] * known, (name, known, other)
