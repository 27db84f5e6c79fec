"""Conversations between readers and the shop about orders."""

from collections.abc import Callable
from datetime import datetime

from events import types
from marketplace.domain.conversations import (
    MAX_ID_LENGTH,
    MAX_MESSAGES,
    MAX_TEXT_LENGTH,
    MAX_VERSION,
    Conversation,
    Draft,
    Side,
    put_message,
    tidy_text,
)
from marketplace.domain.errors import (
    ConversationFull,
    ConversationNotFound,
    InvalidMessage,
    NotSignedIn,
    OrderNotFound,
)
from marketplace.domain.ids import NOBODY
from marketplace.domain.links import first_link
from marketplace.domain.moderation import Action
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.links import ask_for
from servicekit.clock import now


class Conversations:
    """The use cases of conversations; `wake` is called after each commit that wrote an event.

    Every method raises StoreUnavailable.
    """

    def __init__(
        self,
        store: Store,
        *,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
        max_messages: int = MAX_MESSAGES,
    ) -> None:
        self._store = store
        self._max_messages = max_messages
        self._wake = wake
        self._clock = clock

    def about(self, order_id: str) -> Conversation | None:
        """The conversation about an order, None if nobody has written; the caller has checked the rights."""
        with self._store.read() as work:
            try:
                return work.conversations.get(order_id)
            except ConversationNotFound:
                return None

    def write(self, reader_id: int, order_id: str, draft: Draft) -> None:
        """Send, or edit, a reader's message about their order; sent again it changes nothing.

        Raises OrderNotFound, also for another reader's order, and MessageNotSent.
        """
        with self._store.write() as work:
            # The reader is locked first everywhere, which avoids deadlocks.
            work.readers.lock(reader_id)
            if reader_id == NOBODY or work.orders.get(order_id).reader_id != reader_id:
                raise OrderNotFound
            self._put(work, order_id, reader_id, Side.READER, draft)
            work.commit()
        self._wake()

    def answer(self, by: int, order_id: str, draft: Draft) -> None:
        """Send, or edit, the shop's message about an order; sent again it changes nothing.

        Raises OrderNotFound, also if its reader has been deleted, MessageNotSent, and NotSignedIn if the moderator's
        account has been deleted.
        """
        with self._store.write() as work:
            reader_id = work.orders.get(order_id).reader_id
            if reader_id is None:
                raise OrderNotFound
            _lock_both(work, by, reader_id)
            if self._put(work, order_id, reader_id, Side.SHOP, draft):
                work.audit.add(by, Action.ANSWERED, order_id, {}, at=self._clock())
            work.commit()
        self._wake()

    def see(self, side: Side, conversation: Conversation) -> None:
        """Note that a side has been shown these messages."""
        if conversation.unseen_by(side):
            with self._store.write() as work:
                work.conversations.see(conversation.id, side, conversation.last_number)
                work.commit()

    def close(self, by: int, order_id: str) -> None:
        """Take a conversation out of the box of open ones, until somebody writes again.

        Raises ConversationNotFound, and NotSignedIn if the moderator's account has been deleted.
        """
        with self._store.write() as work:
            _lock_both(work, by, work.conversations.get(order_id).reader_id)
            if work.conversations.lock(order_id).is_open:
                work.conversations.set_open(order_id, is_open=False)
                work.audit.add(by, Action.CONVERSATION_CLOSED, order_id, {}, at=self._clock())
            work.commit()

    def _put(self, work: UnitOfWork, order_id: str, reader_id: int, side: Side, draft: Draft) -> bool:
        draft = _checked(draft)
        moment = self._clock()
        # Before the conversation is locked: a preview that comes locks both in this order.
        if url := first_link(draft.text):
            ask_for(work, url, at=moment)
        work.conversations.begin(order_id, reader_id, at=moment)
        conversation = work.conversations.lock(order_id)
        message = put_message(conversation, side, draft, moment)
        if message is None:
            return False
        if message.number > self._max_messages:
            raise ConversationFull
        work.conversations.put(order_id, message, at=moment)
        changed = types.ConversationChanged(
            order_id=order_id, reader_id=reader_id, change=message.change, by=side.value
        )
        work.outbox.publish(changed, at=moment)
        return True


def _checked(draft: Draft) -> Draft:
    text = tidy_text(draft.text)
    has_id = 0 < len(draft.id) <= MAX_ID_LENGTH and draft.id.isascii() and draft.id.isprintable()
    if not has_id or not 0 < draft.version <= MAX_VERSION or not text:
        raise InvalidMessage
    if len(text) > MAX_TEXT_LENGTH:
        raise InvalidMessage
    return Draft(draft.id, text, draft.version)


def _lock_both(work: UnitOfWork, by: int, reader_id: int) -> None:
    # In the order of their ids, which avoids deadlocks: moderators buy books too.
    for locked in sorted({by, reader_id}):
        if not work.readers.lock(locked) and locked == by:
            raise NotSignedIn
