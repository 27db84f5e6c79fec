"""The gRPC client of Previews, the only module that uses its protobuf messages."""

from collections.abc import Callable
from threading import Lock
from typing import TypeVar, cast

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status

from marketplace.domain.errors import PreviewsError, PreviewsRefused, PreviewsUnavailable
from marketplace.domain.links import MAX_PICTURE_BYTES, PICTURE_TYPE, Picture, Preview
from marketplace.gateways.channel import CONNECTION_OPTIONS, TRANSIENT, call, target
from protobufs import previews_pb2 as pb
from protobufs.previews_pb2_grpc import PreviewsStub

TIMEOUT_SECONDS = 5.5
"""Of a call. Previews gives a site five seconds; with less, it could not tell a slow site from a hasty caller."""

_Response = TypeVar("_Response", bound=Message)


class GrpcPreviews:
    """Calls Previews over one channel, which is opened by the first call; thread-safe.

    Every method raises PreviewsUnavailable, after which the same call may succeed, and PreviewsRefused.
    """

    def __init__(self, host: str, port: int, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """`host` is a name, an address or `unix:path`; `timeout` is that of a call, in seconds."""
        self._target = target(host, port)
        self._timeout = timeout
        self._lock = Lock()
        self._channel: grpc.Channel | None = None
        self._stub: PreviewsStub | None = None
        self._closed = False

    def preview(self, url: str) -> Preview:
        """What a page says about itself."""
        response = self._call(self._connected().Preview, pb.PreviewRequest(url=url))
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
        response = self._call(self._connected().Picture, pb.PictureRequest(url=url))
        if response.media_type != PICTURE_TYPE or len(response.image) > MAX_PICTURE_BYTES:
            raise PreviewsRefused("a picture of another kind or size than agreed")
        return Picture(content=response.image, width=response.width, height=response.height)

    def close(self) -> None:
        """Close the channel; later calls raise PreviewsUnavailable."""
        with self._lock:
            self._closed = True
            if self._channel is not None:
                self._channel.close()

    def _call(self, method: Callable[..., _Response], request: Message) -> _Response:
        try:
            return call(method, request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise _domain_error(cast("grpc.Call", error)) from error

    def _connected(self) -> PreviewsStub:
        with self._lock:
            if self._closed:
                raise PreviewsUnavailable("closed")
            if self._stub is None:
                self._channel = grpc.insecure_channel(self._target, options=CONNECTION_OPTIONS)
                self._stub = PreviewsStub(self._channel)
            return self._stub


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
