"""Runs calls on the event loop or in the thread pool, turns errors into status codes, and logs slow or failed calls."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
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

Behaviour = Callable[[Any, Any], Any]
# Subscripted for the type checker only: these classes are not generic.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Calls:
    """Registers a servicer's unary methods with a server: pass it to the generated `add_…_to_server`.

    The methods in `on_event_loop` run there: they are short and never wait. All others run in `pool`, once their message
    has arrived, so that a client that sends none holds no thread.
    """

    def __init__(
        self,
        server: grpc.aio.Server,
        *,
        pool: futures.Executor,
        on_event_loop: Collection[str],
        log_requests: bool,
        slow_call_ms: float,
    ) -> None:
        self._server = server
        self._pool = pool
        self._on_event_loop = on_event_loop
        self._log_requests = log_requests
        self._slow = slow_call_ms / 1000
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def add_generic_rpc_handlers(self, handlers: Sequence[object]) -> None:
        """Ignored: the generated code registers every method in both ways."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Handler]) -> None:
        """Register the methods of a service, by name."""
        wrapped = {
            name: grpc.unary_unary_rpc_method_handler(
                self._around(f"/{service}/{name}", handler.unary_unary, on_event_loop=name in self._on_event_loop),
                _checked(handler.request_deserializer),
                handler.response_serializer,
            )
            for name, handler in handlers.items()
        }
        # Generic, because for each registered method grpcio would wait separately, which costs time in every call.
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, wrapped),))

    async def finished(self) -> None:
        """Wait until no call runs."""
        await self._idle.wait()

    def _around(
        self, method: str, behaviour: Behaviour | None, *, on_event_loop: bool
    ) -> Callable[[Any, Context], Awaitable[Any]]:
        assert behaviour is not None  # noqa: S101  (all methods of the contract are unary)

        async def call(request: Any, context: Context) -> Any:
            started = time.perf_counter()
            self._running += 1
            self._idle.clear()
            try:
                if isinstance(request, InvalidArgument):
                    raise request
                if on_event_loop:
                    response = behaviour(request, context)
                else:
                    loop = asyncio.get_running_loop()
                    response = await loop.run_in_executor(self._pool, behaviour, request, context)
            except REPORTED as error:
                status = rpc_status.to_status(status_of(error))
                self._log_call(method, status.code, started, context)
                await context.abort_with_status(status)
            except Exception:  # noqa: BLE001  (the one place that handles unexpected errors)
                # The text may contain anything, so only the log gets it; the id leads from the answer to the log.
                error_id = uuid.uuid4().hex[:12]
                _log.exception("call_failed", method=method, error_id=error_id, **_trace(context))
                await context.abort(grpc.StatusCode.INTERNAL, f"Internal error; the log has it under {error_id}")
            finally:
                self._running -= 1
                if not self._running:
                    self._idle.set()
            if self._log_requests or time.perf_counter() - started > self._slow:
                self._log_call(method, grpc.StatusCode.OK, started, context)
            return response

        return call

    def _log_call(self, method: str, code: grpc.StatusCode, started: float, context: Context) -> None:
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


def _trace(context: Context) -> dict[str, str]:
    headers = dict(context.invocation_metadata() or ())
    return {"trace_id": tracing.trace_id_of(str(headers.get(tracing.HEADER, "")))}
