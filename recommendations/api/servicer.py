"""The methods of the contract."""

from collections.abc import Callable
from datetime import datetime

import grpc

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.database_calls import DatabaseCalls, uses_database
from recommendations.api.messages import books, interactions, readers, shelves
from recommendations.api.ready import ReadyShelves
from recommendations.service import RecommendationService


class RecommendationsServicer(pb_grpc.RecommendationsServicer):
    """Each method translates, calls one use case and translates back.

    `ready`, which stands before it and remembers answers, is told when a reader is to be forgotten.
    """

    def __init__(
        self,
        service: RecommendationService,
        clock: Callable[[], datetime],
        database_calls: DatabaseCalls,
        ready: ReadyShelves | None = None,
    ) -> None:
        self.database_calls = database_calls
        self._service = service
        self._clock = clock
        self._ready = ready

    def Recommend(
        self, request: pb.RecommendationRequest, context: grpc.ServicerContext
    ) -> pb.RecommendationResponse:
        """One shelf."""
        return shelves.shelf_response(self._service.recommend(shelves.shelf_request(request)))

    def RecommendBatch(
        self, request: pb.RecommendBatchRequest, context: grpc.ServicerContext
    ) -> pb.RecommendBatchResponse:
        """Several shelves."""
        requests = shelves.shelf_requests(request)
        return shelves.shelves_response(self._service.recommend_batch(requests, distinct=request.distinct))

    def SimilarBooks(self, request: pb.SimilarBooksRequest, context: grpc.ServicerContext) -> pb.SimilarBooksResponse:
        """Books like another one."""
        return shelves.similar_response(self._service.similar(shelves.similar_request(request)))

    @uses_database
    def RecordInteractions(
        self, request: pb.RecordInteractionsRequest, context: grpc.ServicerContext
    ) -> pb.RecordInteractionsResponse:
        """What readers did."""
        batch = interactions.interactions(request, self._clock())
        return interactions.results_response(self._service.record(batch))

    @uses_database
    def ListInteractions(
        self, request: pb.ListInteractionsRequest, context: grpc.ServicerContext
    ) -> pb.ListInteractionsResponse:
        """What one reader did."""
        return interactions.history_response(self._service.history(interactions.history_request(request)))

    @uses_database
    def UpsertBooks(self, request: pb.UpsertBooksRequest, context: grpc.ServicerContext) -> pb.UpsertBooksResponse:
        """New and changed books."""
        today = self._clock().date()
        return books.upsert_response(self._service.upsert_books(books.books(request), today))

    @uses_database
    def RemoveBooks(self, request: pb.RemoveBooksRequest, context: grpc.ServicerContext) -> pb.RemoveBooksResponse:
        """Books that are no more."""
        return pb.RemoveBooksResponse(removed=self._service.remove_books(books.removed_books(request)))

    @uses_database
    def MergeReaders(self, request: pb.MergeReadersRequest, context: grpc.ServicerContext) -> pb.MergeReadersResponse:
        """A guest who turned out to be somebody."""
        self._service.merge(*readers.merge(request))
        return pb.MergeReadersResponse()

    @uses_database
    def ForgetReader(self, request: pb.ForgetReaderRequest, context: grpc.ServicerContext) -> pb.ForgetReaderResponse:
        """A reader who wants to be forgotten."""
        self._service.forget(readers.forgotten(request))
        if self._ready is not None:
            self._ready.forget()
        return pb.ForgetReaderResponse()
