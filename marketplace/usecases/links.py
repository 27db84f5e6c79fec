"""Links: asking what they lead to, and keeping that no longer than it is needed."""

from collections.abc import Callable
from datetime import datetime

from marketplace.domain.errors import InvalidLink
from marketplace.domain.events import PreviewRequested
from marketplace.domain.links import KEEP, Link, is_id, link_id, parse_link
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.moderation import moderating
from servicekit.clock import now


class Links:
    """The use cases; every method raises StoreUnavailable."""

    def __init__(
        self, store: Store, *, wake: Callable[[], None] = lambda: None, clock: Callable[[], datetime] = now
    ) -> None:
        """`wake` is called after each commit that wrote an event."""
        self._store = store
        self._wake = wake
        self._clock = clock

    def ask(self, by: int, text: str) -> str:
        """Have a moderator's link looked at; returns its id.

        Raises InvalidLink, and NotSignedIn if the moderator's account has been deleted.
        """
        url = parse_link(text)
        if url is None:
            raise InvalidLink
        with moderating(self._store, by) as work:
            ask_for(work, url, at=self._clock())
        self._wake()
        return link_id(url)

    def get(self, of: str) -> Link | None:
        """The link with this id, None if it was not asked for lately."""
        # PostgreSQL fails on a NUL, which would look like an outage.
        if not is_id(of):
            return None
        with self._store.read() as work:
            return work.link_previews.get(of)

    def retry_due(self) -> None:
        """Have the links fetched again whose next try is due."""
        with self._store.write() as work:
            due = work.link_previews.take_due(self._clock())
            for of in due:
                work.outbox.add(PreviewRequested(of), created_at=self._clock())
            work.commit()

    def prune(self) -> None:
        """Delete links and pictures to which nothing refers, and to which nothing has referred for a day."""
        before = self._clock() - KEEP
        with self._store.write() as work:
            work.link_previews.remove_unused(work.link_previews.unused(before))
            work.pictures.prune(before)
            work.commit()


def ask_for(work: UnitOfWork, url: str, *, at: datetime) -> None:
    """Have a link's preview fetched, unless a fresh one was asked for; the link is locked."""
    if work.link_previews.ask(url, at=at):
        work.outbox.add(PreviewRequested(link_id(url)), created_at=at)
