"""What a page shows of a conversation, and the message of its form."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from flask import render_template, request

from marketplace.domain.conversations import MAX_VERSION, Conversation, Draft, Message, Side
from marketplace.domain.errors import (
    ConversationFull,
    MessageConflict,
    MessageNotSent,
    StoreUnavailable,
    TooManyMessages,
)
from marketplace.web.forms import typed
from marketplace.web.shop import Shop

EDIT = "edit"
"""The query parameter with the number of the message to edit."""
AFTER = "after"
"""The query parameter with the conversation's change that the page has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConversation:
    """A conversation as one side sees it, with the message in its form; `error` is a code, or "".

    Of the messages those are shown that were sent or edited after a change of the conversation. `token` is a guest's.
    """

    side: Side
    draft: Draft
    conversation: Conversation | None = None
    error: str = ""
    after: int = 0
    token: str = ""

    @property
    def messages(self) -> Sequence[Message]:
        """The messages to show, in the order of their numbers."""
        known = self.conversation.messages if self.conversation else ()
        return [message for message in known if message.change > self.after]

    @property
    def seen(self) -> int:
        """The number of the last message that the other side has seen."""
        return self.conversation.seen.get(self.side.other, 0) if self.conversation else 0


def shown(
    shop: Shop,
    side: Side,
    conversation_id: str,
    *,
    after: int = 0,
    error: MessageNotSent | None = None,
    token: str = "",
) -> ShownConversation:
    """A conversation, with what was typed after an error; one without a guest's token is then seen by this side."""
    conversation = shop.conversations.about(conversation_id)
    # Programs that check mails open the links in them: guests have seen the messages once they write.
    if conversation is not None and not token:
        # The page is worth more; the next one that is shown notes it.
        with suppress(StoreUnavailable):
            shop.conversations.see(side, conversation)
    return ShownConversation(
        side=side,
        conversation=conversation,
        draft=again(error) if error else _to_edit(side, conversation),
        error=error_code(error) if error else "",
        after=after,
        token=token,
    )


def new_messages(shop: Shop, side: Side, conversation_id: str, *, token: str = "") -> str | None:
    """The messages that an open page does not have yet; None if no open page asks."""
    after = request.args.get(AFTER, type=int)
    if after is None:
        return None
    conversation = shown(shop, side, conversation_id, after=after, token=token)
    return render_template("orders/messages.html", conversation=conversation)


def typed_message() -> Draft:
    """The message of this request's form."""
    version = request.form.get("version", 0, type=int)
    return Draft(typed("id"), typed("text"), version)


def again(error: MessageNotSent | None = None) -> Draft:
    """What was typed, to be sent again after an error."""
    draft = typed_message()
    # What was sent under this id stays; this text is another message.
    return new_message(draft.text) if isinstance(error, MessageConflict) or not draft.id else draft


def _to_edit(side: Side, conversation: Conversation | None) -> Draft:
    number = request.args.get(EDIT, "")
    for message in conversation.messages if conversation else ():
        if message.side is side and str(message.number) == number and message.version < MAX_VERSION:
            return Draft(message.id, message.text, message.version + 1)
    return new_message("")


def new_message(text: str) -> Draft:
    """A message with an id of its own."""
    return Draft(uuid4().hex, text)


def error_code(error: MessageNotSent) -> str:
    """The error for templates."""
    match error:
        case MessageConflict():
            return "MESSAGE_CONFLICT"
        case ConversationFull():
            return "CONVERSATION_FULL"
        case TooManyMessages():
            return "TOO_OFTEN"
        case _:
            return "MESSAGE_INVALID"
