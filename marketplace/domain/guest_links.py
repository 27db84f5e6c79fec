"""The links by which guests without an account open their conversations, with tokens that the shop signs."""

import time
from collections.abc import Callable

from itsdangerous import BadSignature

from marketplace.domain.conversations import is_contact_id
from marketplace.domain.errors import LinkInvalid
from marketplace.domain.signing import ClockSigner

LIFETIME_SECONDS = 30 * 24 * 60 * 60
CONTACT_PATH = "/contact"
_SALT = "guest conversation"


class GuestLinks:
    """Issues links and verifies their tokens, each of which opens one conversation."""

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self._signer = ClockSigner(key, salt=_SALT, clock=clock)

    def path(self, conversation_id: str) -> str:
        """The path of the guest's page with a new token, valid for 30 days."""
        signed = self._signer.sign(conversation_id).decode("ascii")
        return f"{CONTACT_PATH}/{conversation_id}?token={signed.removeprefix(f'{conversation_id}.')}"

    def verify(self, conversation_id: str, token: str) -> None:
        """Raises LinkInvalid unless the token was issued for this conversation within the last 30 days."""
        # The signer fails on text that cannot be encoded.
        if not is_contact_id(conversation_id) or not token.isascii():
            raise LinkInvalid
        try:
            self._signer.unsign(f"{conversation_id}.{token}", max_age=LIFETIME_SECONDS)
        except BadSignature:  # an expired token too
            raise LinkInvalid from None
