"""Delivers the outbox: to each destination in order, at least once, by one worker at a time."""

from marketplace.relay.receivers import PaymentProvider, Recorder
from marketplace.relay.relays import Relays

__all__ = ["PaymentProvider", "Recorder", "Relays"]
