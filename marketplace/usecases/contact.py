"""Conversations that began by the contact form: of readers with an account, and of guests without one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from events.types import NoticeRequested
from marketplace.domain.accounts import normalized_email
from marketplace.domain.conversations import (
    MAX_NAME_LENGTH,
    Conversation,
    Draft,
    Guest,
    Message,
    Side,
    is_contact_id,
    tidy_text,
)
from marketplace.domain.errors import (
    ContactProblem,
    ConversationNotFound,
    InvalidContact,
    InvalidMessage,
    LinkInvalid,
    MessageConflict,
    NotSignedIn,
)
from marketplace.domain.events import SHOP_NAME
from marketplace.domain.guest_links import GuestLinks
from marketplace.domain.moderation import Action
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.conversations import Conversations, lock_both
from marketplace.usecases.moderation import moderating
from servicekit.clock import now


class Contact:
    """The use cases; `wake` is called after each commit that wrote an event. Every method raises StoreUnavailable."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        links: GuestLinks,
        *,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._links = links
        self._wake = wake
        self._clock = clock

    def begin(self, sender: int | Guest, draft: Draft) -> None:
        """Begin a conversation of a reader with an account, or of a guest, which gets the id of its first message.

        Sent again it changes nothing. Nothing is sent to the guest: the address may be anybody's. Raises
        InvalidContact, NotSignedIn if the account has been deleted, and MessageNotSent.
        """
        if not is_contact_id(draft.id) or draft.version != 1:
            raise InvalidMessage
        guest = _checked(sender) if isinstance(sender, Guest) else None
        reader_id = None if isinstance(sender, Guest) else sender
        with self._store.write() as work:
            # The reader is locked first everywhere, which avoids deadlocks.
            if reader_id is not None and not work.readers.lock(reader_id):
                raise NotSignedIn
            work.conversations.begin(draft.id, reader_id, guest=guest, at=self._clock())
            begun = work.conversations.get(draft.id)
            if (begun.reader_id, begun.guest and begun.guest.email) != (reader_id, guest and guest.email):
                raise MessageConflict
            self._conversations.put(work, draft.id, Side.READER, draft)
            work.commit()
        self._wake()

    def of_reader(self, reader_id: int, conversation_id: str) -> Conversation:
        """A reader's conversation. Raises ConversationNotFound, also for another reader's."""
        with self._store.read() as work:
            return _own(work, reader_id, conversation_id)

    def of_guest(self, conversation_id: str, token: str) -> Conversation:
        """The conversation that a guest's link opens. Raises LinkInvalid, also if it has been deleted."""
        self._links.verify(conversation_id, token)
        with self._store.read() as work:
            return _of_link(work, conversation_id)

    def of_shop(self, conversation_id: str) -> Conversation:
        """Any conversation that is about no order. Raises ConversationNotFound."""
        with self._store.read() as work:
            return _contact(work, conversation_id)

    def write(self, reader_id: int, conversation_id: str, draft: Draft) -> None:
        """Send, or edit, a reader's message. Raises ConversationNotFound and MessageNotSent."""
        with self._store.write() as work:
            work.readers.lock(reader_id)
            _own(work, reader_id, conversation_id)
            self._conversations.put(work, conversation_id, Side.READER, draft)
            work.commit()
        self._wake()

    def write_as_guest(self, conversation_id: str, token: str, draft: Draft) -> None:
        """Send, or edit, the message of a guest who has a link, and so has seen those before it.

        Raises LinkInvalid and MessageNotSent.
        """
        self._links.verify(conversation_id, token)
        with self._store.write() as work:
            before = _of_link(work, conversation_id)
            self._conversations.put(work, conversation_id, Side.READER, draft)
            work.conversations.see(conversation_id, Side.READER, before.last_number)
            work.commit()
        self._wake()

    def answer(self, by: int, conversation_id: str, draft: Draft) -> None:
        """Send, or edit, the shop's message; a guest gets a new one by mail, with a link to go on.

        Raises ConversationNotFound, MessageNotSent, and NotSignedIn if the moderator's account has been deleted.
        """
        with self._store.write() as work:
            lock_both(work, by, _contact(work, conversation_id).reader_id)
            # A moderator's messages wait for each other since then.
            before = _contact(work, conversation_id)
            message = self._conversations.put(work, conversation_id, Side.SHOP, draft)
            if message is not None:
                work.audit.add(by, Action.ANSWERED, conversation_id, {}, at=self._clock())
                if before.guest and message.number > before.last_number:
                    self._mail(work, conversation_id, before.guest, message)
            work.commit()
        self._wake()

    def delete(self, by: int, conversation_id: str) -> None:
        """Delete a conversation for good.

        Raises ConversationNotFound, and NotSignedIn if the moderator's account has been deleted.
        """
        with moderating(self._store, by) as work:
            _contact(work, conversation_id)
            work.conversations.remove(conversation_id)
            work.audit.add(by, Action.CONVERSATION_DELETED, conversation_id, {}, at=self._clock())

    def _mail(self, work: UnitOfWork, conversation_id: str, guest: Guest, message: Message) -> None:
        notice = NoticeRequested(
            kind="contact_answered",
            to=guest.email,
            language=guest.language,
            shop_name=SHOP_NAME,
            path=self._links.path(conversation_id),
            text=message.text,
        )
        work.outbox.publish(notice, at=self._clock())
        work.conversations.set_noticed(conversation_id, Side.READER, message.number)


def _contact(work: UnitOfWork, conversation_id: str) -> Conversation:
    conversation = work.conversations.get(conversation_id)
    if conversation.order_id:
        raise ConversationNotFound
    return conversation


def _own(work: UnitOfWork, reader_id: int, conversation_id: str) -> Conversation:
    conversation = _contact(work, conversation_id)
    if conversation.reader_id != reader_id:
        raise ConversationNotFound
    return conversation


def _of_link(work: UnitOfWork, conversation_id: str) -> Conversation:
    try:
        conversation = _contact(work, conversation_id)
    except ConversationNotFound:
        raise LinkInvalid from None
    if conversation.guest is None:
        raise LinkInvalid
    return conversation


def _checked(guest: Guest) -> Guest:
    email, name = normalized_email(guest.email), " ".join(tidy_text(guest.name).split())
    problems = set()
    if email is None:
        problems.add(ContactProblem.EMAIL_MALFORMED)
    if len(name) > MAX_NAME_LENGTH:
        problems.add(ContactProblem.NAME_LONG)
    if email is None or problems:
        raise InvalidContact(frozenset(problems))
    return replace(guest, email=email, name=name)
