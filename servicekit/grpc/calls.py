"""Runs calls on the event loop or in threads, turns errors into status codes, and logs slow or failed calls."""

import asyncio
import contextvars
import inspect
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent import futures
from typing import Any, TypeAlias

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from servicekit.deadline import deadline
from servicekit.errors import InvalidArgument, Overloaded
from servicekit.grpc.statuses import StatusCodes, status_of
from servicekit.grpc.tracing import metadata, traced
from servicekit.grpc.wire import has_more_fields
from servicekit.metrics.calls import CallMetrics
from servicekit.tracing.context import HEADER, trace_id_of

MAX_REQUEST_BYTES = 4 * 1024 * 1024
"""The largest request, as the contract says; grpcio refuses larger ones with RESOURCE_EXHAUSTED.

It bounds the memory that clients can take. Messages that never end: 128 MiB for a connection with 32 calls, while it
lasts. Calls that wait for a thread: 160 MiB; for a turn: 600 MiB, decoded. A message in a thread: 57 MiB, fourteen
times its size, because those with more than MAX_FIELDS are refused undecoded; without that it was 200 MiB.
"""

MAX_FIELDS = 2_000
"""How many fields and entries a large message may have; no valid request has many more than 1,000."""

LARGE_BYTES = 64 * 1024
"""Smaller messages take little memory, whatever is in them."""

DEADLINE_SHARE = 0.75
"""The part of a caller's deadline that a method in the pool gets; the rest is for sending the error."""

_log = structlog.get_logger()

Method = Callable[[Any, Any], Any]
Authorize = Callable[[str, str], None]
"""Raises a reported error unless the caller may call a method, `/Service/Method`; given the `authorization` header,
empty if there is none."""
# Subscripted for the type checker only: these classes are not generic.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Calls:
    """Registers a servicer's methods, all unary, with a server: pass it to the generated `add_…_to_server`.

    Methods that are coroutines run on the event loop. All others run in the pool, for at most `seconds` or a part of
    the caller's deadline, and at most `waiting` calls wait for a thread. Both begin when the message has arrived: a
    client that sends none holds no thread. Only then is it decoded: while a call waits, its message takes no more
    memory than it has bytes. `authorize` is asked before all that, on the event loop.
    """

    def __init__(
        self,
        server: grpc.aio.Server,
        status_codes: StatusCodes,
        *,
        threads: int,
        waiting: int,
        seconds: float,
        log_requests: bool,
        slow_call_ms: float,
        authorize: Authorize | None = None,
        metrics: CallMetrics | None = None,
    ) -> None:
        self._server = server
        self._metrics = metrics
        self._authorize = authorize
        self._status_codes = status_codes
        self._reported = tuple(status_codes)
        self._pool = futures.ThreadPoolExecutor(threads, thread_name_prefix="call")
        self._places = threading.BoundedSemaphore(threads + waiting)
        self._pooled: set[futures.Future[Any]] = set()
        if metrics is not None:
            metrics.add_pool(threads, lambda: len(self._pooled))
        self._seconds = seconds
        self._log_requests = log_requests
        self._slow = slow_call_ms / 1000
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def add_generic_rpc_handlers(self, handlers: Sequence[object]) -> None:
        """Ignored: the generated code registers every method in both ways."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Handler]) -> None:
        """Register the methods of a service, by name."""
        wrapped = {name: self._wrapped(f"/{service}/{name}", handler) for name, handler in handlers.items()}
        # Generic, because for each registered method grpcio would wait separately, which costs time in every call.
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, wrapped),))

    async def finished(self) -> None:
        """Wait until no call runs."""
        await self._idle.wait()

    def close(self) -> None:
        """End the pool's threads once they are idle."""
        self._pool.shutdown(wait=False)

    def _wrapped(self, name: str, handler: Handler) -> Handler:
        method, decode = handler.unary_unary, handler.request_deserializer
        assert method is not None  # noqa: S101  (all methods of the contract are unary)
        assert decode is not None  # noqa: S101  (every method of a generated servicer has one)

        def run(message: bytes, context: Any) -> Any:
            # A message of entries without content takes fifty times as much memory decoded.
            if len(message) > LARGE_BYTES and has_more_fields(message, MAX_FIELDS):
                raise InvalidArgument("request", "has more entries than any request may have")
            try:
                request = decode(message)
            except DecodeError:
                raise InvalidArgument("request", "is not a message of this method") from None
            return method(request, context)

        # grpcio would decode before the call waits, and would answer an undecodable message with INTERNAL.
        running = run if inspect.iscoroutinefunction(method) else self._in_pool(run)
        return grpc.unary_unary_rpc_method_handler(
            self._around(name, traced(name, running, self._status_codes)),
            response_serializer=handler.response_serializer,
        )

    def _around(self, name: str, run: Method) -> Callable[[Any, Context], Awaitable[Any]]:
        async def call(message: bytes, context: Context) -> Any:
            started = time.perf_counter()
            code = grpc.StatusCode.CANCELLED  # unless it ends otherwise
            self._running += 1
            self._idle.clear()
            try:
                if self._authorize is not None:
                    self._authorize(name, metadata(context, "authorization"))
                response = await run(message, context)
                code = grpc.StatusCode.OK
            except self._reported as error:
                # Its frames have the message, and are part of a cycle: it would stay until the next collection.
                error.__traceback__ = None
                status = rpc_status.to_status(status_of(error, self._status_codes))
                code = status.code
                self._log_call(name, code, started, context)
                await context.abort_with_status(status)
            except Exception:  # noqa: BLE001  (the one place that handles unexpected errors)
                code = grpc.StatusCode.INTERNAL
                # The text may contain anything, so only the log gets it; the id leads from the answer to the log.
                error_id = uuid.uuid4().hex[:12]
                _log.exception("call_failed", method=name, error_id=error_id, **_trace(context))
                await context.abort(grpc.StatusCode.INTERNAL, f"Internal error; the log has it under {error_id}")
            finally:
                if self._metrics is not None:
                    self._metrics.observe(name, code.name, time.perf_counter() - started)
                self._running -= 1
                if not self._running:
                    self._idle.set()
            if self._log_requests or time.perf_counter() - started > self._slow:
                self._log_call(name, grpc.StatusCode.OK, started, context)
            return response

        return call

    def _in_pool(self, method: Method) -> Callable[[Any, Context], Awaitable[Any]]:
        """Have a method run in the pool, unless its caller leaves before. The call raises Overloaded if many wait."""

        async def run(message: bytes, context: Context) -> Any:
            if not self._places.acquire(blocking=False):
                raise Overloaded
            left = context.time_remaining()
            ends_at = time.monotonic() + (
                self._seconds if left is None else min(self._seconds, DEADLINE_SHARE * left)
            )

            def in_thread() -> Any:
                with deadline(ends_at - time.monotonic()):
                    return method(message, context)

            # With the trace id of the log.
            running = self._pool.submit(contextvars.copy_context().run, in_thread)
            # When the method ends, not when the caller leaves.
            running.add_done_callback(lambda _: self._places.release())
            self._pooled.add(running)
            running.add_done_callback(self._pooled.discard)
            return await asyncio.wrap_future(running)

        return run

    def _log_call(self, name: str, code: grpc.StatusCode, started: float, context: Context) -> None:
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        _log.info("call", method=name, code=code.name, ms=milliseconds, **_trace(context))


def _trace(context: Context) -> dict[str, str]:
    bound = structlog.contextvars.get_contextvars().get("trace_id")
    return {"trace_id": bound or trace_id_of(metadata(context, HEADER))}
