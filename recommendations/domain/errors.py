"""The errors that callers and operators see, beside those of every service."""

from servicekit.errors import ServiceError


class CategoryNotFound(ServiceError):
    """The request names a category that does not exist."""

    text = "Category not found"


class BookNotFound(ServiceError):
    """The request names a book that was never in the catalogue."""

    text = "Book not found"


class NotReady(ServiceError):
    """There is no model yet."""

    text = "There is no model yet; try again when the server is ready"


class StoreUnavailable(ServiceError):
    """The database does not answer, or cannot write."""

    text = "The database failed; try again, nothing counts twice"


class Unauthenticated(ServiceError):
    """The call has no token, or none that is known."""

    text = "Send a valid token in the header `authorization: Bearer TOKEN`"


class ScopeMissing(ServiceError):
    """The caller's token has not the scope that the method needs; the message names both."""


class ForgettingUnfinished(ServiceError):
    """A reader is deleted from the database, but not yet from memory or from every model on disk."""

    text = "The reader is gone from the database, but not yet from every model; try again"


class ModelUnusable(ServiceError):
    """A model on disk is absent, of another format or damaged; the message says why."""


class NoSuchModel(ServiceError):
    """No model of that version was published here, or there is none to roll back to; the message says which."""


class NothingToTrainOn(ServiceError):
    """There are no books."""
