"""The item–item model: trained in seconds, kept as memory-mapped arrays, applied to whatever a reader has done.

Rows are a model's own numbering of books and never leave this package; everywhere else books have ids.
"""
