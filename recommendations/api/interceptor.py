"""Turns errors into status codes and logs slow or failed calls."""

import time
import uuid
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any, TypeAlias

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from recommendations.api.errors import REPORTED, status_of
from recommendations.domain.errors import InvalidArgument
from servicekit import tracing

_log = structlog.get_logger()

Behaviour = Callable[[Any, grpc.ServicerContext], Any]
# Subscripted for the type checker only: the class itself is not generic.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class CallInterceptor(grpc.ServerInterceptor):
    """Wraps every unary method except gRPC's own; `executors` has executors for some, by `/Service/Method`.

    Health.Watch and reflection are not wrapped: each wrapped stream would hold a thread of the pool.
    """

    def __init__(
        self, *, log_requests: bool, slow_call_ms: float, executors: Mapping[str, futures.ThreadPoolExecutor]
    ) -> None:
        self._log_requests = log_requests
        self._slow = slow_call_ms / 1000
        self._executors = executors
        self._wrapped: dict[str, Handler] = {}

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Handler | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """The wrapped handler, from a cache: this runs for every call, on the one serving thread."""
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is not None:
            return wrapped
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None or method.startswith("/grpc."):
            return handler
        wrapped = self._wrapped[method] = grpc.unary_unary_rpc_method_handler(
            self._around(method, handler.unary_unary),
            _checked(handler.request_deserializer),
            handler.response_serializer,
        )
        return wrapped

    def _around(self, method: str, behaviour: Behaviour) -> Behaviour:
        def call(request: Any, context: grpc.ServicerContext) -> Any:
            started = time.perf_counter()
            try:
                if isinstance(request, InvalidArgument):
                    raise request
                response = behaviour(request, context)
            except REPORTED as error:
                status = rpc_status.to_status(status_of(error))
                self._log_call(method, status.code, started, context)
                context.abort_with_status(status)
            except Exception:  # noqa: BLE001  (the one place that handles unexpected errors)
                # The text may contain anything, so only the log gets it; the id leads from the answer to the log.
                error_id = uuid.uuid4().hex[:12]
                _log.exception("call_failed", method=method, error_id=error_id, **_trace(context))
                context.abort(grpc.StatusCode.INTERNAL, f"Internal error; the log has it under {error_id}")
            if self._log_requests or time.perf_counter() - started > self._slow:
                self._log_call(method, grpc.StatusCode.OK, started, context)
            return response

        if method in self._executors:
            # grpcio reads a method's executor from this attribute.
            call.experimental_thread_pool = self._executors[method]  # type: ignore[attr-defined]
        return call

    def _log_call(self, method: str, code: grpc.StatusCode, started: float, context: grpc.ServicerContext) -> None:
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        _log.info("call", method=method, code=code.name, ms=milliseconds, **_trace(context))


def _checked(decode: Callable[[bytes], Any] | None) -> Callable[[bytes], Any]:
    """A deserializer that returns an error instead of raising it, for which grpcio would answer INTERNAL."""
    assert decode is not None  # noqa: S101  (every method of a generated servicer has one)

    def checked(message: bytes) -> Any:
        try:
            return decode(message)
        except DecodeError:
            return InvalidArgument("request", "is not a message of this method")

    return checked


def _trace(context: grpc.ServicerContext) -> dict[str, str]:
    headers = dict(context.invocation_metadata() or ())
    return {"trace_id": tracing.trace_id_of(str(headers.get(tracing.HEADER, "")))}
