"""Search of the catalogue, alike on both databases."""

from marketplace.store.search.finding import REACH, Search

__all__ = ["REACH", "Search"]
