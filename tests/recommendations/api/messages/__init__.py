"""Tests of recommendations/api/messages."""
