"""Errors as rich status codes."""

from collections.abc import Mapping

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status

from servicekit.errors import InvalidArgument, Overloaded, ServiceError

StatusCodes = Mapping[type[ServiceError], grpc.StatusCode]
"""The errors that a service reports to the caller; others go to the log only."""

RETRY_SECONDS = 1
"""When a refused caller should try again."""


def status_of(error: ServiceError, codes: StatusCodes) -> Status:
    """The rich status of a reported error: with a BadRequest for a malformed field, a RetryInfo for an overload."""
    code: int = codes[type(error)].value[0]
    status = Status(code=code, message=str(error))
    if isinstance(error, InvalidArgument):
        violation = BadRequest.FieldViolation(field=error.field, description=error.description)
        status.details.add().Pack(BadRequest(field_violations=[violation]))
    if isinstance(error, Overloaded):
        status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=RETRY_SECONDS)))
    return status
