"""Tests of the pages under /account."""
