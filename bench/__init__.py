"""Benchmarks: how good the recommendations are, what a call costs, and what a page does in an outage.

Nothing here is asserted: everything is measured and printed.
"""
