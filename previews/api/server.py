"""The gRPC server of Previews."""

from collections.abc import Sequence
from functools import partial
from typing import Unpack

from previews.api.errors import STATUS_CODES
from previews.api.health import SERVICE
from previews.api.servicer import PreviewsServicer
from previews.service import PreviewService
from protobufs import previews_pb2_grpc as pb_grpc
from servicekit.grpc import server
from servicekit.grpc.server import Server, ServerOptions


def create_server(
    service: PreviewService, hosts: Sequence[str], port: int, **options: Unpack[ServerOptions]
) -> Server:
    """Build a server that listens on `hosts`; see `servicekit.grpc.server`.

    Raises AddressInUse and CertificateUnusable.
    """
    add_servicer = partial(pb_grpc.add_PreviewsServicer_to_server, PreviewsServicer(service))
    return server.create_server(SERVICE, add_servicer, STATUS_CODES, hosts, port, prefix="PREVIEWS", **options)
