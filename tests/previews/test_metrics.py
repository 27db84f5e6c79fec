"""The metrics of previews."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from previews.domain import PageNotFound, StoreUnavailable, UnsupportedContent
from previews.metrics import OUTCOMES, add_database, add_fetches
from previews.service import PreviewService
from previews.store import Store, open_store
from tests.http_server import HttpServer, answer
from tests.previews.site import fetcher, html


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path / 'previews.db'}")) as store:
        store.migrate()
        yield store


def test_fetches_are_counted_by_outcome(store: Store, site: HttpServer) -> None:
    """What is known already is not fetched, and so not counted; nor is an address."""
    registry = CollectorRegistry()
    service = PreviewService(store, fetcher(site), count=add_fetches(registry))

    def counted() -> dict[str, float]:
        values = {
            outcome: registry.get_sample_value("previews_fetches_total", {"outcome": outcome}) for outcome in OUTCOMES
        }
        assert None not in values.values()
        return {outcome: value for outcome, value in values.items() if value}

    assert counted() == {}
    site.answer = html("<title>One</title>")
    for _ in range(2):
        service.preview(site.url)
    site.answer = answer(404)
    with pytest.raises(PageNotFound):
        service.preview(site.url + "/missing")
    site.answer = html("no picture")
    with pytest.raises(UnsupportedContent):
        service.picture(site.url + "/picture")
    assert counted() == {"Fetched": 1, "PageNotFound": 1, "UnsupportedContent": 1}


def test_whether_the_database_answers_is_seen(store: Store) -> None:
    """Without it previews answers nothing."""
    registry = CollectorRegistry()
    add_database(registry, store.check)
    assert registry.get_sample_value("database_up") == 1

    def fail() -> None:
        raise StoreUnavailable

    registry = CollectorRegistry()
    add_database(registry, fail)
    assert registry.get_sample_value("database_up") == 0
