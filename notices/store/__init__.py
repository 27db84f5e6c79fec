"""The database of notices."""

from notices.store.unit_of_work import MIGRATIONS, Store, UnitOfWork, open_store

__all__ = ["MIGRATIONS", "Store", "UnitOfWork", "open_store"]
