"""The service's database: books, interactions, retired readers and the record of models."""

from recommendations.store.unit_of_work import MIGRATIONS, Store, UnitOfWork

__all__ = ["MIGRATIONS", "Store", "UnitOfWork"]
