"""Tests of servicekit/tracing."""
