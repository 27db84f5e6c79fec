"""The item–item model: trained in seconds, stored as memory-mapped arrays, applied to any reader's history.

Row numbers of books never leave this package; everywhere else books have ids.
"""
