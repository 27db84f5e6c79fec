"""Servers that do less than ours, to tell what each layer of a call costs: `python -m bench.empty_servers KIND`."""

import signal
from collections.abc import Callable
from concurrent import futures
from typing import cast

import click
import grpc

from protobufs import recommendations_pb2 as pb
from recommendations.api import create_server, messages
from recommendations.api.interceptor import CallInterceptor
from recommendations.api.server import SERVICE
from recommendations.domain import Book, Reason, ReasonKind, Recommendation, Shelf, ShelfRequest
from recommendations.service import RecommendationService

LISTENS = "listens on port "
THREADS = 10
"""As many as our own server has by default."""
SLOW_CALL_MS = 250.0


def ready_shelf() -> Shelf:
    """A shelf as long as a real one: ten books, two reasons each."""
    books = [Book(id=10_000 + place, title=f"{place:010}") for place in range(12)]
    return Shelf(
        recommendations=tuple(
            Recommendation(book, 0.5, Reason(ReasonKind.BECAUSE_OF_BOOKS, tuple(books[10:]))) for book in books[:10]
        ),
        recommendation_id="0123456789abcdef01234567",
        model_version="20261121T000000Z-abcdef",
    )


class _ReadyService:
    """Returns one ready shelf, as the use case would."""

    def __init__(self) -> None:
        self._shelf = ready_shelf()

    def recommend(self, _request: ShelfRequest) -> Shelf:
        return self._shelf


def bare() -> int:
    """grpcio alone, returning a ready message; returns the port."""
    return _start_ready(interceptors=[])


def intercepted() -> int:
    """The same behind our interceptor; returns the port."""
    return _start_ready(interceptors=[CallInterceptor(log_requests=False, slow_call_ms=SLOW_CALL_MS)])


def ready() -> int:
    """Our whole server over a service that returns a ready shelf; returns the port."""
    server = create_server(cast("RecommendationService", _ReadyService()), "127.0.0.1:0", threads=THREADS)
    server.start()
    server.set_serving(serving=True)
    _running.append(server)
    return server.port


def _start_ready(interceptors: list[grpc.ServerInterceptor]) -> int:
    message = messages.shelf_response(ready_shelf())
    recommend = grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: message,
        request_deserializer=pb.RecommendationRequest.FromString,
        response_serializer=pb.RecommendationResponse.SerializeToString,
    )
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), interceptors=interceptors)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Recommend": recommend}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    _running.append(server)
    return port


_running: list[object] = []
"""A grpcio server stops when nothing refers to it any more."""

KINDS: dict[str, Callable[[], int]] = {"bare": bare, "intercepted": intercepted, "ready": ready}


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
def main(kind: str) -> None:
    """Serve until SIGTERM."""
    click.echo(f"{LISTENS}{KINDS[kind]()}")
    signal.pause()


if __name__ == "__main__":
    main()
