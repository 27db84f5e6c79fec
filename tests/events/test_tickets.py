"""Tickets for live."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from itsdangerous import URLSafeSerializer

from events.signature import new_secret
from events.tickets import MAX_TICKET_LENGTH, MAX_TOPICS, InvalidTicket, Ticket, Tickets

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = new_secret()
TICKET = Ticket(topics=("orders/X", "staff/orders"), side="shop", holder=7, until=NOON + timedelta(minutes=5))


def tickets(secret: str = SECRET, *, after: timedelta = timedelta(0)) -> Tickets:
    return Tickets(secret, clock=lambda: NOON + after)


def test_a_ticket_is_read_until_it_is_over() -> None:
    """Not at its end, and not after."""
    signed = tickets().write(TICKET)
    assert tickets(after=timedelta(seconds=299)).read(signed) == TICKET
    for seconds in (300, 301, 10**6):
        with pytest.raises(InvalidTicket, match="over"):
            tickets(after=timedelta(seconds=seconds)).read(signed)


def test_the_largest_ticket_can_be_a_subprotocol() -> None:
    """It consists of what RFC 9110 calls a token, and is not too long."""
    topics = tuple(f"conversations/{n}K3M-9QXD-2TB4" for n in range(MAX_TOPICS))
    signed = tickets().write(Ticket(topics=topics, side="reader", holder=2**31 - 1, until=NOON))
    assert re.fullmatch(r"[A-Za-z0-9._-]+", signed)
    assert len(signed) < MAX_TICKET_LENGTH / 4


def test_forged_tickets_are_refused() -> None:
    """Of another secret or purpose, changed, and malformed ones that are signed."""
    signed = tickets().write(TICKET)
    content, _, signature = signed.rpartition(".")
    serializer = tickets()._serializer
    other = URLSafeSerializer(SECRET, salt="another purpose", signer_kwargs=serializer.signer_kwargs)
    malformed = [
        serializer.dumps({"topics": ["a"] * (MAX_TOPICS + 1), "side": "shop", "holder": 7, "until": 2**31}),
        serializer.dumps({"topics": [], "side": "shop", "holder": 7, "until": 2**31}),
        serializer.dumps({"topics": ["a"], "side": "both", "holder": 7, "until": 2**31}),
        serializer.dumps({"topics": ["a"], "side": "shop", "holder": 7, "until": 10**30}),
        serializer.dumps([]),
    ]
    forged = [
        tickets(new_secret()).write(TICKET),
        str(other.dumps({"topics": ["a"], "side": "shop", "holder": 7, "until": 2**31})),
        f"{content[:-1]}.{signature}",
        content,
        "",
        "é",
        "." * (MAX_TICKET_LENGTH + 1),
        *map(str, malformed),
    ]
    for text in forged:
        with pytest.raises(InvalidTicket):
            tickets().read(text)
