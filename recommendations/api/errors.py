"""The one table from the domain's errors to gRPC's status codes."""

import grpc
from google.protobuf import any_pb2
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
"""The errors that are reported to the caller; any other goes to the log only."""


def status_of(error: RecommendationsError) -> Status:
    """The rich status for an error of the table; a malformed field is named in a BadRequest."""
    code: int = STATUS_CODES[type(error)].value[0]
    status = Status(code=code, message=str(error))
    if isinstance(error, InvalidArgument):
        violation = BadRequest.FieldViolation(field=error.field, description=error.description)
        status.details.append(_packed(BadRequest(field_violations=[violation])))
    return status


def _packed(detail: BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
