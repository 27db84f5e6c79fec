"""Every error of the domain has a status code."""

import inspect

import grpc
import pytest

from previews import domain
from previews.api.errors import STATUS_CODES
from servicekit.errors import InvalidArgument, Overloaded, ServiceError
from servicekit.grpc.statuses import status_of

ERRORS = [
    kind
    for _, kind in inspect.getmembers(domain, inspect.isclass)
    if issubclass(kind, ServiceError) and kind not in {ServiceError, Overloaded, domain.FetchError}
]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_a_code_and_a_text(kind: type[ServiceError]) -> None:
    """A fixed text, so that nothing of a site or of this network is in it."""
    status = status_of(kind(), STATUS_CODES)
    assert status.code not in {grpc.StatusCode.OK.value[0], grpc.StatusCode.INTERNAL.value[0]}
    assert status.message == kind.text != ""


def test_the_errors_of_the_server_have_codes() -> None:
    """The server itself raises them."""
    assert {InvalidArgument, Overloaded} <= set(STATUS_CODES)


@pytest.mark.parametrize("kind", [domain.HostBusy, Overloaded])
def test_when_to_try_again(kind: type[ServiceError]) -> None:
    """An overload says it."""
    (detail,) = status_of(kind(), STATUS_CODES).details
    assert detail.type_url.endswith("google.rpc.RetryInfo")
