"""Tests of the servers that do less than ours."""
