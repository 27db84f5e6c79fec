"""The database of notices."""

from notices.store.unit_of_work import Store, UnitOfWork, open_store

__all__ = ["Store", "UnitOfWork", "open_store"]
