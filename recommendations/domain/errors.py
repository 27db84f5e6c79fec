"""The errors that callers and operators see."""


class RecommendationsError(Exception):
    """The base of these errors; `text` is the message where none is given."""

    text = ""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.text)


class InvalidArgument(RecommendationsError):
    """A field of a request is malformed."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field} {description}")
        self.field = field
        self.description = description


class CategoryNotFound(RecommendationsError):
    """The request names a category that does not exist."""

    text = "Category not found"


class BookNotFound(RecommendationsError):
    """The request names a book that was never in the catalogue."""

    text = "Book not found"


class NotReady(RecommendationsError):
    """There is no model yet."""

    text = "There is no model yet; try again when the server is ready"


class StoreUnavailable(RecommendationsError):
    """The database does not answer, or cannot write."""

    text = "The database failed; try again, nothing counts twice"


class Overloaded(RecommendationsError):
    """More calls have come than can be answered in time; nothing was done."""

    text = "Too many calls; try again later"


class ForgettingUnfinished(RecommendationsError):
    """A reader is deleted from the database, but not yet from memory or from every model on disk."""

    text = "The reader is gone from the database, but not yet from every model; try again"


class ModelUnusable(RecommendationsError):
    """A model on disk is absent, of another format or damaged; the message says why."""


class NoSuchModel(RecommendationsError):
    """No model of that version was published here, or there is none to roll back to; the message says which."""


class NothingToTrainOn(RecommendationsError):
    """There are no books."""


class AddressInUse(RecommendationsError):
    """The server cannot listen on its address, which the message names."""
