"""Keeps what this process knows in step with the store; calls never wait for it."""
