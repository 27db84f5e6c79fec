"""The domain's errors as gRPC status codes."""

import grpc

from recommendations.domain.errors import (
    BookNotFound,
    CategoryNotFound,
    ForgettingUnfinished,
    NotReady,
    ScopeMissing,
    StoreUnavailable,
    Unauthenticated,
)
from servicekit.errors import InvalidArgument, Overloaded
from servicekit.grpc.statuses import StatusCodes

STATUS_CODES: StatusCodes = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    CategoryNotFound: grpc.StatusCode.NOT_FOUND,
    BookNotFound: grpc.StatusCode.NOT_FOUND,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    ScopeMissing: grpc.StatusCode.PERMISSION_DENIED,
    NotReady: grpc.StatusCode.UNAVAILABLE,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
    ForgettingUnfinished: grpc.StatusCode.UNAVAILABLE,
}
