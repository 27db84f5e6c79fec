"""Errors as status codes."""

import grpc
import pytest

from recommendations.api.errors import STATUS_CODES
from recommendations.domain.errors import (
    BookNotFound,
    CategoryNotFound,
    ForgettingUnfinished,
    NotReady,
    ScopeMissing,
    StoreUnavailable,
    Unauthenticated,
)
from servicekit.errors import InvalidArgument, ServiceError
from servicekit.grpc.statuses import status_of


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InvalidArgument("user_id", "must not be negative"), "INVALID_ARGUMENT", "user_id must not be negative"),
        (CategoryNotFound(), "NOT_FOUND", "Category not found"),
        (BookNotFound(), "NOT_FOUND", "Book not found"),
        (Unauthenticated(), "UNAUTHENTICATED", "Send a valid token in the header `authorization: Bearer TOKEN`"),
        (ScopeMissing("The token a has no scope b"), "PERMISSION_DENIED", "The token a has no scope b"),
        (NotReady(), "UNAVAILABLE", "There is no model yet; try again when the server is ready"),
        (StoreUnavailable(), "UNAVAILABLE", "The database failed; try again, nothing counts twice"),
        (
            ForgettingUnfinished(),
            "UNAVAILABLE",
            "The reader is gone from the database, but not yet from every model; try again",
        ),
    ],
)
def test_status_of_each_error(error: ServiceError, code: str, message: str) -> None:
    """Each error reported to callers has a code and a message."""
    status = status_of(error, STATUS_CODES)
    assert status.code == grpc.StatusCode[code].value[0]
    assert status.message == message
