"""The interface: signed events come in, signals go out over WebSocket and server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from events.envelope import CONTENT_TYPE, MAX_BYTES, Event, InvalidEvent, UnknownType, decode
from events.signature import InvalidSignature, verify
from events.tickets import InvalidTicket, Tickets
from live.domain import InvalidNote, NoteLimit, TooManyMessages, parse_note, topics_of
from live.hub import Connection, Hub, NoRoom, TooManyOfHolder
from servicekit.clock import now
from servicekit.tracing.spans import Kind, span

SUBPROTOCOL = "live"
GRACE = timedelta(seconds=30)
"""How long a connection may outlast its ticket."""

BODY_SECONDS = 5.0
MAX_BODIES = 16
"""How many events may be read at a time: their senders are not known before their end."""

PING_SECONDS = 20.0
TICKET_OVER = 4001
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013
GOING_AWAY = 1012

_PROCESSED = {
    "messaging.system": "outbox",
    "messaging.operation.type": "process",
    "messaging.operation.name": "process",
    "messaging.destination.name": "live",
}

log = structlog.get_logger()


class _Refused(Exception):
    """A client may not connect: the status says why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def create_app(
    hub: Hub,
    secret: str,
    origins: frozenset[str],
    *,
    clock: Callable[[], datetime] = now,
    grace: timedelta = GRACE,
    ping_seconds: float = PING_SECONDS,
) -> Starlette:
    """The ASGI application; `origins` are those of the shop's pages."""
    live = _Live(hub, secret, origins, clock=clock, grace=grace, ping_seconds=ping_seconds)
    return Starlette(
        routes=[
            Route("/events", live.accept, methods=["POST"]),
            WebSocketRoute("/live", live.socket),
            Route("/live/events", live.events, methods=["GET"]),
            Route("/healthz", _alive, methods=["GET"]),
            Route("/readyz", live.ready, methods=["GET"]),
        ]
    )


class _Live:
    def __init__(
        self,
        hub: Hub,
        secret: str,
        origins: frozenset[str],
        *,
        clock: Callable[[], datetime],
        grace: timedelta,
        ping_seconds: float,
    ) -> None:
        self._hub = hub
        self._secret = secret
        self._origins = origins
        self._tickets = Tickets(secret, clock=clock)
        self._clock = clock
        self._grace = grace
        self._ping_seconds = ping_seconds
        self._bodies = 0

    async def ready(self, _request: Request) -> Response:
        return JSONResponse({"ready": True, "connections": len(self._hub)})

    async def accept(self, request: Request) -> Response:
        """Take an event of the shop, and signal its topics."""
        try:
            event, number = await self._event(request)
        except _Refused as error:
            return _failed(error.status, str(error))
        with span(f"process {event.type}", Kind.CONSUMER, parent=event.traceparent, attributes=_PROCESSED):
            self._hub.signal(topics_of(event.data), number)
        return JSONResponse({"accepted": True}, HTTPStatus.ACCEPTED)

    async def _event(self, request: Request) -> tuple[Event, int]:
        """The event that the shop has signed, and its number. Raises _Refused."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {CONTENT_TYPE}")
        body = await self._body(request)
        try:
            verify(self._secret, request.headers, body)
            event = decode(body)
        except InvalidSignature as error:
            log.warning("request_not_signed", path="/events", cause=str(error))
            raise _Refused(HTTPStatus.UNAUTHORIZED, f"not signed with the secret: {error}") from None
        except UnknownType as error:
            raise _Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
        except InvalidEvent as error:
            raise _Refused(HTTPStatus.BAD_REQUEST, str(error)) from None
        if event.sequence is None:
            raise _Refused(HTTPStatus.BAD_REQUEST, "the event has no sequence")
        return event, event.sequence

    async def _body(self, request: Request) -> bytes:
        """Raises _Refused for one that is too large or too slow."""
        if self._bodies >= MAX_BODIES:
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, "too many events at a time; send it again later")
        self._bodies += 1
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "an event has at most 1 MiB")
        except TimeoutError:
            raise _Refused(HTTPStatus.REQUEST_TIMEOUT, "the event did not arrive in time") from None
        except ClientDisconnect:
            raise _Refused(HTTPStatus.BAD_REQUEST, "the connection was closed") from None
        finally:
            self._bodies -= 1
        return bytes(body)

    async def socket(self, socket: WebSocket) -> None:
        """A WebSocket, which offers the subprotocols `live` and its ticket."""
        try:
            self._check_origin(socket.headers)
            match socket.scope["subprotocols"]:
                case [str(name), str(ticket)] if name == SUBPROTOCOL:
                    connection = self._join(ticket)
                case _:
                    raise _Refused(HTTPStatus.FORBIDDEN, "offer the subprotocols live and a ticket")
        except _Refused:
            # 403, whatever the reason: pages cannot see it.
            await socket.close()
            return
        try:
            await socket.accept(SUBPROTOCOL)
            await self._serve(socket, connection)
        except WebSocketDisconnect:
            pass  # the page was left
        finally:
            self._hub.leave(connection)

    async def _serve(self, socket: WebSocket, connection: Connection) -> None:
        reading = asyncio.create_task(self._read(socket, connection))
        try:
            code = await self._write(socket, connection, reading)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect):
                await reading
        if code is not None:
            await socket.close(code)

    async def _write(self, socket: WebSocket, connection: Connection, reading: "asyncio.Task[int]") -> int | None:
        """Send what comes until an end; returns the code to close with, None if the client has gone."""
        # What ends the reading ends the writing.
        reading.add_done_callback(lambda _: connection.end())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds_left(connection)):
                while (message := await connection.next()) is not None:
                    await socket.send_text(message)
                if reading.done() and not reading.cancelled():
                    return None if isinstance(reading.exception(), WebSocketDisconnect) else reading.result()
                return TRY_AGAIN_LATER if connection.is_slow else GOING_AWAY
        return TICKET_OVER

    async def _read(self, socket: WebSocket, connection: Connection) -> int:
        """Pass notes on; returns the code to close with when the client breaks the rules."""
        limit = NoteLimit(time.monotonic)
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    raise WebSocketDisconnect(message.get("code", 1005))
                if limit.admits():
                    self._hub.note(connection, parse_note(message.get("text") or "", connection.ticket.side))
        except (InvalidNote, TooManyMessages):
            return POLICY_VIOLATION

    async def events(self, request: Request) -> Response:
        """Server-sent events; the ticket is a parameter, which is not logged."""
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        origin = request.headers.get("origin")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Origin"}
        try:
            self._check_origin(request.headers)
            if origin is not None:
                headers["Access-Control-Allow-Origin"] = origin
            connection = self._join(request.query_params.get("ticket", ""))
        except _Refused as error:
            return _failed(error.status, str(error), headers)
        return _Stream(self._lines(connection), connection, self._hub, headers)

    async def _lines(self, connection: Connection) -> AsyncIterator[str]:
        # So that the page knows at once that it is connected.
        yield ":\n\n"
        ends = asyncio.get_running_loop().time() + self._seconds_left(connection)
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                async with asyncio.timeout(min(left, self._ping_seconds)):
                    message = await connection.next()
            except TimeoutError:
                yield ":\n\n"
                continue
            if message is None:
                return
            yield f"data: {message}\n\n"

    def _check_origin(self, headers: Mapping[str, str]) -> None:
        # Browsers send it with every WebSocket, and with every request to another origin: without one it is a page of
        # the shop behind the same proxy, or no page.
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            raise _Refused(HTTPStatus.FORBIDDEN, "not a page of the shop")

    def _join(self, ticket: str) -> Connection:
        try:
            return self._hub.join(self._tickets.read(ticket))
        except InvalidTicket:
            raise _Refused(HTTPStatus.FORBIDDEN, "get a new ticket") from None
        except TooManyOfHolder:
            raise _Refused(HTTPStatus.TOO_MANY_REQUESTS, "too many connections of this reader") from None
        except NoRoom:
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections; try again later") from None

    def _seconds_left(self, connection: Connection) -> float:
        return max(0.0, (connection.ticket.until + self._grace - self._clock()).total_seconds())


class _Stream(StreamingResponse):
    """A stream of events, which leaves the hub however it ends."""

    def __init__(self, lines: AsyncIterator[str], connection: Connection, hub: Hub, headers: dict[str, str]) -> None:
        super().__init__(lines, media_type="text/event-stream", headers=headers)
        self._connection = connection
        self._hub = hub

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        try:
            await super().__call__(scope, receive, send)  # type: ignore[arg-type]
        finally:
            self._hub.leave(self._connection)


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok")


def _failed(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": reason}, status, headers)
