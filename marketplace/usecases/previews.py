"""Fetches what links lead to; the relay calls it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from marketplace.domain.conversations import Conversation
from marketplace.domain.errors import PreviewsError, PreviewsUnavailable
from marketplace.domain.links import WAITS, Link, LinkState, Picture, Preview
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.conversations import changed_event
from servicekit.clock import now

log = structlog.get_logger()


class Previews(Protocol):
    """The service that fetches pages of strangers.

    A call takes 5.5 seconds at most. Raises PreviewsUnavailable if the same call may succeed later, else
    PreviewsRefused.
    """

    def preview(self, url: str) -> Preview:
        """What a page says about itself."""

    def picture(self, url: str) -> Picture:
        """The picture at a URL."""


class LinkFetcher:
    """Fetches the previews of links that were asked for; thread-safe."""

    def __init__(self, store: Store, previews: Previews, *, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._previews = previews
        self._clock = clock

    def fetch(self, link_id: str) -> None:
        """Fetch a link's preview and store it, or the failure: no failure of Previews is raised.

        After a failure that may pass, the next try is later, so that a slow site does not delay other links. Raises
        StoreUnavailable.
        """
        with self._store.read() as work:
            link = work.link_previews.get(link_id)
        # It may have been deleted with a reader's data, or this may be a repetition.
        if link is None or link.state is not LinkState.ASKED:
            return
        try:
            preview = self._previews.preview(link.url)
        except PreviewsError as error:
            self._fail(link, error)
        else:
            self._succeed(link, preview, self._picture(preview.image))

    def _picture(self, url: str) -> Picture | None:
        if not url:
            return None
        try:
            return self._previews.picture(url)
        except PreviewsError as error:
            # A preview is useful without it.
            log.info("link_picture_not_fetched", code=error.code)
            return None

    def _fail(self, link: Link, error: PreviewsError) -> None:
        passes = isinstance(error, PreviewsUnavailable) and link.attempts < len(WAITS)
        retry_at = self._clock() + WAITS[link.attempts] if passes else None
        with self._store.write() as work:
            work.link_previews.fail(link.id, error.code, attempts=link.attempts + 1, retry_at=retry_at)
            work.commit()
        if retry_at is None:
            # Without the link, which is what somebody wrote.
            log.info("link_not_previewed", code=error.code, attempts=link.attempts + 1)

    def _succeed(self, link: Link, preview: Preview, picture: Picture | None) -> None:
        moment = self._clock()
        with self._store.write() as work:
            # Locked before the conversations: who writes a message does so in this order too.
            before = work.link_previews.lock(link.id)
            if before is None:
                return
            picture_id = work.pictures.put(picture, at=moment) if picture else None
            work.link_previews.succeed(link.id, preview, picture_id)
            if (replace(preview, image=""), picture_id) != (before.preview, before.picture_id):
                for conversation in work.conversations.with_link(link.id):
                    _change_card(work, conversation, link, moment)
            work.commit()


def _change_card(work: UnitOfWork, conversation: Conversation, link: Link, moment: datetime) -> None:
    """Have open pages fetch the messages with this link again."""
    change = conversation.changes + 1
    work.conversations.change_card(conversation.id, link.id, change)
    by = next(message.side for message in reversed(conversation.messages) if message.link == link.url)
    work.outbox.publish(changed_event(conversation, change, by), at=moment)
