"""Shelves from bytes to bytes: what most calls ask for, without a protobuf message for every book."""

from collections.abc import Callable
from concurrent import futures
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import DecodeError

from protobufs import recommendations_pb2 as pb
from recommendations.api.interceptor import Handler
from recommendations.api.lane import OnLane
from recommendations.api.messages import shelves
from recommendations.api.messages.ready import ShelfBytes
from recommendations.domain.errors import InvalidArgument
from recommendations.recent import Recent
from recommendations.service import RecommendationService

REMEMBERED = 4_000
"""So many answers are remembered, and up to as many again; one of ten books has a kilobyte and a half."""


class _Answer(NamedTuple):
    reader_id: int
    basis: object
    message: bytes


class ReadyShelves(grpc.ServerInterceptor):
    """Stands in for the servicer's methods that answer with shelves, and answers the same.

    Whoever asks again what they asked before is answered with the same bytes, as long as the service says that
    nothing has changed that their shelf follows from. All of it runs on `lane`.
    """

    def __init__(self, service: RecommendationService, lane: futures.ThreadPoolExecutor) -> None:
        self._service = service
        self._bytes = ShelfBytes()
        self._answers: Recent[bytes, _Answer] = Recent(REMEMBERED)
        name = pb.DESCRIPTOR.services_by_name["Recommendations"].full_name
        self._handlers: dict[str, Handler] = {
            f"/{name}/Recommend": grpc.unary_unary_rpc_method_handler(OnLane(self._recommend, lane)),
            f"/{name}/RecommendBatch": grpc.unary_unary_rpc_method_handler(
                OnLane(self._recommend_batch, lane), request_deserializer=pb.RecommendBatchRequest.FromString
            ),
            f"/{name}/SimilarBooks": grpc.unary_unary_rpc_method_handler(
                OnLane(self._similar_books, lane), request_deserializer=pb.SimilarBooksRequest.FromString
            ),
        }

    def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Any], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """The handler of a method."""
        return self._handlers.get(handler_call_details.method) or continuation(handler_call_details)

    def forget(self) -> None:
        """Remember no answer any more."""
        self._answers.clear()

    def _recommend(self, message: bytes, _context: grpc.ServicerContext) -> bytes:
        known = self._answers.get(message)
        if known is not None and self._service.holds(known.reader_id, known.basis):
            return known.message
        try:
            request = shelves.shelf_request(pb.RecommendationRequest.FromString(message))
        except DecodeError:
            raise InvalidArgument("request", "is not a RecommendationRequest") from None
        shelf = self._service.recommend(request)
        answer = self._bytes.response(shelf)
        if shelf.basis is not None:
            self._answers.put(message, _Answer(request.reader_id, shelf.basis, answer))
        return answer

    def _recommend_batch(self, message: pb.RecommendBatchRequest, _context: grpc.ServicerContext) -> bytes:
        asked = shelves.shelf_requests(message)
        return self._bytes.responses(self._service.recommend_batch(asked, distinct=message.distinct))

    def _similar_books(self, message: pb.SimilarBooksRequest, _context: grpc.ServicerContext) -> bytes:
        return self._bytes.response(self._service.similar(shelves.similar_request(message)))
