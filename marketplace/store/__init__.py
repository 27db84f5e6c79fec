"""The shop's database."""

from marketplace.store.unit_of_work import MIGRATIONS, Store, UnitOfWork, open_store

__all__ = ["MIGRATIONS", "Store", "UnitOfWork", "open_store"]
