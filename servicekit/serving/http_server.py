"""The HTTP server: waitress, whose waiting connections make way for others and which loses no request at its end."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from servicekit.serving.connections import Connection
from servicekit.serving.limits import Limits

MAX_HEADER_BYTES = 16 * 1024
_SENT_TOGETHER_BYTES = 256 * 1024
_ACCEPTED_AT_ONCE = 64
_THREAD_SECONDS = 1
_LOG_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy a server is: its threads, those that answer a request, and how many requests wait for one.

    `made_way` is how many connections have been closed for others.
    """

    threads: int
    busy: int
    waiting: int
    made_way: int


class HttpServer:
    """Serves a WSGI application on an address, which it binds at once."""

    def __init__(
        self, app: Any, *, host: str, port: int, threads: int, limits: Limits, has_proxies: bool = False
    ) -> None:
        """`port` 0 is any free one; behind proxies the application sees the headers that they set.

        Raises OSError or ValueError for an address that cannot be bound.
        """
        self._limits = limits
        self._map: dict[int, Any] = {}
        self._is_stopping = False
        self._checked_at = self._logged_at = 0.0
        self._made_way = self._all_made_way = 0
        self._dispatcher = ThreadedTaskDispatcher()
        adjustments = Adjustments(
            host=host,
            port=port,
            ident=None,
            max_request_header_size=MAX_HEADER_BYTES,
            clear_untrusted_proxy_headers=not has_proxies,
        )
        # By default the threads send the head and the body of an answer apart. After each they wait for each other,
        # and half as many pages are served; this way the thread of `run` sends them together.
        adjustments.send_bytes = _SENT_TOGETHER_BYTES
        self._listeners: list[_Listener] = []
        try:
            for address in adjustments.listen:
                self._listeners.append(
                    _Listener(
                        app,
                        self._map,
                        limits=limits,
                        dispatcher=self._dispatcher,
                        adj=adjustments,
                        sockinfo=address,
                    )
                )
        except BaseException:
            self.close()
            raise
        self._dispatcher.set_thread_count(threads)

    @property
    def port(self) -> int:
        return int(self._listeners[-1].getsockname()[1])

    def run(self) -> None:
        """Serve until `stop`; then answer what was sent before it, for `drain_seconds` at most."""
        while not self._is_stopping:
            self._turn()
        began = time.monotonic()
        for listener in self._listeners:
            listener.drain()
        while self._connections and (now := time.monotonic()) < began + self._limits.drain_seconds:
            self._turn()
            for connection in self._connections:
                # Measured before the turn, which has read what had arrived by then.
                waited = now - max(began, connection.waiting_since)
                if connection.is_waiting and not connection.has_answer and waited > self._limits.notice_seconds:
                    connection.end()
        self._dispatcher.shutdown(timeout=_THREAD_SECONDS)

    def stop(self) -> None:
        """Have `run` return soon; a signal handler may call it."""
        self._is_stopping = True
        for listener in self._listeners:
            listener.is_draining = True
        self._listeners[0].pull_trigger()

    def close(self) -> None:
        """Close all connections."""
        wasyncore.close_all(self._map)

    @property
    def load(self) -> Load:
        """How busy it is now; any thread may ask."""
        dispatcher = self._dispatcher
        return Load(
            threads=len(dispatcher.threads),
            busy=dispatcher.active_count,
            waiting=len(dispatcher.queue),
            made_way=self._all_made_way,
        )

    @property
    def _connections(self) -> list[Connection]:
        return [channel for channel in list(self._map.values()) if isinstance(channel, Connection)]

    def _turn(self) -> None:
        wasyncore.loop(timeout=self._limits.check_seconds, use_poll=True, map=self._map, count=1)
        is_crowded = False
        for listener in self._listeners:
            listener.resume()
            is_crowded |= listener.is_crowded
            listener.is_crowded = False
        now = time.monotonic()
        if now > self._checked_at + self._limits.check_seconds:
            self._checked_at = now
            self._end_overdue(now)
            is_crowded = True
        if is_crowded:
            self._make_way(self._connections)

    def _end_overdue(self, now: float) -> None:
        connections = self._connections
        for connection in connections:
            if connection.is_overdue(now):
                connection.end()
        answers = sorted((other for other in connections if other.total_outbufs_len), key=lambda other: other.age)
        excess = sum(connection.total_outbufs_len for connection in answers) - self._limits.answers_bytes
        for connection in answers:
            if excess > 0:
                excess -= connection.total_outbufs_len
                self._end_for_others(connection)
        if self._made_way and now > self._logged_at + _LOG_SECONDS:
            _log.warning("connections_made_way", number=self._made_way)
            self._logged_at, self._made_way = now, 0

    def _make_way(self, connections: Sequence[Connection]) -> None:
        """End those that wait for their client, beyond an address's share and beyond the limit."""
        limits, number, young = self._limits, len(connections), time.monotonic() - self._limits.young_seconds
        waiting = sorted((other for other in connections if other.is_waiting), key=lambda other: other.age)
        shares = Counter(connection.network for connection in waiting)
        for connection in waiting:
            is_over_share = (
                limits.waiting_of_address is not None
                and shares[connection.network] > limits.waiting_of_address
                and connection.waiting_since < young
            )
            if is_over_share or number > limits.connections:
                shares[connection.network] -= 1
                number -= 1
                self._end_for_others(connection)
        large = [other for other in connections if other.body_bytes > limits.large_body_bytes]
        unfinished = sorted((other for other in large if other.is_waiting), key=lambda other: other.age)
        for connection in unfinished[: max(0, len(large) - limits.large_bodies)]:
            self._end_for_others(connection)

    def _end_for_others(self, connection: Connection) -> None:
        self._made_way += 1
        self._all_made_way += 1
        connection.end()


class _Listener(TcpWSGIServer):
    """A listening socket; waitress's own limits, which stop accepting, are not used."""

    _map: dict[int, Any]

    def __init__(self, app: Any, channels: dict[int, Any], *, limits: Limits, **settings: Any) -> None:
        self.limits = limits
        self.deferred: set[Connection] = set()
        self.is_crowded = False
        self.is_draining = False
        super().__init__(app, channels, **settings)
        self.channel_class = Connection

    def readable(self) -> bool:
        # If none can make way, because all have requests in line, new ones wait in the system's queue.
        return self.accepting and len(self._map) < self.limits.connections + _ACCEPTED_AT_ONCE

    def handle_accept(self) -> None:
        self.is_crowded = True
        for _ in range(_ACCEPTED_AT_ONCE):
            number = len(self._map)
            super().handle_accept()
            if len(self._map) == number:
                return

    def add_task(self, task: Any) -> None:
        """Put a connection in line; one whose client has not taken the previous answer waits until it has."""
        if task.total_outbufs_len:
            self.deferred.add(task)
        else:
            super().add_task(task)

    def resume(self) -> None:
        """Put the connections in line whose clients have taken the previous answer."""
        for connection in list(self.deferred):
            if not connection.total_outbufs_len:
                self.deferred.discard(connection)
                if connection.connected:
                    self.task_dispatcher.add_task(connection)  # type: ignore[arg-type]

    def drain(self) -> None:
        """Accept the connections that wait for it, and no more."""
        number = -1
        while number != len(self._map):
            number = len(self._map)
            self.handle_accept()
        wasyncore.dispatcher.close(self)
