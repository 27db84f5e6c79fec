"""The errors that callers and operators see."""


class RecommendationsError(Exception):
    """The base of the errors that the caller should know.

    RecommendationsError
     ├─ InvalidArgument
     ├─ CategoryNotFound
     ├─ BookNotFound
     ├─ NotReady
     ├─ StoreUnavailable
     ├─ DatabaseBusy
     ├─ ForgettingUnfinished
     ├─ ModelUnusable
     ├─ NoSuchModel
     └─ NothingToTrainOn
    """


class InvalidArgument(RecommendationsError):
    """A field of a request is malformed."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field} {description}")
        self.field = field
        self.description = description


class CategoryNotFound(RecommendationsError):
    """The request names a category that does not exist."""

    def __init__(self) -> None:
        super().__init__("Category not found")


class BookNotFound(RecommendationsError):
    """The request names a book that was never in the catalogue."""

    def __init__(self) -> None:
        super().__init__("Book not found")


class NotReady(RecommendationsError):
    """There is no model yet."""

    def __init__(self) -> None:
        super().__init__("There is no model yet; try again when the server is ready")


class StoreUnavailable(RecommendationsError):
    """The database does not answer, or cannot write."""

    def __init__(self) -> None:
        super().__init__("The database failed; try again, nothing counts twice")


class DatabaseBusy(RecommendationsError):
    """As many calls as may are using the database already; nothing was stored."""

    def __init__(self) -> None:
        super().__init__("Too many calls are using the database; try again")


class ForgettingUnfinished(RecommendationsError):
    """A reader is gone from the database, but not yet from memory or from every model on disk."""

    def __init__(self) -> None:
        super().__init__("The reader is gone from the database, but not yet from every model; try again")


class ModelUnusable(RecommendationsError):
    """A model on disk is absent, of another format or damaged; the message says why."""


class NoSuchModel(RecommendationsError):
    """No model of that version was ever published here, or there is none to go back to; the message says which."""


class NothingToTrainOn(RecommendationsError):
    """There is no book."""


class AddressInUse(RecommendationsError):
    """The server cannot listen on its address, which the message names."""
