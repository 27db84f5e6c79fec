"""What a page shows of a conversation, and the message of its form."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from flask import request

from marketplace.domain.conversations import MAX_VERSION, Conversation, Draft, Side
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConversation:
    """A conversation as one side sees it, with the message in its form; `error` is a code, or ""."""

    side: Side
    draft: Draft
    conversation: Conversation | None = None
    error: str = ""


def shown(
    shop: Shop, side: Side, conversation_id: str, *, error: MessageNotSent | None = None, is_seen: bool = True
) -> ShownConversation:
    """A conversation, with what was typed after an error; `is_seen` is whether this side then has seen it."""
    conversation = shop.conversations.about(conversation_id)
    if conversation is not None and is_seen:
        # The page is worth more; the next one that is shown notes it.
        with suppress(StoreUnavailable):
            shop.conversations.see(side, conversation)
    if error is not None:
        return ShownConversation(side=side, conversation=conversation, draft=again(error), error=error_code(error))
    return ShownConversation(side=side, conversation=conversation, draft=_to_edit(side, conversation))


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
