"""What strangers and broken clients do to live: each is bounded, and its health is answered meanwhile."""

import json
import os
import socket as sockets
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest
import urllib3
from websockets.exceptions import ConnectionClosed, InvalidStatus

from events.envelope import CONTENT_TYPE
from live.domain import MAX_MESSAGES_PER_WINDOW, MAX_NOTE_BYTES, NOTES_PER_WINDOW
from live.protocols import MAX_FRAGMENTS, Deadlines
from live.web import MAX_BODIES, POLICY_VIOLATION
from servicekit.serving.health_check import check_http
from tests.e2e.processes import await_that
from tests.events.samples import ORDER as PLACED
from tests.live.running import CONVERSATION, ORDER, SECONDS, SHOP, Running, closing_code, running, ticket

CONTINUATION, TEXT, PING, FIN = 0, 1, 9, 0x80


@contextmanager
def raw(live: Running, first: bytes = b"", *, receive_buffer: int = 0) -> Iterator[sockets.socket]:
    """A TCP connection that has sent these bytes."""
    with closing(sockets.socket()) as connection:
        if receive_buffer:
            connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
        connection.settimeout(SECONDS)
        connection.connect(("127.0.0.1", live.port))
        connection.sendall(first)
        yield connection


@contextmanager
def raw_socket(
    live: Running, signed: str, first: bytes = b"", *, receive_buffer: int = 0
) -> Iterator[sockets.socket]:
    """A WebSocket that has sent these bytes after its handshake."""
    with raw(live, handshake(signed), receive_buffer=receive_buffer) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 101 ")
        connection.sendall(first)
        yield connection


def handshake(signed: str) -> bytes:
    """The request that opens a WebSocket."""
    return (
        f"GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: {SHOP}\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: live, {signed}\r\n\r\n"
    ).encode()


def frame(opcode: int, payload: bytes = b"", *, fin: int = FIN) -> bytes:
    """A frame of a client, masked with zeros."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack("!H", size)
    return bytes([fin | opcode]) + length + bytes(4) + payload


def is_closed(connection: sockets.socket) -> bool:
    """Read on until the server closes the connection."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


def test_large_messages_end_the_connection(live: Running) -> None:
    """Above 1 KiB, also in fragments and as a frame that only announces them."""
    for parts in (["x" * (MAX_NOTE_BYTES + 1)], ["x" * 600, "x" * 600]):
        with live.open(ticket(CONVERSATION)) as socket:
            # The server may close it before the end.
            with suppress(ConnectionClosed):
                socket.send(parts)
            assert closing_code(socket) == 1009
    announced = bytes([FIN | TEXT, 0xFF]) + struct.pack("!Q", 2**40)
    with raw_socket(live, ticket(CONVERSATION), announced) as connection:
        assert is_closed(connection)
    live.await_connections(0)


def test_junk_ends_the_connection(live: Running) -> None:
    """What is no note, binary messages and frames that WebSocket does not allow."""
    for junk in ("", "junk", b"\x00", json.dumps({"topic": ORDER, "note": "seen"})):
        with live.open(ticket(CONVERSATION)) as socket:
            socket.send(junk)
            assert closing_code(socket) == POLICY_VIOLATION
    for junk in (os.urandom(4096), frame(3), b"\x81\x01x", frame(TEXT, b"\xff")):
        with raw_socket(live, ticket(CONVERSATION), junk) as connection:
            assert is_closed(connection)
    for junk in (os.urandom(4096), b"GET / HTTP/9\r\n\r\n", b"GET /" + b"a" * 40_000, b"\x16\x03\x01" + bytes(500)):
        with raw(live, junk) as connection:
            connection.shutdown(sockets.SHUT_WR)
            assert is_closed(connection)
    live.await_connections(0)
    check_http("127.0.0.1", live.port)


def test_many_notes_end_the_connection(live: Running) -> None:
    """A few are passed on; a flood is cut."""
    note = json.dumps({"topic": CONVERSATION, "note": "writing"})
    with live.open(ticket(CONVERSATION, side="shop", holder=8)) as other:
        with live.open(ticket(CONVERSATION)) as flood:
            with suppress(ConnectionClosed):
                for _ in range(MAX_MESSAGES_PER_WINDOW + 1):
                    flood.send(note)
            assert closing_code(flood) == POLICY_VIOLATION
        assert [other.recv(SECONDS) for _ in range(NOTES_PER_WINDOW)]
        with pytest.raises(TimeoutError):
            other.recv(0.05)


def test_endless_fragments_end_the_connection(live: Running) -> None:
    """Empty ones are no bytes of a message, and would fill the memory."""
    fragments = frame(TEXT, fin=0) + frame(CONTINUATION, fin=0) * (MAX_FRAGMENTS + 1)
    with raw_socket(live, ticket(CONVERSATION), fragments) as connection:
        assert is_closed(connection)


def test_pings_without_reading_end_the_connection() -> None:
    """The answers that the client does not take are bounded."""
    with running(deadlines=Deadlines(write_seconds=60)) as live:
        with raw(live, handshake(ticket(CONVERSATION)), receive_buffer=4096) as connection:
            live.await_connections(1)
            pings = frame(PING, b"x" * 125) * 1000
            with suppress(ConnectionError):
                while True:
                    connection.sendall(pings)
        live.await_connections(0)


@pytest.mark.parametrize("way", ["socket", "stream"])
def test_a_client_that_does_not_read_is_cut_off(way: str) -> None:
    """Others go on; neither its messages nor its connection stay."""
    stream = f"GET /live/events?ticket={ticket()} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with (
        running(deadlines=Deadlines(write_seconds=0.2)) as live,
        raw(live, handshake(ticket()) if way == "socket" else stream, receive_buffer=2048),
        live.open(ticket()) as reading,
    ):
        live.await_connections(2)

        def send_many() -> bool:
            # As many as its socket's buffers take, and more.
            for number in range(20):
                live.loop.call_soon_threadsafe(live.hub.signal, [ORDER], number)
            for _ in range(20):
                reading.recv(SECONDS)
            return len(live.hub) == 1

        await_that(send_many)


def test_slow_requests_are_cut_off() -> None:
    """Silence, headers that trickle, and a second request that never ends."""
    with running(deadlines=Deadlines(head_seconds=0.2)) as live:
        whole = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        for start, further in ((b"", b""), (b"GET /healthz HTTP/1.1\r\nHo", b""), (whole, b"GET /hea")):
            with raw(live, start) as connection:
                if further:
                    answer = b""
                    while not answer.endswith(b"ok"):
                        answer += connection.recv(4096)
                    connection.sendall(further)
                began = time.monotonic()
                assert is_closed(connection)
                assert time.monotonic() - began < 4
        check_http("127.0.0.1", live.port)


def test_idle_connections_make_way() -> None:
    """Any number of them keeps nobody out."""
    with running(deadlines=Deadlines(max_waiting=20)) as live, ExitStack() as stack:
        idle = [stack.enter_context(raw(live)) for _ in range(60)]
        check_http("127.0.0.1", live.port)
        assert is_closed(idle[0])
        with live.open(ticket()):
            assert live.post(PLACED) == 202


def test_connections_after_their_answer_make_way() -> None:
    """As those that have asked for nothing do."""
    whole = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with running(deadlines=Deadlines(max_waiting=20)) as live, ExitStack() as stack:
        answered = []
        for _ in range(60):
            answered.append(stack.enter_context(raw(live, whole)))
            assert answered[-1].recv(4096).startswith(b"HTTP/1.1 200")
        assert is_closed(answered[0])
        check_http("127.0.0.1", live.port)


def test_unfinished_events_are_bounded(live: Running) -> None:
    """Bodies of strangers are held for a short time, and few at a time; the shop sends its event again."""
    head = f"POST /events HTTP/1.1\r\nHost: a\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: 1000000\r\n\r\nx"
    with ExitStack() as stack:
        for _ in range(MAX_BODIES):
            stack.enter_context(raw(live, head.encode()))
        await_that(lambda: live.post(PLACED) == 503)
        check_http("127.0.0.1", live.port)
    await_that(lambda: live.post(PLACED) == 202)


def test_a_thousand_pages_and_no_more() -> None:
    """The next one is refused, health is answered, a signal reaches all of them, and who leaves makes room."""
    with running(max_connections=1000, max_of_holder=1000) as live, ExitStack() as stack:
        pages = [stack.enter_context(raw(live, handshake(ticket(holder=n % 100)))) for n in range(1000)]
        live.await_connections(1000)
        with pytest.raises(InvalidStatus):
            live.open(ticket())
        stream = urllib3.request("GET", f"{live.url}/live/events", fields={"ticket": ticket()}, retries=False)
        assert stream.status == 503
        check_http("127.0.0.1", live.port)
        live.post(PLACED)
        for page in pages:
            received = b""
            while b'"number":17}' not in received:
                received += page.recv(4096)
        pages[0].close()
        live.await_connections(999)
        with live.open(ticket()):
            live.await_connections(1000)


def test_one_reader_cannot_take_all_places() -> None:
    """Further connections of the same reader are refused, others' are not."""
    with running(max_of_holder=2) as live, live.open(ticket()), live.open(ticket()):
        with pytest.raises(InvalidStatus):
            live.open(ticket())
        with live.open(ticket(holder=8)):
            live.await_connections(3)
