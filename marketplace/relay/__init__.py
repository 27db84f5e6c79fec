"""Delivers the outbox: to each destination in order, at least once, by one worker at a time."""

from marketplace.relay.relays import Relays
from marketplace.relay.senders import PaymentProvider, Receiver, Recorder

__all__ = ["PaymentProvider", "Receiver", "Recorder", "Relays"]
