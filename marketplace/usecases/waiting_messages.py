"""What becomes of conversations with time: notices of messages that nobody has seen, and the end of old ones."""

from collections.abc import Callable
from datetime import datetime, timedelta

from events.types import ConversationWaiting, NoticeRequested
from marketplace.domain.accounts import language_of
from marketplace.domain.conversations import Conversation, Side
from marketplace.domain.errors import ConversationNotFound
from marketplace.domain.events import SHOP_NAME
from marketplace.store import Store, UnitOfWork
from servicekit.clock import now

NOTICE_AFTER = timedelta(minutes=10)
BATCH = 100


class WaitingMessages:
    """The use cases, which run every minute, in several processes too. Every method raises StoreUnavailable."""

    def __init__(self, store: Store, *, keep_days: int, clock: Callable[[], datetime] = now) -> None:
        """`keep_days` after its last change a conversation is deleted; 0 for never."""
        self._store = store
        self._keep_days = keep_days
        self._clock = clock

    def send_notices(self) -> int:
        """Publish that messages have not been seen for ten minutes; returns of how many conversations.

        The reader gets a mail if their address is confirmed, the shop an event. A guest has had the text by mail. At
        most 100 conversations at once.
        """
        since = self._clock() - NOTICE_AFTER
        with self._store.read() as work:
            waiting = work.conversations.waiting(since, BATCH)
        return sum(self._notice(conversation_id, since) for conversation_id in waiting)

    def remove_old(self) -> int:
        """Delete conversations that have not changed for the time that they are kept; returns how many.

        Open ones too, since nobody waits for an answer that long. At most 100 at once.
        """
        if not self._keep_days:
            return 0
        with self._store.write() as work:
            count = work.conversations.remove_unchanged(self._clock() - timedelta(days=self._keep_days), BATCH)
            work.commit()
        return count

    def _notice(self, conversation_id: str, since: datetime) -> bool:
        moment = self._clock()
        with self._store.write() as work:
            try:
                # The reader is locked first everywhere, which avoids deadlocks.
                reader_id = work.conversations.get(conversation_id).reader_id
                if reader_id is not None:
                    work.readers.lock(reader_id)
                conversation = work.conversations.lock(conversation_id)
            except ConversationNotFound:
                return False  # deleted since
            # Another process may have been faster, or somebody has looked.
            is_due = False
            for side in Side:
                if number := conversation.waits_for(side, since=since):
                    _publish(work, conversation, side, moment)
                    work.conversations.set_noticed(conversation_id, side, number)
                    is_due = True
            work.commit()
        return is_due


def _publish(work: UnitOfWork, conversation: Conversation, side: Side, moment: datetime) -> None:
    if side is Side.SHOP:
        event = ConversationWaiting(
            conversation_id=conversation.id, order_id=conversation.order_id, reader_id=conversation.reader_id
        )
        work.outbox.publish(event, at=moment)
        return
    account = None if conversation.reader_id is None else work.accounts.by_reader(conversation.reader_id)
    if account is not None and account.email_confirmed_at is not None:
        notice = NoticeRequested(
            kind="message_waiting",
            reader_id=account.reader_id,
            to=account.email,
            language=language_of(account),
            shop_name=SHOP_NAME,
            path=f"/{'orders' if conversation.order_id else 'messages'}/{conversation.id}#conversation",
        )
        work.outbox.publish(notice, at=moment)
