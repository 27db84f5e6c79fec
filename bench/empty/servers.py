"""Servers that do less than ours, to show the cost of each layer: `python -m bench.empty.servers KIND THREADS`."""

import random
import signal
from collections.abc import Callable
from concurrent import futures
from typing import cast

import click
import grpc

from protobufs import recommendations_pb2 as pb
from recommendations.api.health import SERVICE
from recommendations.api.messages.lists import ListMessages
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
OUR_THREADS = 1


def sample_list() -> RecommendationList:
    """A list like a real one: ten books, each recommended because of two others."""
    books = [Book(id=10_000 + number, title=f"{number:010}") for number in range(12)]
    reason = Reason(ReasonKind.BECAUSE_OF_BOOKS, tuple(books[10:]))
    return RecommendationList(
        recommendations=tuple(Recommendation(book, 0.5, reason) for book in books[:10]),
        recommendation_id="0123456789abcdef01234567",
        model_version="20261121T000000Z-abcdef",
    )


class _ConstantService:
    """Always returns the same list."""

    def __init__(self) -> None:
        self._list = sample_list()

    def recommend(self, _request: RecommendRequest) -> RecommendationList:
        return self._list


def bare(threads: int) -> int:
    """Start a plain grpcio server that always returns the same message; returns the port."""
    message = ListMessages().response(sample_list())
    return _start(lambda: message, threads)


def sampler(threads: int) -> int:
    """Start a plain grpcio server that returns ten of a hundred prepared messages at random; returns the port."""
    books = [pb.BookRecommendation(id=id_, title=f"{id_:010}") for id_ in range(1, 101)]
    return _start(lambda: pb.RecommendationResponse(recommendations=random.sample(books, 10)), threads)


def ours(threads: int) -> int:
    """Start our whole server, including interceptor and messages, with an empty service; returns the port."""
    server = create_server(cast("RecommendationService", _ConstantService()), ("127.0.0.1",), 0, threads=threads)
    server.start()
    server.set_serving(serving=True)
    _running.append(server)
    return server.port


def _start(answer: Callable[[], pb.RecommendationResponse], threads: int) -> int:
    recommend = grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: answer(),
        request_deserializer=pb.RecommendationRequest.FromString,
        response_serializer=pb.RecommendationResponse.SerializeToString,
    )
    server = grpc.server(futures.ThreadPoolExecutor(threads))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Recommend": recommend}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    _running.append(server)
    return port


_running: list[object] = []
"""References to the servers, since grpcio stops a server that is garbage-collected."""

KINDS: dict[str, Callable[[int], int]] = {"bare": bare, "sampler": sampler, "ours": ours}


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("threads", type=click.IntRange(min=1))
def main(kind: str, threads: int) -> None:
    """Serve until SIGTERM."""
    click.echo(f"{LISTENS}{KINDS[kind](threads)}")
    signal.pause()


if __name__ == "__main__":
    main()
