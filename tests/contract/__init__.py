"""The contract, as clients see it."""
