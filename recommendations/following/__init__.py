"""Keeps this process up to date with the store; calls never wait for it."""
