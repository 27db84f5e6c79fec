"""Running services, a trained model and a browser, which tests share."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.processes import DEADLINE, Pair, start_pair
from tests.e2e.small_shop import SmallShop, train_small_shop
from tests.system_requirements import chromium

CHROMIUM_ARGUMENTS = [
    # The sandbox does not work for root in a container; the pages are our own.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both services with the starter."""
    with ExitStack() as stack:
        yield start_pair(tmp_path_factory.mktemp("pair"), stack)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    # Pages are slow on a busy machine.
    expect.set_options(timeout=DEADLINE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "recommendations"
    folder.mkdir()
    train_small_shop(SmallShop.in_folder(folder))
    return folder


@pytest.fixture
def trained_shop(_trained_once: Path, tmp_path: Path) -> SmallShop:
    """Recommendations on SQLite with books, a history and a model, not started."""
    return SmallShop.in_folder(Path(shutil.copytree(_trained_once, tmp_path / "recommendations")))
