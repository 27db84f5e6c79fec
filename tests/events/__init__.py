"""Tests of the contract of events."""
