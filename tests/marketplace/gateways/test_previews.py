"""The client of Previews: answers, statuses and deadlines."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from marketplace.app import connect_previews
from marketplace.domain.errors import PreviewsRefused, PreviewsUnavailable
from marketplace.domain.links import MAX_PICTURE_BYTES, Picture, Preview
from marketplace.gateways.channel import TRANSIENT, target
from marketplace.gateways.previews import GrpcPreviews
from marketplace.settings import Settings
from protobufs import previews_pb2 as pb
from protobufs.previews_pb2_grpc import PreviewsServicer, add_PreviewsServicer_to_server
from servicekit.grpc.tls import server_credentials
from tests.certificates import Authority

URL = "https://books.example/dune"


class Servicer(PreviewsServicer):
    """Responds with `response`, or fails with `status`, which invites to come back if `may_retry`."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.metadata: list[dict[str, Any]] = []
        self.status: grpc.StatusCode | None = None
        self.may_retry = False
        self.response: Any = pb.PreviewResponse()
        self.release = Event()
        self.release.set()

    def _serve(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        self.release.wait()
        if self.status is not None:
            status = Status(code=self.status.value[0], message="as the test says")
            if self.may_retry:
                status.details.add().Pack(RetryInfo())
            context.abort_with_status(rpc_status.to_status(status))
        return self.response

    Preview = Picture = _serve


@pytest.fixture
def servicer() -> Servicer:
    """The servicer behind the server."""
    return Servicer()


@pytest.fixture
def port(servicer: Servicer) -> Iterator[int]:
    """The port of a server."""
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        add_PreviewsServicer_to_server(servicer, server)
        number = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield number
        servicer.release.set()
        server.stop(None).wait()


@pytest.fixture
def previews(port: int) -> Iterator[GrpcPreviews]:
    """A client with a long timeout."""
    with closing(GrpcPreviews(target("localhost", port), timeout=10)) as client:
        yield client


def test_all_fields_of_a_preview_arrive(servicer: Servicer, previews: GrpcPreviews) -> None:
    """The call carries a trace."""
    servicer.response = pb.PreviewResponse(
        url=URL,
        title="Dune",
        description="Spice.",
        image="https://books.example/a.png",
        site="Books",
        authors=["Frank Herbert", "Nobody"],
        isbn="9780441013593",
    )
    assert previews.preview(URL) == Preview(
        title="Dune",
        description="Spice.",
        site="Books",
        authors=("Frank Herbert", "Nobody"),
        isbn="9780441013593",
        image="https://books.example/a.png",
    )
    assert [request.url for request in servicer.requests] == [URL]
    assert "traceparent" in servicer.metadata[0]


def test_a_picture_arrives(servicer: Servicer, previews: GrpcPreviews) -> None:
    """With its size in pixels."""
    servicer.response = pb.PictureResponse(image=b"jpeg", media_type="image/jpeg", width=30, height=40)
    assert previews.picture(URL) == Picture(content=b"jpeg", width=30, height=40)


@pytest.mark.parametrize(
    "response",
    [
        pb.PictureResponse(image=b"<svg/>", media_type="image/svg+xml"),
        pb.PictureResponse(image=bytes(MAX_PICTURE_BYTES + 1), media_type="image/jpeg"),
    ],
    ids=["another type", "too large"],
)
def test_another_picture_than_agreed_is_refused(
    servicer: Servicer, previews: GrpcPreviews, response: pb.PictureResponse
) -> None:
    """The shop serves pictures from its own address, so it takes one type alone."""
    servicer.response = response
    with pytest.raises(PreviewsRefused):
        previews.picture(URL)


@pytest.mark.parametrize("status", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_every_status_may_pass_or_is_final(
    servicer: Servicer, previews: GrpcPreviews, status: grpc.StatusCode
) -> None:
    """The type of the error tells which; its code is the status. A full service says when to come back."""
    servicer.status = status
    servicer.may_retry = status is grpc.StatusCode.RESOURCE_EXHAUSTED
    expected = PreviewsUnavailable if status in TRANSIENT else PreviewsRefused
    with pytest.raises(expected, match=status.name) as raised:
        previews.preview(URL)
    assert raised.value.code == status.name


def test_too_large_a_message_is_final(servicer: Servicer, previews: GrpcPreviews) -> None:
    """Its status is that of a full service, which would invite to come back."""
    servicer.status = grpc.StatusCode.RESOURCE_EXHAUSTED
    with pytest.raises(PreviewsRefused):
        previews.preview(URL)


def test_a_call_ends_at_its_deadline(servicer: Servicer, port: int) -> None:
    """A service that hangs does not hold the relay."""
    servicer.release.clear()
    with (
        closing(GrpcPreviews(target("localhost", port), timeout=0.05)) as previews,
        pytest.raises(PreviewsUnavailable, match="DEADLINE_EXCEEDED"),
    ):
        previews.preview(URL)


def test_an_absent_service_may_come(port: int) -> None:
    """Nothing listens there; and a closed client connects no more."""
    with closing(GrpcPreviews(target("127.0.0.1", 1), timeout=10)) as previews, pytest.raises(PreviewsUnavailable):
        previews.preview(URL)
    with pytest.raises(PreviewsUnavailable, match="closed"):
        previews.preview(URL)


def test_calls_over_mutual_tls(servicer: Servicer, tmp_path: Path) -> None:
    """With the shop's certificate a call is answered, without it or without TLS it is not."""
    authority = Authority(tmp_path / "ca")
    own = authority.issue("shop")
    pair = {"previews_tls_client_certificate": own.certificate, "previews_tls_client_key": own.key}
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        add_PreviewsServicer_to_server(servicer, server)
        port = server.add_secure_port("127.0.0.1:0", server_credentials(authority.server_files(mutual=True)))
        server.start()
        place = {"previews_host": "localhost", "previews_port": port}
        for tls, is_answered in (
            ({"previews_tls_ca": authority.file, **pair}, True),
            ({"previews_tls_ca": authority.file}, False),
            ({}, False),
        ):
            with closing(connect_previews(Settings.model_validate({**place, **tls}))) as previews:
                if is_answered:
                    previews.preview(URL)
                else:
                    with pytest.raises(PreviewsUnavailable):
                        previews.preview(URL)
        server.stop(None).wait()
