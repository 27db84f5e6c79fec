"""What the service keeps in its database: books, interactions, departed readers and the record of models."""

from recommendations.store.unit_of_work import Store, UnitOfWork

__all__ = ["Store", "UnitOfWork"]
