"""The use cases of previews."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import BoundedSemaphore

import structlog

from previews.domain import FetchError, Picture, Preview
from previews.fetching.fetcher import PAGE, PICTURE, Fetcher
from previews.fetching.one_at_a_time import OneAtATime
from previews.fetching.rules import Url, UrlRefused
from previews.parsing.page import read_page
from previews.parsing.picture import encode_again
from previews.store import Store
from servicekit.clock import now
from servicekit.errors import InvalidArgument

KEEP = timedelta(days=1)
KEEP_FAILURES = timedelta(minutes=5)
FETCHED = "Fetched"
"""The outcome of a fetch that has brought a page or a picture; others are named after their FetchError."""

_log = structlog.get_logger()


class PreviewService:
    """What links lead to; thread-safe."""

    def __init__(
        self,
        store: Store,
        fetcher: Fetcher,
        *,
        clock: Callable[[], datetime] = now,
        count: Callable[[str], object] = lambda _outcome: None,
    ) -> None:
        """`count` is called with the outcome of each fetch."""
        self._store = store
        self._fetcher = fetcher
        self._clock = clock
        self._count = count
        self._urls = OneAtATime()
        # A picture takes up to 250 MB while it is decoded.
        self._decoding = BoundedSemaphore(1)

    def preview(self, text: str) -> Preview:
        """What the page at a URL says about itself, from the store or fetched.

        Raises InvalidArgument, FetchError, TimeTooShort, HostBusy and StoreUnavailable.
        """
        url = self._url(text)
        # Calls for the same URL wait for the first one, and find what it has stored.
        with self._urls.held(url.text):
            answer = self._store.find(url.text, at=self._clock())
            if answer is None:
                answer = self._fetched(url)
                keep = KEEP if isinstance(answer, Preview) else KEEP_FAILURES
                self._store.put(url.text, answer, expires_at=self._clock() + keep)
        if isinstance(answer, FetchError):
            raise answer
        return answer

    def picture(self, text: str) -> Picture:
        """The picture at a URL, encoded again; it is not stored. Raises likewise, and PictureRefused."""
        url = self._url(text)
        try:
            file = self._fetcher.fetch(url, PICTURE).body
            with self._decoding:
                picture = encode_again(file)
        except FetchError as error:
            self._count(type(error).__name__)
            _log.info("picture_failed", cause=type(error).__name__)
            raise
        self._count(FETCHED)
        return picture

    def prune(self) -> None:
        """Delete what has expired. Raises StoreUnavailable."""
        self._store.prune(self._clock())

    def _url(self, text: str) -> Url:
        try:
            return self._fetcher.url(text)
        except UrlRefused as error:
            raise InvalidArgument("url", str(error)) from None

    def _fetched(self, url: Url) -> Preview | FetchError:
        try:
            preview = read_page(self._fetcher.fetch(url, PAGE))
        except FetchError as error:
            self._count(type(error).__name__)
            # Not the URL: it is what somebody typed.
            _log.info("preview_failed", cause=type(error).__name__)
            return error.with_traceback(None)
        self._count(FETCHED)
        return replace(preview, image=self._fetchable(preview.image))

    def _fetchable(self, image: str) -> str:
        """The URL of a picture in the form in which it may be fetched; empty if it may not be."""
        try:
            return self._fetcher.url(image).text
        except UrlRefused:
            return ""
