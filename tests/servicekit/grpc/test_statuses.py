"""Rich statuses of errors."""

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, RetryInfo

from servicekit.errors import InvalidArgument, Overloaded, ServiceError
from servicekit.grpc.statuses import RETRY_SECONDS, StatusCodes, status_of


class NotThere(ServiceError):
    """An error of a service."""

    text = "Not there"


CODES: StatusCodes = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    NotThere: grpc.StatusCode.NOT_FOUND,
}


def test_an_error_has_the_code_of_its_service() -> None:
    """And its text, and no details."""
    status = status_of(NotThere(), CODES)
    assert (status.code, status.message) == (grpc.StatusCode.NOT_FOUND.value[0], "Not there")
    assert not status.details


def test_a_malformed_field_is_named() -> None:
    """InvalidArgument has a BadRequest detail with the field and a description."""
    (detail,) = status_of(InvalidArgument("requests[1].user_id", "must not be negative"), CODES).details
    bad = BadRequest()
    assert detail.Unpack(bad)
    (violation,) = bad.field_violations
    assert (violation.field, violation.description) == ("requests[1].user_id", "must not be negative")


def test_an_overload_says_when_to_try_again() -> None:
    """By a RetryInfo detail."""
    (detail,) = status_of(Overloaded(), CODES).details
    retry = RetryInfo()
    assert detail.Unpack(retry)
    assert retry.retry_delay == Duration(seconds=RETRY_SECONDS)
