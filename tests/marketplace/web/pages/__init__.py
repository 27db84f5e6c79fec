"""Tests of marketplace.pages, through Flask's test client."""
