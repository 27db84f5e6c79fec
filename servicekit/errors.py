"""The errors that callers and operators of every service see."""


class ServiceError(Exception):
    """The base of these errors; `text` is the message where none is given."""

    text = ""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.text)


class InvalidArgument(ServiceError):
    """A field of a request is malformed."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field} {description}")
        self.field = field
        self.description = description


class Overloaded(ServiceError):
    """More calls have come than can be answered in time; nothing was done."""

    text = "Too many calls; try again later"


class AddressInUse(ServiceError):
    """The server cannot listen on its address, which the message names."""
