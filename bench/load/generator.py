"""A load generator for unary gRPC calls: one thread, many connections, one call at a time on each.

A Python gRPC client takes as much processor time as an empty server (300 µs a call were measured), which on few cores
hides what the server costs. This one takes about a fifth of that: it implements just enough HTTP/2 (RFC 9113) to send
prepared messages and to detect whether each call returned a message.
"""

import contextlib
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0x0, 0x1, 0x3, 0x4, 0x6, 0x7
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
WINDOW_UPDATE = 0x8
FRAME_HEADER = 9
MESSAGE_HEADER = 5
"""gRPC's own, before each message: a flag and the length."""
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_INITIAL_WINDOW = 65_535
_LARGEST_WINDOW = 2**31 - 1
_INITIAL_WINDOW_SIZE = 0x4
_WAIT_SECONDS = 5.0


class ConnectionLost(click.ClickException):
    """The server closed a connection, or a call hung."""


@dataclass(frozen=True)
class Load:
    """The latency of each answered call in seconds, the number of failed calls, and the total times."""

    latencies: Sequence[float]
    failed: int
    seconds: float
    client_cpu_seconds: float

    @property
    def calls(self) -> int:
        """The number of calls that ended, answered or failed."""
        return len(self.latencies) + self.failed


def generate_load(
    port: int, method: str, messages: Iterator[bytes], *, connections: int, seconds: float, token: str = ""
) -> Load:
    """Call `method`, `/Service/Method`, for `seconds` on all connections at once, each time with the next message.

    A call without a response message counts as failed. Raises ConnectionLost.
    """
    latencies: list[float] = []
    failed = 0
    with _connect(port, method, connections, token) as (connected, selector):
        cpu, started = time.process_time(), time.perf_counter()
        stop = started + seconds
        for connection in connected:
            connection.call(next(messages))
        busy = len(connected)
        while busy:
            for connection in _answered(selector, busy):
                now = time.perf_counter()
                if connection.answered:
                    latencies.append(now - connection.called_at)
                else:
                    failed += 1
                if now < stop:
                    connection.call(next(messages))
                else:
                    busy -= 1
        ended, cpu = time.perf_counter(), time.process_time() - cpu
    return Load(latencies, failed, ended - started, cpu)


def offer_load(
    port: int, method: str, messages: Iterator[bytes], *, connections: int, seconds: float, rate: float
) -> Load:
    """Call `method` `rate` times a second, whether or not the previous calls have been answered.

    The latency of a call counts from the time it was due, even if no connection was free. A call without a response
    message counts as failed. Raises ConnectionLost.
    """
    latencies: list[float] = []
    failed, called = 0, 0
    with _connect(port, method, connections) as (connected, selector):
        cpu, started = time.process_time(), time.perf_counter()
        free = deque(connected)
        calls = int(seconds * rate)
        while called < calls or len(free) < len(connected):
            due = started + called / rate
            wait = max(due - time.perf_counter(), 0.0)
            if called < calls and free and not wait:
                free[0].call(next(messages))
                free.popleft().called_at = due
                called += 1
                continue
            busy = len(connected) - len(free)
            for connection in _answered(selector, busy, wait if called < calls and free else None):
                if connection.answered:
                    latencies.append(time.perf_counter() - connection.called_at)
                else:
                    failed += 1
                free.append(connection)
        ended, cpu = time.perf_counter(), time.process_time() - cpu
    return Load(latencies, failed, ended - started, cpu)


@contextlib.contextmanager
def _connect(
    port: int, method: str, connections: int, token: str = ""
) -> "Iterator[tuple[list[_Connection], selectors.DefaultSelector]]":
    headers = header_block(method, f"127.0.0.1:{port}", token=token)
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        connected = []
        for _ in range(connections):
            connection = _Connection(port, headers)
            stack.callback(connection.socket.close)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connected.append(connection)
        yield connected, selector


def _answered(selector: selectors.BaseSelector, busy: int, seconds: float | None = None) -> "Iterator[_Connection]":
    """The connections whose call is over; waits for one of the `busy` ones, or for at most `seconds`."""
    ready = selector.select(_WAIT_SECONDS if seconds is None else seconds)
    if not ready and seconds is None:
        raise ConnectionLost(f"{busy} calls had no answer in {_WAIT_SECONDS:g} s")
    for key, _ in ready:
        connection: _Connection = key.data
        if connection.receive():
            yield connection


class _Connection:
    """One connection with at most one call at a time."""

    def __init__(self, port: int, headers: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_WAIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.called_at = 0.0
        self.answered = False
        self._headers = headers
        self._stream = -1
        self._received = bytearray()
        self.socket.sendall(opening())

    def call(self, message: bytes) -> None:
        """Send one call."""
        self._stream += 2
        self.answered = False
        body = bytes(1) + len(message).to_bytes(4) + message
        request = frame(HEADERS, END_HEADERS, self._stream, self._headers)
        request += frame(DATA, END_STREAM, self._stream, body)
        self.called_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read what has arrived; returns whether the call is over."""
        try:
            chunk = self.socket.recv(262_144)
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            raise ConnectionLost("the server closed a connection")
        received = self._received
        received += chunk
        start, over = 0, False
        while len(received) - start >= FRAME_HEADER:
            length = int.from_bytes(received[start : start + 3])
            end = start + FRAME_HEADER + length
            if len(received) < end:
                break
            over |= self._take(received[start + 3], received[start + 4], received[start + FRAME_HEADER : end])
            start = end
        del received[:start]
        return over

    def _take(self, kind: int, flags: int, payload: bytearray) -> bool:
        if kind == DATA:
            self.answered |= len(payload) >= MESSAGE_HEADER
        elif kind == SETTINGS and not flags & ACK:
            self.socket.sendall(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            self.socket.sendall(frame(PING, ACK, 0, bytes(payload)))
        elif kind == GOAWAY:
            raise ConnectionLost(f"the server sent GOAWAY: {bytes(payload[8:])!r}")
        elif kind == RST_STREAM:
            self.answered = False
            return True
        return kind in (DATA, HEADERS) and bool(flags & END_STREAM)


def opening() -> bytes:
    """What a client sends first; it opens windows so large that they are never used up and need no accounting."""
    window = _INITIAL_WINDOW_SIZE.to_bytes(2) + _LARGEST_WINDOW.to_bytes(4)
    more = (_LARGEST_WINDOW - _INITIAL_WINDOW).to_bytes(4)
    return _PREFACE + frame(SETTINGS, 0, 0, window) + frame(WINDOW_UPDATE, 0, 0, more)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """An HTTP/2 frame."""
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def header_block(method: str, authority: str, timeout_ms: int | None = None, *, token: str = "") -> bytes:
    """The request's headers in HPACK (RFC 7541), all literal, so that every call can use the same block."""
    timeout = b"" if timeout_ms is None else _literal(b"\x00" + _text("grpc-timeout"), f"{timeout_ms}m")
    authorization = _literal(b"\x00" + _text("authorization"), f"Bearer {token}") if token else b""
    return (
        b"\x83\x86"  # :method POST, :scheme http
        + _literal(b"\x04", method)  # :path
        + _literal(b"\x01", authority)  # :authority
        + _literal(b"\x0f\x10", "application/grpc")  # content-type
        + _literal(b"\x00" + _text("te"), "trailers")
        + timeout
        + authorization
    )


def _literal(name: bytes, value: str) -> bytes:
    return name + _text(value)


def _text(value: str) -> bytes:
    encoded = value.encode("ascii")
    if len(encoded) > 126:
        raise ValueError(f"too long for one byte of length: {value!r}")
    return bytes((len(encoded),)) + encoded
