"""Processes that are killed, stopped or attacked while they work."""
