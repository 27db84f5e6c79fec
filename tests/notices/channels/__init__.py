"""Tests of notices.channels."""
