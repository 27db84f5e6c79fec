"""The methods of the contract."""

from collections.abc import Callable
from datetime import datetime

import grpc

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api import messages
from recommendations.service import RecommendationService


class RecommendationsServicer(pb_grpc.RecommendationsServicer):
    """Each method translates, calls one use case and translates back."""

    def __init__(self, service: RecommendationService, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock

    def Recommend(
        self, request: pb.RecommendationRequest, context: grpc.ServicerContext
    ) -> pb.RecommendationResponse:
        """One shelf."""
        return messages.shelf_response(self._service.recommend(messages.shelf_request(request)))

    def RecommendBatch(
        self, request: pb.RecommendBatchRequest, context: grpc.ServicerContext
    ) -> pb.RecommendBatchResponse:
        """Several shelves."""
        requests = messages.shelf_requests(request)
        return messages.shelves_response(self._service.recommend_batch(requests, distinct=request.distinct))

    def RecordInteractions(
        self, request: pb.RecordInteractionsRequest, context: grpc.ServicerContext
    ) -> pb.RecordInteractionsResponse:
        """What readers did."""
        return messages.results_response(self._service.record(messages.interactions(request, self._clock())))
