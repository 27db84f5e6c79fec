"""Conversations between readers and the shop; those that are about no order begin in `contact`."""

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
    Message,
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

    def about(self, conversation_id: str) -> Conversation | None:
        """The conversation with this id, which is that of its order if it is about one.

        None if nobody has written; the caller has checked the rights.
        """
        with self._store.read() as work:
            try:
                return work.conversations.get(conversation_id)
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
            work.conversations.begin(order_id, reader_id, at=self._clock())
            self.put(work, order_id, Side.READER, draft)
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
            lock_both(work, by, reader_id)
            work.conversations.begin(order_id, reader_id, at=self._clock())
            if self.put(work, order_id, Side.SHOP, draft):
                work.audit.add(by, Action.ANSWERED, order_id, {}, at=self._clock())
            work.commit()
        self._wake()

    def see(self, side: Side, conversation: Conversation) -> None:
        """Note that a side has been shown these messages."""
        if conversation.unseen_by(side):
            with self._store.write() as work:
                work.conversations.see(conversation.id, side, conversation.last_number)
                work.commit()

    def close(self, by: int, conversation_id: str) -> None:
        """Take a conversation out of the box of open ones, until somebody writes again.

        Raises ConversationNotFound, and NotSignedIn if the moderator's account has been deleted.
        """
        with self._store.write() as work:
            lock_both(work, by, work.conversations.get(conversation_id).reader_id)
            if work.conversations.lock(conversation_id).is_open:
                work.conversations.set_open(conversation_id, is_open=False)
                work.audit.add(by, Action.CONVERSATION_CLOSED, conversation_id, {}, at=self._clock())
            work.commit()

    def put(self, work: UnitOfWork, conversation_id: str, side: Side, draft: Draft) -> Message | None:
        """Put a message into a conversation that has begun, and publish that; None if it is there already.

        Raises MessageNotSent.
        """
        draft = _checked(draft)
        moment = self._clock()
        # Before the conversation is locked: a preview that comes locks both in this order.
        if url := first_link(draft.text):
            ask_for(work, url, at=moment)
        conversation = work.conversations.lock(conversation_id)
        message = put_message(conversation, side, draft, moment)
        if message is None:
            return None
        if message.number > self._max_messages:
            raise ConversationFull
        work.conversations.put(conversation_id, message, at=moment)
        work.outbox.publish(changed_event(conversation, message.change, side), at=moment)
        return message


def changed_event(conversation: Conversation, change: int, by: Side) -> types.ConversationChanged:
    """The event that a message of one side has changed."""
    return types.ConversationChanged(
        conversation_id=conversation.id,
        order_id=conversation.order_id,
        reader_id=conversation.reader_id,
        change=change,
        by=by.value,
    )


def _checked(draft: Draft) -> Draft:
    text = tidy_text(draft.text)
    has_id = 0 < len(draft.id) <= MAX_ID_LENGTH and draft.id.isascii() and draft.id.isprintable()
    if not has_id or not 0 < draft.version <= MAX_VERSION or not text:
        raise InvalidMessage
    if len(text) > MAX_TEXT_LENGTH:
        raise InvalidMessage
    return Draft(draft.id, text, draft.version)


def lock_both(work: UnitOfWork, by: int, reader_id: int | None) -> None:
    """Lock a moderator and the reader, if there is one. Raises NotSignedIn if the moderator's account is deleted."""
    # In the order of their ids, which avoids deadlocks: moderators buy books too.
    for locked in sorted({by} if reader_id is None else {by, reader_id}):
        if not work.readers.lock(locked) and locked == by:
            raise NotSignedIn
