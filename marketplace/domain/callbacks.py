"""The tokens with which the payment provider calls back: each for one order, signed by the shop, and soon over."""

import hashlib
import time
from collections.abc import Callable
from typing import ClassVar

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner

from marketplace.domain.errors import MarketplaceError

WEBHOOK = "/webhooks/payments/"
"""Where the shop is called back, before the order's id."""
TOKEN_LIFETIME_SECONDS = 24 * 60 * 60
_SALT = "payment callback"


class InvalidToken(MarketplaceError):
    """The base of why a token does not speak for an order; `why` is for the log, and for no caller."""

    why: ClassVar[str]


class Forged(InvalidToken):
    """The shop never signed this."""

    why = "forged"


class Expired(InvalidToken):
    """The shop signed this too long ago."""

    why = "expired"


class WrongOrder(InvalidToken):
    """The shop signed this for another order."""

    why = "other order"


class CallbackTokens:
    """Makes and checks tokens; what signs them is derived from the shop's key, and signs nothing else."""

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self._signer = _Signer(key, clock)

    def issue(self, order_id: str) -> str:
        """A token that speaks for this order, for a day."""
        return self._signer.sign(order_id).decode("ascii")

    def check(self, token: str, order_id: str) -> None:
        """Return where `token` speaks for this order.

        Raises Forged, Expired and WrongOrder.
        """
        try:
            signed_for = self._signer.unsign(token, max_age=TOKEN_LIFETIME_SECONDS)
        except SignatureExpired:
            raise Expired from None
        except BadSignature:
            raise Forged from None
        if signed_for != order_id.encode():
            raise WrongOrder


class _Signer(TimestampSigner):
    """itsdangerous' signer by a clock that is given."""

    def __init__(self, key: str, clock: Callable[[], float]) -> None:
        super().__init__(key, salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())
