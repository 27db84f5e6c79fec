"""Servers that do less than ours, to tell what each layer of a call costs: `python -m bench.empty_servers KIND`."""

import random
import signal
from collections.abc import Callable
from concurrent import futures
from dataclasses import replace
from typing import cast

import click
import grpc

from protobufs import recommendations_pb2 as pb
from recommendations.api.health import SERVICE
from recommendations.api.messages import shelves
from recommendations.api.server import create_server
from recommendations.domain.books import Book
from recommendations.domain.recommending import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendRequest,
)
from recommendations.service import RecommendationService

LISTENS = "listens on port "
THREADS = 10
"""As many as our own server has by default."""


def ready_shelf() -> RecommendationList:
    """A shelf as long as a real one: ten books, two reasons each."""
    books = [Book(id=10_000 + place, title=f"{place:010}") for place in range(12)]
    return RecommendationList.of(
        (Recommendation(book, 0.5, Reason(ReasonKind.BECAUSE_OF_BOOKS, tuple(books[10:]))) for book in books[:10]),
        recommendation_id="0123456789abcdef01234567",
        model_version="20261121T000000Z-abcdef",
    )


class _ReadyService:
    """Returns one ready shelf, which holds for ever or never."""

    def __init__(self, *, holding: bool) -> None:
        self._shelf = replace(ready_shelf(), basis=self)
        self._holding = holding

    def recommend(self, _request: RecommendRequest) -> RecommendationList:
        return self._shelf

    def holds(self, _reader_id: int, _basis: object) -> bool:
        return self._holding


def bare() -> int:
    """grpcio alone, returning a ready message; returns the port."""
    message = shelves.shelf_response(ready_shelf())
    return _start(lambda: message)


def sampler() -> int:
    """grpcio alone, the classic example: ten of a hundred ready messages, drawn at random; returns the port."""
    books = [pb.BookRecommendation(id=id_, title=f"{id_:010}") for id_ in range(1, 101)]
    return _start(lambda: pb.RecommendationResponse(recommendations=random.sample(books, 10)))


def empty() -> int:
    """Our whole server, interceptors and logging included, over an answer that is there; returns the port."""
    return _start_ours(_ReadyService(holding=True))


def ready() -> int:
    """Our whole server over a service that returns a ready shelf, serialized anew each time; returns the port."""
    return _start_ours(_ReadyService(holding=False))


def _start_ours(service: _ReadyService) -> int:
    server = create_server(cast("RecommendationService", service), "127.0.0.1:0", threads=THREADS)
    server.start()
    server.set_serving(serving=True)
    _running.append(server)
    return server.port


def _start(answer: Callable[[], pb.RecommendationResponse]) -> int:
    recommend = grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: answer(),
        request_deserializer=pb.RecommendationRequest.FromString,
        response_serializer=pb.RecommendationResponse.SerializeToString,
    )
    server = grpc.server(futures.ThreadPoolExecutor(THREADS))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Recommend": recommend}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    _running.append(server)
    return port


_running: list[object] = []
"""A grpcio server stops when nothing refers to it any more."""

KINDS: dict[str, Callable[[], int]] = {"bare": bare, "sampler": sampler, "empty": empty, "ready": ready}


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
def main(kind: str) -> None:
    """Serve until SIGTERM."""
    click.echo(f"{LISTENS}{KINDS[kind]()}")
    signal.pause()


if __name__ == "__main__":
    main()
