"""Search of the catalogue, with the same results on both databases."""

from marketplace.store.search.search import MAX_RESULTS, Search

__all__ = ["MAX_RESULTS", "Search"]
