"""The domain's errors as gRPC status codes."""

import grpc

from previews.domain import (
    AnswerRefused,
    HostBusy,
    HostNotPublic,
    PageNotFound,
    PictureRefused,
    RedirectRefused,
    SiteTooSlow,
    SiteUnavailable,
    StoreUnavailable,
    TimeTooShort,
    TooLarge,
    UnsupportedContent,
)
from servicekit.errors import InvalidArgument, Overloaded
from servicekit.grpc.statuses import StatusCodes

STATUS_CODES: StatusCodes = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    PageNotFound: grpc.StatusCode.NOT_FOUND,
    HostNotPublic: grpc.StatusCode.FAILED_PRECONDITION,
    RedirectRefused: grpc.StatusCode.FAILED_PRECONDITION,
    AnswerRefused: grpc.StatusCode.FAILED_PRECONDITION,
    TooLarge: grpc.StatusCode.FAILED_PRECONDITION,
    UnsupportedContent: grpc.StatusCode.FAILED_PRECONDITION,
    PictureRefused: grpc.StatusCode.FAILED_PRECONDITION,
    SiteUnavailable: grpc.StatusCode.UNAVAILABLE,
    StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
    SiteTooSlow: grpc.StatusCode.DEADLINE_EXCEEDED,
    TimeTooShort: grpc.StatusCode.DEADLINE_EXCEEDED,
    HostBusy: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
}
