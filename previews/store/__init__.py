"""The database of previews: what pages said, for a day, and what failed, for minutes."""

from previews.store.answers import Answer
from previews.store.store import Store, open_store

__all__ = ["Answer", "Store", "open_store"]
