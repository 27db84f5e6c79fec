"""What is kept for how long, and that a URL is fetched once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Event

import pytest
from PIL import Image
from structlog.testing import capture_logs

from previews.domain import PageNotFound, PictureRefused, SiteTooSlow, TimeTooShort, UnsupportedContent
from previews.fetching.fetcher import Fetcher
from previews.service import KEEP, KEEP_FAILURES, PreviewService
from previews.store import Store, open_store
from servicekit.deadline import deadline
from servicekit.errors import InvalidArgument
from tests.http_server import HttpServer, Request, answer
from tests.previews.site import fetcher, html

SECOND = timedelta(seconds=1)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 30, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'previews.db'}")
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def service(store: Store, site: HttpServer, clock: Clock) -> PreviewService:
    return PreviewService(store, fetcher(site), clock=clock)


def test_a_preview_is_kept_for_a_day(service: PreviewService, site: HttpServer, clock: Clock) -> None:
    """The site is asked once, whatever follows # in the URL, and again after a day."""
    site.answer = html("<title>One</title>")
    assert service.preview(site.url).title == "One"
    site.answer = html("<title>Two</title>")
    clock.time += KEEP - SECOND
    assert service.preview(site.url + "/#part").title == "One"
    clock.time += SECOND
    assert service.preview(site.url).title == "Two"
    assert len(site.requests) == 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://cdn.example/a b.png#x", "https://cdn.example/a%20b.png"),
        ("http://10.0.0.1/router.png", ""),
        ("https://user@cdn.example/a.png", ""),
        ("https://cdn.example:8443/a.png", ""),
    ],
)
def test_only_pictures_that_may_be_fetched_are_named(
    service: PreviewService, site: HttpServer, given: str, expected: str
) -> None:
    """A page cannot make a caller ask for an address of its own network."""
    site.answer = html(f'<meta property="og:image" content="{given}">')
    assert service.preview(site.url).image == expected


def test_a_failure_is_kept_for_minutes(service: PreviewService, site: HttpServer, clock: Clock) -> None:
    """It is raised again without asking the site, and then a preview takes its place."""
    site.answer = answer(404)
    for _ in range(2):
        with pytest.raises(PageNotFound):
            service.preview(site.url)
    assert len(site.requests) == 1
    site.answer = html("<title>Found</title>")
    clock.time += KEEP_FAILURES
    assert service.preview(site.url).title == "Found"


def test_an_unknown_encoding_is_kept_too(service: PreviewService, site: HttpServer) -> None:
    """A failure of reading is one like those of fetching."""
    site.answer = html(b"<title>\xff", "text/html; charset=x-unknown")
    for _ in range(2):
        with pytest.raises(UnsupportedContent):
            service.preview(site.url)
    assert len(site.requests) == 1


def test_a_short_deadline_is_not_held_against_a_site(service: PreviewService, site: HttpServer) -> None:
    """Only a site that had its whole time counts as slow; a call with more time asks it again."""
    site.answer = site.hang
    with deadline(0.1), pytest.raises(TimeTooShort):
        service.preview(site.url)
    site.answer = html("<title>Slow</title>")
    assert service.preview(site.url).title == "Slow"


def test_a_slow_site_is_left_alone(store: Store, site: HttpServer) -> None:
    """It is not asked again for minutes."""
    service = PreviewService(store, fetcher(site, seconds=0.1))
    site.answer = site.hang
    for _ in range(2):
        with pytest.raises(SiteTooSlow):
            service.preview(site.url)
    assert len(site.requests) == 1


def test_calls_for_one_url_fetch_it_once(service: PreviewService, site: HttpServer) -> None:
    """Those that come meanwhile wait for the first."""
    released = Event()

    def slowly(request: Request) -> Iterator[bytes]:
        released.wait()
        yield from html("<title>Once</title>")(request)

    site.answer = slowly
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(service.preview, site.url) for _ in range(4)]
        site.await_requests(1)
        released.set()
        assert {call.result().title for call in calls} == {"Once"}
    assert len(site.requests) == 1


def test_a_refused_url_is_an_invalid_argument(store: Store) -> None:
    """It names the field and the reason, and nothing is stored."""
    service = PreviewService(store, Fetcher(user_agent="test"))
    for use in (service.preview, service.picture):
        with pytest.raises(InvalidArgument) as caught:
            use("http://10.0.0.1/")
        assert (caught.value.field, caught.value.description) == (
            "url",
            "must not have an address that is not public",
        )


def test_a_picture(service: PreviewService, site: HttpServer) -> None:
    """It is encoded again; a file that is none is refused, whatever its header says; neither is kept."""
    file = BytesIO()
    Image.new("RGB", (30, 40)).save(file, "PNG")
    site.answer = html(file.getvalue(), "image/png")
    picture = service.picture(site.url)
    assert (picture.media_type, picture.width, picture.height) == ("image/jpeg", 30, 40)
    site.answer = html("<svg onload='alert(1)'/>", "image/png")
    with pytest.raises(PictureRefused):
        service.picture(site.url)


def test_logs_do_not_have_what_somebody_typed(service: PreviewService, site: HttpServer) -> None:
    """A failure is logged by its kind alone."""
    site.answer = answer(404)
    with capture_logs() as logs:
        for use in (service.preview, service.picture):
            with pytest.raises(PageNotFound):
                use(f"{site.url}/typed?secret")
    assert [(line["event"], line["cause"]) for line in logs] == [
        ("preview_failed", "PageNotFound"),
        ("picture_failed", "PageNotFound"),
    ]
    assert "typed" not in str(logs)
    assert "127.0.0.1" not in str(logs)


def test_pruning(service: PreviewService, store: Store, site: HttpServer, clock: Clock) -> None:
    """Expired answers are deleted."""
    site.answer = html("<title>Old</title>")
    service.preview(site.url)
    clock.time += KEEP
    service.prune()
    assert store.find(site.url + "/", at=clock.time - SECOND) is None
