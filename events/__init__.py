"""The contract of the shop's events: their types and data, CloudEvents, signatures, and the names of the broker."""
