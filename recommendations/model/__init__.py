"""The item–item model: trained in seconds, stored as memory-mapped arrays, applied to any reader's history.

Inside this package a book is a row number of the model's arrays; everywhere else it is an id.
"""
