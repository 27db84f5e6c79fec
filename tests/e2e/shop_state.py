"""What the running shop says of itself and of a reader."""

import json
import time
import urllib.request
from typing import Any

from playwright.sync_api import Page

from tests.e2e.processes import Pair

DEADLINE_SECONDS = 30.0


def await_delivery(pair: Pair) -> None:
    """Wait until Recommendations was told all that happened; nothing may have been refused."""
    ends = time.monotonic() + DEADLINE_SECONDS
    while True:
        with urllib.request.urlopen(f"{pair.shop}readyz", timeout=10) as answer:
            outbox = json.load(answer)["outbox"]
        assert outbox["refused"] == 0
        if outbox["waiting"] == 0:
            return
        assert time.monotonic() < ends, outbox


def export_of(page: Page, shop: str) -> dict[str, Any]:
    """All that the shop keeps about whoever uses this page."""
    answer = page.request.get(f"{shop}account/export")
    assert answer.ok
    exported: dict[str, Any] = answer.json()
    return exported
