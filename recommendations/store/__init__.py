"""The service's database: books, interactions, retired readers and the record of models."""

from recommendations.store.unit_of_work import Store, UnitOfWork

__all__ = ["Store", "UnitOfWork"]
