"""The tokens that authenticate the payment provider's callbacks; the shop signs one for each order."""

import time
from collections.abc import Callable
from typing import ClassVar

from itsdangerous import BadSignature, SignatureExpired

from marketplace.domain.errors import MarketplaceError
from marketplace.domain.signing import ClockSigner

WEBHOOK = "/webhooks/payments/"
"""The path of the callback, without the order's id."""
TOKEN_LIFETIME_SECONDS = 24 * 60 * 60
_SALT = "payment callback"
_TRACE = "~"


class InvalidToken(MarketplaceError):
    """The token does not authenticate a callback for the order; `reason` is for the log only."""

    reason: ClassVar[str]


class Forged(InvalidToken):
    """The shop never signed this token."""

    reason = "forged"


class Expired(InvalidToken):
    """The token is more than a day old."""

    reason = "expired"


class WrongOrder(InvalidToken):
    """The token was signed for another order."""

    reason = "other order"


class CallbackTokens:
    """Issues and verifies tokens, with a key that is derived from the shop's for this purpose only."""

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self._signer = ClockSigner(key, salt=_SALT, clock=clock)

    def issue(self, order_id: str, traceparent: str | None = None) -> str:
        """A token for this order, valid for a day; `traceparent` is the trace that its callback continues."""
        return self._signer.sign(f"{order_id}{_TRACE}{traceparent}" if traceparent else order_id).decode("ascii")

    def verify(self, token: str, order_id: str) -> str | None:
        """The `traceparent` with which the token was issued.

        Raises Forged, Expired or WrongOrder unless it was issued for this order within the last day.
        """
        try:
            signed_for = self._signer.unsign(token, max_age=TOKEN_LIFETIME_SECONDS)
        except SignatureExpired:
            raise Expired from None
        except BadSignature:
            raise Forged from None
        signed_id, _, traceparent = signed_for.decode().partition(_TRACE)
        if signed_id != order_id:
            raise WrongOrder
        return traceparent or None
