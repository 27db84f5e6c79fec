"""The domain's errors as gRPC status codes."""

import grpc
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

from recommendations.domain.errors import (
    BookNotFound,
    CategoryNotFound,
    DatabaseBusy,
    ForgettingUnfinished,
    InvalidArgument,
    NotReady,
    RecommendationsError,
    StoreUnavailable,
)

STATUS_CODES: dict[type[RecommendationsError], grpc.StatusCode] = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    CategoryNotFound: grpc.StatusCode.NOT_FOUND,
    BookNotFound: grpc.StatusCode.NOT_FOUND,
    NotReady: grpc.StatusCode.UNAVAILABLE,
    DatabaseBusy: grpc.StatusCode.UNAVAILABLE,
    StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
    ForgettingUnfinished: grpc.StatusCode.UNAVAILABLE,
}

REPORTED = tuple(STATUS_CODES)
"""The errors reported to the caller; others go to the log only."""


def status_of(error: RecommendationsError) -> Status:
    """The rich status of a reported error; a malformed field is named in a BadRequest."""
    code: int = STATUS_CODES[type(error)].value[0]
    status = Status(code=code, message=str(error))
    if isinstance(error, InvalidArgument):
        violation = BadRequest.FieldViolation(field=error.field, description=error.description)
        status.details.add().Pack(BadRequest(field_violations=[violation]))
    return status
