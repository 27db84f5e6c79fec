"""The methods of the contract, each documented in recommendations.proto."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

import grpc

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.messages import books, interactions, lists, readers
from recommendations.api.turns import Turns
from recommendations.service import RecommendationService

# Subscripted for the type checker only: the class is not generic.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class RecommendationsServicer(pb_grpc.RecommendationsServicer):
    """Each method translates, calls one use case and translates back.

    Those that only read memory are coroutines and run on the event loop, which takes less time than handing them to a
    thread would; those that use the database run in a thread.
    """

    def __init__(self, service: RecommendationService, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock
        self._lists = lists.ListMessages()
        self._turns = Turns()

    async def Recommend(self, request: pb.RecommendationRequest, context: Context) -> pb.RecommendationResponse:
        await self._turns.take(context.peer())
        return self._lists.response(self._service.recommend(lists.recommend_request(request)))

    async def RecommendBatch(self, request: pb.RecommendBatchRequest, context: Context) -> pb.RecommendBatchResponse:
        requests = lists.recommend_requests(request)
        response = pb.RecommendBatchResponse()
        answers = self._service.recommend_batch(requests, distinct=request.distinct)
        for number in range(len(requests)):
            await self._turns.take(context.peer(), again=number > 0)
            response.responses.append(self._lists.response(next(answers)))
        return response

    async def SimilarBooks(self, request: pb.SimilarBooksRequest, context: Context) -> pb.SimilarBooksResponse:
        await self._turns.take(context.peer())
        return self._lists.similar_response(self._service.similar(lists.similar_request(request)))

    def RecordInteractions(
        self, request: pb.RecordInteractionsRequest, context: Context
    ) -> pb.RecordInteractionsResponse:
        batch = interactions.interactions(request, self._clock())
        return interactions.results_response(self._service.record(batch))

    def ListInteractions(self, request: pb.ListInteractionsRequest, context: Context) -> pb.ListInteractionsResponse:
        return interactions.history_response(self._service.history(interactions.history_request(request)))

    def UpsertBooks(self, request: pb.UpsertBooksRequest, context: Context) -> pb.UpsertBooksResponse:
        today = self._clock().date()
        return books.upsert_response(self._service.upsert_books(books.books(request), today))

    def RemoveBooks(self, request: pb.RemoveBooksRequest, context: Context) -> pb.RemoveBooksResponse:
        return pb.RemoveBooksResponse(removed=self._service.remove_books(books.removed_books(request)))

    def MergeReaders(self, request: pb.MergeReadersRequest, context: Context) -> pb.MergeReadersResponse:
        self._service.merge(*readers.merged_readers(request))
        return pb.MergeReadersResponse()

    def ForgetReader(self, request: pb.ForgetReaderRequest, context: Context) -> pb.ForgetReaderResponse:
        self._service.forget(readers.forgotten_reader(request))
        return pb.ForgetReaderResponse()
