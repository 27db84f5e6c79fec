"""A pool of its own for a method."""

from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc


class OnLane:
    """A method that runs on a pool of its own, by the attribute that grpcio looks for."""

    def __init__(self, method: Callable[..., Any], lane: futures.ThreadPoolExecutor) -> None:
        self.experimental_thread_pool = lane
        self._method = method

    def __call__(self, request: Any, context: grpc.ServicerContext) -> Any:
        return self._method(request, context)
