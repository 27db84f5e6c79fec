"""The gRPC server of Recommendations."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Unpack

from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.errors import STATUS_CODES
from recommendations.api.health import SERVICE
from recommendations.api.scopes import authorized_by
from recommendations.api.servicer import RecommendationsServicer
from recommendations.following.tokens import TokenFollower
from recommendations.service import RecommendationService
from servicekit.clock import now
from servicekit.grpc import server
from servicekit.grpc.server import Server, ServerOptions


def create_server(
    service: RecommendationService,
    hosts: Sequence[str],
    port: int,
    *,
    clock: Callable[[], datetime] = now,
    tokens: TokenFollower | None = None,
    **options: Unpack[ServerOptions],
) -> Server:
    """Build a server that listens on `hosts`; see `servicekit.grpc.server`. With `tokens`, each call needs one.

    Raises AddressInUse and CertificateUnusable.
    """
    add_servicer = partial(pb_grpc.add_RecommendationsServicer_to_server, RecommendationsServicer(service, clock))
    return server.create_server(
        SERVICE,
        add_servicer,
        STATUS_CODES,
        hosts,
        port,
        prefix="RECOMMENDATIONS",
        authorize=None if tokens is None else authorized_by(tokens),
        **options,
    )
