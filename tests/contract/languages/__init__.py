"""Clients of the contract in other languages."""
