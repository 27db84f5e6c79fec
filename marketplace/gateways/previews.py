"""The gRPC client of Previews, the only module that uses its protobuf messages."""

from collections.abc import Callable
from typing import TypeVar, cast

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status

from marketplace.domain.errors import PreviewsError, PreviewsRefused, PreviewsUnavailable
from marketplace.domain.links import MAX_PICTURE_BYTES, PICTURE_TYPE, Picture, Preview
from marketplace.gateways.channel import TRANSIENT, Connection, ConnectionClosed, Credentials, call, channel_options
from protobufs import previews_pb2 as pb
from protobufs.previews_pb2_grpc import PreviewsStub

SERVICE = "Previews"
TIMEOUT_SECONDS = 5.5
"""Of a call. Previews gives a site five seconds; with less, it could not tell a slow site from a hasty caller."""

_Response = TypeVar("_Response", bound=Message)


class GrpcPreviews:
    """Calls Previews over a connection that the first call opens; thread-safe.

    Every method raises PreviewsUnavailable, after which the same call may succeed, and PreviewsRefused.
    """

    def __init__(
        self, target: str, *, timeout: float = TIMEOUT_SECONDS, credentials: Credentials | None = None
    ) -> None:
        """`target` is what a channel connects to; `timeout` is that of a call, in seconds.

        With `credentials` calls use TLS.
        """
        self._connection = Connection(target, channel_options(SERVICE), PreviewsStub, credentials=credentials)
        self._timeout = timeout

    def preview(self, url: str) -> Preview:
        """What a page says about itself."""
        response = self._call(lambda stub: stub.Preview, pb.PreviewRequest(url=url))
        return Preview(
            title=response.title,
            description=response.description,
            site=response.site,
            authors=tuple(response.authors),
            isbn=response.isbn,
            image=response.image,
        )

    def picture(self, url: str) -> Picture:
        """The picture at a URL."""
        response = self._call(lambda stub: stub.Picture, pb.PictureRequest(url=url))
        if response.media_type != PICTURE_TYPE or len(response.image) > MAX_PICTURE_BYTES:
            raise PreviewsRefused("a picture of another kind or size than agreed")
        return Picture(content=response.image, width=response.width, height=response.height)

    def close(self) -> None:
        """Close the connection; later calls raise PreviewsUnavailable."""
        self._connection.close()

    def _call(self, method: Callable[[PreviewsStub], Callable[..., _Response]], request: Message) -> _Response:
        try:
            with self._connection.stub() as stub:
                return call(method(stub), request, timeout=self._timeout)
        except ConnectionClosed:
            raise PreviewsUnavailable("closed") from None
        except grpc.RpcError as error:
            raise _domain_error(cast("grpc.Call", error)) from error


def _domain_error(call: grpc.Call) -> PreviewsError:
    code = call.code()
    # Without an invitation to come back, it is a message that is larger than gRPC accepts.
    passes = _may_retry(call) if code is grpc.StatusCode.RESOURCE_EXHAUSTED else code in TRANSIENT
    error = (PreviewsUnavailable if passes else PreviewsRefused)(f"{code.name}: {call.details()}")
    error.code = code.name
    return error


def _may_retry(call: grpc.Call) -> bool:
    try:
        status = rpc_status.from_call(call)
    except ValueError:  # another status in the details than in the call
        return False
    return status is not None and any(detail.Is(RetryInfo.DESCRIPTOR) for detail in status.details)
