"""Reads whole files: judges columns by all their values, converts the rows, and reports what was understood."""
