"""Connections of the HTTP server: each waits for its client only so long, and makes way for others."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event, Lock
from typing import Any

import pytest

from tests.servicekit.serving.running import (
    GET,
    answer,
    await_that,
    connected,
    drips_until_closed,
    hello,
    is_closed,
    serving,
)

POST = b"POST / HTTP/1.1\r\nHost: test\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def with_size(environ: Any, start_response: Any) -> list[bytes]:
    """An application that answers how long the body is said to be, and how long it is."""
    body = b"%s %d." % (environ.get("CONTENT_LENGTH", "").encode(), len(environ["wsgi.input"].read()))
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.mark.parametrize(
    "begun", [b"", GET[:-2], POST + b"Content-Length: 9\r\n\r\nx"], ids=["idle", "headers", "body"]
)
def test_waiting_connections_make_way(begun: bytes) -> None:
    """With far more of them than the limit, each further client is answered; those that waited longest are closed."""
    with serving(connections=20, waiting_of_address=None) as server, ExitStack() as stack:
        longest = [stack.enter_context(connected(server, begun)) for _ in range(30)]
        for _ in range(5):
            # When it is answered, the server has read what the others sent; the order among those is not certain.
            with connected(server, GET) as client:
                assert answer(client).endswith(b"hello")
        others = [stack.enter_context(connected(server, begun)) for _ in range(30)]
        with connected(server, GET) as client:
            assert answer(client).endswith(b"hello")
        await_that(lambda: all(is_closed(client) for client in longest))
        assert not all(is_closed(client) for client in others)


def test_an_address_has_its_share() -> None:
    """Its connections beyond the share are closed, but not one that has been answered before."""
    with serving(waiting_of_address=5) as server, ExitStack() as stack:
        regular = stack.enter_context(connected(server, GET))
        assert answer(regular).endswith(b"hello")
        waiting = [stack.enter_context(connected(server)) for _ in range(10)]
        await_that(lambda: sum(is_closed(client) for client in waiting) == 6)
        regular.setblocking(True)
        regular.sendall(GET)
        assert answer(regular).endswith(b"hello")


def test_behind_a_proxy_one_address_has_all_connections() -> None:
    """Its connections are those of all readers, and stay open."""
    with serving(waiting_of_address=None, connections=30) as server, ExitStack() as stack:
        clients = [stack.enter_context(connected(server)) for _ in range(20)]
        for client in clients:
            client.sendall(GET)
            assert answer(client).endswith(b"hello")


def test_an_idle_connection_is_closed() -> None:
    """After the time for idle ones, whether it was answered before or not."""
    with serving(idle_seconds=0.1) as server, connected(server) as silent, connected(server, GET) as client:
        assert answer(client).endswith(b"hello")
        assert answer(client) == answer(silent) == b""


@pytest.mark.parametrize("begun", [GET[:-2] + b"X: ", POST + b"Content-Length: 900\r\n\r\n", CHUNKED + b"900\r\n"])
def test_a_request_has_a_deadline_as_a_whole(begun: bytes) -> None:
    """Bytes that arrive one by one do not prolong it, neither in the headers nor in the body."""
    with serving(header_seconds=0.1, body_seconds=0.1) as server, connected(server, begun) as client:
        drips_until_closed(client)


def test_a_large_body_may_take_longer() -> None:
    """One that arrives at the least speed is received, although it takes longer than a short one may."""
    seconds = 0.3
    body = b"x" * 1000
    with (
        serving(with_size, header_seconds=seconds, body_seconds=seconds, bytes_per_second=10) as server,
        connected(server, POST + b"Content-Length: 1000\r\n\r\n" + body[:500]) as client,
    ):
        assert not Event().wait(3 * seconds)
        client.sendall(body[500:])
        assert answer(client, until=b".").endswith(b"1000 1000.")


@pytest.mark.parametrize("rest", [b"", b"x" * 100_000], ids=["not sent", "sent"])
def test_an_announced_body_is_refused_unread(rest: bytes) -> None:
    """The application answers at once, by the announced length; a client that goes on sending sees its answer."""
    with serving(with_size) as server, connected(server, POST + b"Content-Length: 100000\r\n\r\n", rest) as client:
        received = answer(client, until=b".")
        assert received.endswith(b"100000 0.")
        assert b"Connection: close" in received
        assert answer(client) == b""


def test_a_chunked_body_is_refused_as_it_arrives() -> None:
    """As soon as it is longer than the limit, its parts are dropped and the application answers."""
    with serving(with_size) as server, connected(server, CHUNKED, *[b"100\r\n" + b"x" * 256 + b"\r\n"] * 4) as client:
        length, _, kept = answer(client, until=b".").rpartition(b"\r\n")[2].partition(b" ")
        assert int(length) > 1000
        assert kept == b"0."


def test_what_follows_a_refused_request_is_no_request() -> None:
    """The bytes of its body are not taken for another request."""
    with serving(with_size) as server, connected(server, POST + b"Content-Length: 5000\r\n\r\n" + GET * 5) as client:
        assert answer(client, until=b"nothing").count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("sent", [b"f" * 5000, b"1;" + b"x" * 5000, b"0\r\n" + b"X: y\r\n" * 5000])
def test_endless_lines_between_chunks_are_refused(sent: bytes) -> None:
    """They are no body, but would be kept and searched again and again."""
    with serving(with_size, body_bytes=lambda _path: 10**6) as server, connected(server, CHUNKED, sent) as client:
        assert answer(client).startswith(b"HTTP/1.1 400")


def test_few_large_bodies_are_held() -> None:
    """The oldest of those that have not arrived yet makes way for another."""
    begun = POST + b"Content-Length: 10000\r\n\r\n" + b"x" * 5000
    limits: dict[str, Any] = {"body_bytes": lambda _path: 10_000, "large_body_bytes": 1000, "large_bodies": 2}
    with serving(with_size, **limits) as server, ExitStack() as stack:
        first, *others = [stack.enter_context(connected(server, begun)) for _ in range(3)]
        await_that(lambda: is_closed(first))
        for client in others:
            client.sendall(b"x" * 5000)
            assert answer(client, until=b".").endswith(b"10000 10000.")


def large(_environ: Any, start_response: Any) -> Iterator[bytes]:
    """An application whose answer is larger than what server and system keep."""
    start_response("200 OK", [])
    for _ in range(40):
        yield b"x" * 1024 * 1024


def test_a_client_that_does_not_take_its_answer_holds_no_thread() -> None:
    """Its connection is closed, and the only thread answers others."""

    def app(environ: Any, start_response: Any) -> Any:
        return (large if environ["PATH_INFO"] == "/large" else hello)(environ, start_response)

    with (
        serving(app, threads=1, answer_seconds=0.1, bytes_per_second=10**12) as server,
        connected(server, GET.replace(b"/", b"/large", 1)),
        connected(server, GET) as client,
    ):
        assert answer(client).endswith(b"hello")


def test_answers_that_nobody_takes_are_bounded() -> None:
    """Beyond the limit, the oldest of them are dropped."""
    app_called = []

    def app(_environ: Any, start_response: Any) -> list[bytes]:
        app_called.append(True)
        start_response("200 OK", [("Content-Length", str(12 * 1024**2))])
        return [b"x" * 12 * 1024**2]

    with serving(app, answers_bytes=30 * 1024**2) as server, ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(connected(server, GET))
        await_that(lambda: len(app_called) == 5)
        await_that(lambda: sum(c.total_outbufs_len for c in server._connections) <= 30 * 1024**2)


def test_pipelined_requests_wait_until_the_previous_answer_is_taken() -> None:
    """The server makes one answer at a time for a client that takes none; then all are answered in order."""
    size = 12 * 1024**2
    begun: list[str] = []
    lock = Lock()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        with lock:
            begun.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Length", str(size))])
        return [b"x" * size]

    paths = [f"/{number}" for number in range(4)]
    pipelined = b"".join(GET.replace(b"/", path.encode(), 1) for path in paths)
    with serving(app, threads=1) as server, connected(server, pipelined) as client:
        await_that(lambda: len(begun) == 1)
        await_that(lambda: any(listener.deferred for listener in server._listeners))
        assert begun == paths[:1]
        received = 0
        while received < 4 * size:
            received += len(client.recv(1024**2))
        assert begun == paths


def test_pipelined_requests_with_small_answers() -> None:
    """The rest of an answer is sent, however small, before the next request is given to a thread."""
    paths = [f"/{number}" for number in range(5)]

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [environ["PATH_INFO"].encode()]

    pipelined = b"".join(GET.replace(b"/", path.encode(), 1) for path in paths)
    with serving(app, threads=1) as server, connected(server, pipelined) as client:
        answers = answer(client, until=b"/4")
    assert [line for line in answers.decode().split("\r\n") if line.startswith("/")][-1:] == ["/4"]
    assert answers.count(b"200 OK") == len(paths)


def test_requests_in_line_are_answered_before_the_end() -> None:
    """Those waiting for a thread when it stops, and one whose client has closed its side."""
    began, go_on = Event(), Event()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        began.set()
        go_on.wait()
        return hello(environ, start_response)

    with ExitStack() as stack:
        with serving(app, threads=1) as server:
            clients = [stack.enter_context(connected(server, GET)) for _ in range(10)]
            clients[-1].shutdown(socket.SHUT_WR)
            began.wait()
            server.stop()
            go_on.set()
        answers = [answer(client) for client in clients]
    assert all(received.endswith(b"hello") for received in answers)
    assert b"Connection: close" in answers[-1]


def test_it_ends_although_a_request_hangs() -> None:
    """After the time for draining; connections without a request do not hold it for so long."""
    release = Event()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        release.wait()
        return hello(environ, start_response)

    with ExitStack() as stack:
        with serving() as server:
            for begun in (b"", GET[:9]):
                stack.enter_context(connected(server, begun))
        stack.callback(release.set)
        with serving(app, drain_seconds=0.1) as server:
            stack.enter_context(connected(server, GET))


def test_the_head_and_the_body_of_an_answer_are_sent_together() -> None:
    """In one packet: apart, each costs a system call, after which the thread waits for the others."""
    with serving() as server:
        for _ in range(20):
            with connected(server, GET) as client:
                assert client.recv(65_536).endswith(b"hello")
