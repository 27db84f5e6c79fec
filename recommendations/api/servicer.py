"""The methods of the contract, each documented in recommendations.proto."""

from collections.abc import Callable
from datetime import datetime

import grpc

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.database_calls import DatabaseCalls, uses_database
from recommendations.api.messages import books, interactions, lists, readers
from recommendations.service import RecommendationService


class RecommendationsServicer(pb_grpc.RecommendationsServicer):
    """Each method translates, calls one use case and translates back."""

    def __init__(
        self, service: RecommendationService, clock: Callable[[], datetime], database_calls: DatabaseCalls
    ) -> None:
        self.database_calls = database_calls
        self._service = service
        self._clock = clock
        self._lists = lists.ListMessages()

    def Recommend(
        self, request: pb.RecommendationRequest, context: grpc.ServicerContext
    ) -> pb.RecommendationResponse:
        return self._lists.response(self._service.recommend(lists.recommend_request(request)))

    def RecommendBatch(
        self, request: pb.RecommendBatchRequest, context: grpc.ServicerContext
    ) -> pb.RecommendBatchResponse:
        requests = lists.recommend_requests(request)
        return self._lists.batch_response(self._service.recommend_batch(requests, distinct=request.distinct))

    def SimilarBooks(self, request: pb.SimilarBooksRequest, context: grpc.ServicerContext) -> pb.SimilarBooksResponse:
        return self._lists.similar_response(self._service.similar(lists.similar_request(request)))

    @uses_database
    def RecordInteractions(
        self, request: pb.RecordInteractionsRequest, context: grpc.ServicerContext
    ) -> pb.RecordInteractionsResponse:
        batch = interactions.interactions(request, self._clock())
        return interactions.results_response(self._service.record(batch))

    @uses_database
    def ListInteractions(
        self, request: pb.ListInteractionsRequest, context: grpc.ServicerContext
    ) -> pb.ListInteractionsResponse:
        return interactions.history_response(self._service.history(interactions.history_request(request)))

    @uses_database
    def UpsertBooks(self, request: pb.UpsertBooksRequest, context: grpc.ServicerContext) -> pb.UpsertBooksResponse:
        today = self._clock().date()
        return books.upsert_response(self._service.upsert_books(books.books(request), today))

    @uses_database
    def RemoveBooks(self, request: pb.RemoveBooksRequest, context: grpc.ServicerContext) -> pb.RemoveBooksResponse:
        return pb.RemoveBooksResponse(removed=self._service.remove_books(books.removed_books(request)))

    @uses_database
    def MergeReaders(self, request: pb.MergeReadersRequest, context: grpc.ServicerContext) -> pb.MergeReadersResponse:
        self._service.merge(*readers.merged_readers(request))
        return pb.MergeReadersResponse()

    @uses_database
    def ForgetReader(self, request: pb.ForgetReaderRequest, context: grpc.ServicerContext) -> pb.ForgetReaderResponse:
        self._service.forget(readers.forgotten_reader(request))
        return pb.ForgetReaderResponse()
