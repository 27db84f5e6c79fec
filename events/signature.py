"""Signatures of events sent by HTTP: Standard Webhooks (https://www.standardwebhooks.com), HMAC-SHA256."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

_PREFIX = "whsec_"
_SECRET_BYTES = 24
_MIN_SECRET_BYTES = 24


class InvalidSignature(Exception):
    """A request has no signature, a wrong one, or one that is more than five minutes old; the message says which."""


def new_secret() -> str:
    """A random secret, `whsec_` and base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def parse_secret(text: str) -> str:
    """The secret, if it is one of at least 24 bytes. Raises ValueError."""
    try:
        decoded = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        decoded = b""
    if not text.startswith(_PREFIX) or len(decoded) < _MIN_SECRET_BYTES:
        raise ValueError("write whsec_ and at least 24 bytes in base64")
    return text


def signed_headers(secret: str, message_id: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The headers that sign a request with this body; `message_id` is the event's id, `moment` is now."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, moment, body.decode()),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raises InvalidSignature unless the body is signed with the secret, at most five minutes ago."""
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError) as error:
        raise InvalidSignature(str(error)) from None
    except (ValueError, TypeError):  # a signature without a comma, or a body that is not UTF-8
        raise InvalidSignature("Invalid Signature Headers") from None
