"""What a page shows of a conversation, and the message of its form."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from flask import redirect, render_template, request
from werkzeug.wrappers import Response as Answer

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

    Of the messages those are shown that were sent or edited after a change of the conversation.
    """

    side: Side
    draft: Draft
    conversation: Conversation | None = None
    error: str = ""
    after: int = 0

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
    shop: Shop, side: Side, order_id: str, *, after: int = 0, error: MessageNotSent | None = None
) -> ShownConversation:
    """The conversation about an order; after an error the form has what was typed."""
    conversation = shop.conversations.about(order_id)
    if conversation is not None:
        # The page is worth more; the next one that is shown notes it.
        with suppress(StoreUnavailable):
            shop.conversations.see(side, conversation)
    if error is not None:
        return ShownConversation(side=side, conversation=conversation, draft=_again(error), error=_code(error))
    return ShownConversation(side=side, conversation=conversation, draft=_to_edit(side, conversation), after=after)


def new_messages(shop: Shop, side: Side, order_id: str, *, page: str) -> str | Answer:
    """The messages that an open page does not have yet; the address without a change leads to the page."""
    after = request.args.get(AFTER, type=int)
    if after is None:
        return redirect(page, 303)
    return render_template("orders/messages.html", conversation=shown(shop, side, order_id, after=after))


def typed_message() -> Draft:
    """The message of this request's form."""
    version = request.form.get("version", 0, type=int)
    return Draft(typed("id"), typed("text"), version)


def _again(error: MessageNotSent) -> Draft:
    draft = typed_message()
    # What was sent under this id stays; this text is another message.
    return _new(draft.text) if isinstance(error, MessageConflict) or not draft.id else draft


def _to_edit(side: Side, conversation: Conversation | None) -> Draft:
    number = request.args.get(EDIT, "")
    for message in conversation.messages if conversation else ():
        if message.side is side and str(message.number) == number and message.version < MAX_VERSION:
            return Draft(message.id, message.text, message.version + 1)
    return _new("")


def _new(text: str) -> Draft:
    return Draft(uuid4().hex, text)


def _code(error: MessageNotSent) -> str:
    match error:
        case MessageConflict():
            return "MESSAGE_CONFLICT"
        case ConversationFull():
            return "CONVERSATION_FULL"
        case TooManyMessages():
            return "TOO_OFTEN"
        case _:
            return "MESSAGE_INVALID"
