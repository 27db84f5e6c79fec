"""Tests of notices.store."""
