"""Servers that do less than ours, to show the cost of each layer."""
