"""The port that workers share."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from recommendations.workers.shared_port import reserved_port
from servicekit.errors import AddressInUse

pytestmark = pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="this system does not share ports")

HOST = "127.0.0.1"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listening(stack: ExitStack, port: int, *, shared: bool) -> socket.socket:
    """A socket that listens like gRPC's, with or without sharing its port."""
    listener = stack.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shared))
    listener.bind((HOST, port))
    listener.listen()
    return listener


def test_only_workers_can_listen(stack: ExitStack) -> None:
    """Several workers can listen on a reserved port, but no second server, sharing or not."""
    port, sockets = stack.enter_context(reserved_port([HOST], 0))
    assert (len(sockets), port > 0) == (1, True)
    for workers in range(2):
        with pytest.raises(AddressInUse), reserved_port([HOST], port):
            pass
        with pytest.raises(OSError, match="in use"):
            listening(stack, port, shared=False)
        if workers == 0:
            servers = [listening(stack, port, shared=True) for _ in range(2)]
    stack.enter_context(socket.create_connection((HOST, port), timeout=5))
    assert len(servers) == 2


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_in_use_is_refused(stack: ExitStack, shared: bool) -> None:
    """It makes no difference whether the other server shares its port."""
    port = listening(stack, 0, shared=shared).getsockname()[1]
    with pytest.raises(AddressInUse, match=rf"cannot listen on 127\.0\.0\.1:{port}: the address is in use"):
        stack.enter_context(reserved_port([HOST], port))


def test_an_address_of_another_machine_is_refused(stack: ExitStack) -> None:
    """The error says so."""
    with pytest.raises(AddressInUse, match="not of this machine"):
        stack.enter_context(reserved_port(["192.0.2.1"], 0))


def test_several_addresses_have_one_port(stack: ExitStack) -> None:
    """Each is reserved, and the system chooses the port of the first; an error names the one that failed."""
    port, sockets = stack.enter_context(reserved_port([HOST, "::1"], 0))
    assert [reserved.getsockname()[:2] for reserved in sockets] == [(HOST, port), ("::1", port)]
    with pytest.raises(AddressInUse, match=rf"cannot listen on \[::1\]:{port}"):
        stack.enter_context(reserved_port(["127.0.0.2", "::1"], port))


def test_connections_in_time_wait_do_not_matter(stack: ExitStack) -> None:
    """A server that is restarted at once gets its port, despite the last one's connections in TIME_WAIT."""
    with ExitStack() as first:
        server = listening(first, 0, shared=False)
        port = server.getsockname()[1]
        client = first.enter_context(socket.create_connection((HOST, port), timeout=5))
        accepted, _ = server.accept()
        # The side that closes first gets into TIME_WAIT.
        accepted.close()
        assert client.recv(1) == b""
    assert stack.enter_context(reserved_port([HOST], port))[0] == port
