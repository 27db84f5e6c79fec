"""The domain's errors as gRPC status codes."""

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status

from recommendations.domain.errors import (
    BookNotFound,
    CategoryNotFound,
    ForgettingUnfinished,
    InvalidArgument,
    NotReady,
    Overloaded,
    RecommendationsError,
    StoreUnavailable,
)

STATUS_CODES: dict[type[RecommendationsError], grpc.StatusCode] = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    CategoryNotFound: grpc.StatusCode.NOT_FOUND,
    BookNotFound: grpc.StatusCode.NOT_FOUND,
    NotReady: grpc.StatusCode.UNAVAILABLE,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
    ForgettingUnfinished: grpc.StatusCode.UNAVAILABLE,
}

RETRY_SECONDS = 1
"""When a refused caller should try again."""

REPORTED = tuple(STATUS_CODES)
"""The errors reported to the caller; others go to the log only."""


def status_of(error: RecommendationsError) -> Status:
    """The rich status of a reported error: with a BadRequest for a malformed field, a RetryInfo for an overload."""
    code: int = STATUS_CODES[type(error)].value[0]
    status = Status(code=code, message=str(error))
    if isinstance(error, InvalidArgument):
        violation = BadRequest.FieldViolation(field=error.field, description=error.description)
        status.details.add().Pack(BadRequest(field_violations=[violation]))
    if isinstance(error, Overloaded):
        status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=RETRY_SECONDS)))
    return status
