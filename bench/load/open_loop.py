"""Calls with deadlines at a fixed rate, whether or not the server keeps up: one thread, many streams a connection."""

import contextlib
import heapq
import itertools
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.load.generator import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_HEADER,
    GOAWAY,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    ConnectionLost,
    frame,
    header_block,
    opening,
)

_MAX_CONCURRENT_STREAMS = 0x3
_CANCEL = (8).to_bytes(4)
_REFUSED_STREAM = (7).to_bytes(4)
_REFUSED_WITHIN = 0.9
"""The part of its deadline in which a call without an answer counts as refused; later, as expired."""


@dataclass
class Outcome:
    """The latency of each useful answer in seconds, and the numbers of other calls."""

    useful: list[float] = field(default_factory=list)
    late: int = 0
    refused: int = 0
    expired: int = 0
    """The deadline passed without an answer."""
    unsent: int = 0
    """Of them, those for which the connection had no free stream."""
    seconds: float = 0.0


def offer_with_deadline(
    port: int,
    method: str,
    messages: Iterator[bytes],
    *,
    connections: int,
    seconds: float,
    rate: float,
    deadline: float,
) -> Outcome:
    """Call `method` `rate` times a second for `seconds`; each call has `deadline` seconds from when it was due.

    Like gRPC's clients it cancels a call whose deadline has passed, and waits for a free stream of the connection.
    Raises ConnectionLost.
    """
    outcome = Outcome()
    blocks = [header_block(method, f"127.0.0.1:{port}", ms) for ms in range(round(deadline * 1000) + 1)]
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        opened = []
        for _ in range(connections):
            connection = _Connection(port, blocks, deadline, outcome)
            stack.callback(connection.socket.close)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            opened.append(connection)
        for connection in opened:
            connection.flush()
            while not connection.ready:
                connection.receive()
        following = itertools.cycle(opened)
        started = time.perf_counter()
        calls, called = int(seconds * rate), 0
        while called < calls or any(connection.busy for connection in opened):
            now = time.perf_counter()
            while called < calls and started + called / rate <= now:
                next(following).call(started + called / rate, next(messages))
                called += 1
            for connection in opened:
                connection.cancel_expired(now)
                connection.flush()
            wait = started + called / rate - time.perf_counter() if called < calls else deadline / 20
            for key, _ in selector.select(max(0.0, min(wait, deadline / 20))):
                key.data.receive()
        outcome.seconds = time.perf_counter() - started
    return outcome


class _Connection:
    """One connection with as many calls at a time as the server allows."""

    def __init__(self, port: int, blocks: list[bytes], deadline: float, outcome: Outcome) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._blocks = blocks
        self._deadline = deadline
        self._outcome = outcome
        self.ready = False
        """Whether the server's settings are known."""
        self._max_streams = 2**31
        self._stream = -1
        self._open: dict[int, tuple[float, bytes]] = {}
        """When each open call was due, and its message."""
        self._answered: set[int] = set()
        self._expiries: list[tuple[float, int]] = []
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._received = bytearray()
        self._out = bytearray(opening())

    @property
    def busy(self) -> bool:
        """Whether it has open or waiting calls."""
        return bool(self._open or self._waiting)

    def call(self, due: float, message: bytes) -> None:
        """Begin a call, or have it wait for a stream."""
        self._waiting.append((due, message))
        self._begin()

    def cancel_expired(self, now: float) -> None:
        """Cancel the calls whose deadline has passed."""
        while self._expiries and self._expiries[0][0] < now:
            _, stream = heapq.heappop(self._expiries)
            self._answered.discard(stream)
            if self._open.pop(stream, None):
                self._outcome.expired += 1
                self._out += frame(RST_STREAM, 0, stream, _CANCEL)
        self._begin()

    def flush(self) -> None:
        """Send what has gathered."""
        if self._out:
            self.socket.sendall(self._out)
            self._out.clear()

    def receive(self) -> None:
        """Read what has arrived. Raises ConnectionLost."""
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise ConnectionLost("the server closed a connection")
        received, start = self._received, 0
        received += chunk
        while len(received) - start >= FRAME_HEADER:
            end = start + FRAME_HEADER + int.from_bytes(received[start : start + 3])
            if len(received) < end:
                break
            stream = int.from_bytes(received[start + 5 : start + 9])
            self._take(received[start + 3], received[start + 4], stream, bytes(received[start + FRAME_HEADER : end]))
            start = end
        del received[:start]

    def _begin(self) -> None:
        while self._waiting and len(self._open) < self._max_streams:
            due, message = self._waiting.popleft()
            left = due + self._deadline - time.perf_counter()
            if left <= 0:
                self._outcome.unsent += 1
                continue
            self._stream += 2
            self._open[self._stream] = due, message
            heapq.heappush(self._expiries, (due + self._deadline, self._stream))
            body = bytes(1) + len(message).to_bytes(4) + message
            headers = self._blocks[min(max(1, int(left * 1000)), len(self._blocks) - 1)]
            self._out += frame(HEADERS, END_HEADERS, self._stream, headers)
            self._out += frame(DATA, END_STREAM, self._stream, body)

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == DATA and stream in self._open:
            self._answered.add(stream)
        elif kind == SETTINGS and not flags & ACK:
            self.ready = True
            for start in range(0, len(payload), 6):
                if int.from_bytes(payload[start : start + 2]) == _MAX_CONCURRENT_STREAMS:
                    self._max_streams = int.from_bytes(payload[start + 2 : start + 6])
            self._out += frame(SETTINGS, ACK, 0, b"")
        elif kind == PING and not flags & ACK:
            self._out += frame(PING, ACK, 0, payload)
        elif kind == GOAWAY:
            raise ConnectionLost(f"the server sent GOAWAY: {payload[8:]!r}")
        if kind == RST_STREAM and payload == _REFUSED_STREAM and stream in self._open:
            # The server has not seen yet that another call was cancelled: the call has not begun, and is sent again.
            self._waiting.appendleft(self._open.pop(stream))
        elif kind == RST_STREAM or (kind in (DATA, HEADERS) and flags & END_STREAM):
            self._end(stream)

    def _end(self, stream: int) -> None:
        call = self._open.pop(stream, None)
        if call is None:
            return
        seconds = time.perf_counter() - call[0]
        answered = stream in self._answered
        self._answered.discard(stream)
        if answered and seconds <= self._deadline:
            self._outcome.useful.append(seconds)
        elif answered:
            self._outcome.late += 1
        elif seconds < _REFUSED_WITHIN * self._deadline:
            self._outcome.refused += 1
        else:
            self._outcome.expired += 1
        self._begin()
