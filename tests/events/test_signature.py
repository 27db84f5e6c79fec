"""Signatures of events."""

from datetime import UTC, datetime, timedelta

import pytest

from events.signature import InvalidSignature, new_secret, parse_secret, signed_headers, verify

BODY = '{"text": "Привет"}'.encode()


def test_what_is_signed_is_accepted() -> None:
    """With the same secret, whatever the case of the headers' names."""
    secret = new_secret()
    headers = signed_headers(secret, "e-1", datetime.now(UTC), BODY)
    verify(secret, headers, BODY)
    verify(secret, {name.title(): value for name, value in headers.items()}, BODY)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the specification's libraries."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "e-2"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": ""},
    ],
)
def test_anything_else_is_refused(change: dict[str, str]) -> None:
    """Another id, time or signature, or none."""
    secret = new_secret()
    headers = signed_headers(secret, "e-1", datetime.now(UTC), BODY) | change
    with pytest.raises(InvalidSignature):
        verify(secret, headers, BODY)


@pytest.mark.parametrize("body", [BODY + b" ", b"", b"\xff"])
def test_another_body_is_refused(body: bytes) -> None:
    """A signature is for one body."""
    secret = new_secret()
    with pytest.raises(InvalidSignature):
        verify(secret, signed_headers(secret, "e-1", datetime.now(UTC), BODY), body)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_signature_is_refused(minutes: int) -> None:
    """Five minutes either way are accepted, no more."""
    secret = new_secret()
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    with pytest.raises(InvalidSignature, match="timestamp"):
        verify(secret, signed_headers(secret, "e-1", moment, BODY), BODY)


def test_secrets_have_a_form_and_a_length() -> None:
    """A new one is accepted; short ones and others are not."""
    secret = new_secret()
    assert parse_secret(secret) == secret
    assert new_secret() != secret
    for text in ("", "secret", "whsec_", "whsec_AAAA", "whsec_!!!!", secret.removeprefix("whsec_")):
        with pytest.raises(ValueError, match="whsec_"):
            parse_secret(text)
