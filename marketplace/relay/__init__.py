"""Delivers the outbox: to each destination in order, at least once, by one worker at a time."""

from marketplace.relay.relays import Relays
from marketplace.relay.senders import PaymentProvider, Recorder

__all__ = ["PaymentProvider", "Recorder", "Relays"]
