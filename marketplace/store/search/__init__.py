"""Search of the catalogue, with the same results on both databases."""

from marketplace.store.search.finding import MAX_RESULTS, Search

__all__ = ["MAX_RESULTS", "Search"]
