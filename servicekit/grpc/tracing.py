"""The spans of answered calls."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import grpc
import structlog

from servicekit.errors import ServiceError
from servicekit.grpc.statuses import StatusCodes
from servicekit.tracing.context import HEADER, trace_id_of
from servicekit.tracing.spans import Kind, is_tracing, span

# Subscripted for the type checker only: this class is not generic.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Run = Callable[[Any, Context], Awaitable[Any]]

_FAILURES = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
"""The codes by which the server failed; of the others the caller is the cause."""


def traced(name: str, run: Run, status_codes: StatusCodes) -> Run:
    """Have a span around the method `/Service/Method`; `run` itself if no traces are made.

    It continues the caller's trace, whatever its sampled flag says: who may call is trusted with that. Callers that
    are not let in get no span.
    """
    if not is_tracing():
        return run
    method = name.removeprefix("/")
    attributes = {"rpc.system.name": "grpc", "rpc.method": method}

    async def call(message: bytes, context: Context) -> Any:
        parent = metadata(context, HEADER)
        scope = span(method, Kind.SERVER, parent=parent, begins_trace=True, attributes=attributes)
        answering = scope.__enter__()
        code = grpc.StatusCode.OK.name
        try:
            return await run(message, context)
        except (Exception, asyncio.CancelledError) as error:
            code = _code_of(error, status_codes)
            raise
        finally:
            answering.set("rpc.response.status_code", code)
            if code in _FAILURES:
                answering.fail(code)
            scope.__exit__(None, None, None)
            # For what is logged of this call after it; it has a task of its own.
            structlog.contextvars.bind_contextvars(trace_id=trace_id_of(answering.traceparent))

    return call


def metadata(context: Context, name: str) -> str:
    """The caller's metadata of this name, empty if there is none."""
    return next((str(value) for key, value in context.invocation_metadata() or () if key == name), "")


def _code_of(error: BaseException, status_codes: StatusCodes) -> str:
    if isinstance(error, asyncio.CancelledError):
        return grpc.StatusCode.CANCELLED.name
    reported = isinstance(error, ServiceError) and status_codes.get(type(error))
    return reported.name if reported else grpc.StatusCode.INTERNAL.name
