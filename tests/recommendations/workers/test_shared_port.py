"""The port that workers share."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from recommendations.domain.errors import AddressInUse
from recommendations.workers.shared_port import reserved_port

pytestmark = pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="this system does not share ports")

HOST = "127.0.0.1"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes sockets."""
    with ExitStack() as stack:
        yield stack


def listening(stack: ExitStack, port: int, *, shared: bool) -> socket.socket:
    """A socket that listens as gRPC's do, willing to share or not."""
    one = stack.enter_context(socket.socket())
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shared))
    one.bind((HOST, port))
    one.listen()
    return one


def test_workers_listen_and_nobody_else(stack: ExitStack) -> None:
    """On a port that the system chose several may listen together, but no second server, of either kind."""
    port, kept = stack.enter_context(reserved_port(HOST, 0))
    assert (len(kept), port > 0) == (1, True)
    for workers in range(2):
        with pytest.raises(AddressInUse), reserved_port(HOST, port):
            pass
        with pytest.raises(OSError, match="in use"):
            listening(stack, port, shared=False)
        if workers == 0:
            servers = [listening(stack, port, shared=True) for _ in range(2)]
    stack.enter_context(socket.create_connection((HOST, port), timeout=5))
    assert len(servers) == 2


@pytest.mark.parametrize("shared", [False, True])
def test_a_port_in_use_is_refused(stack: ExitStack, shared: bool) -> None:
    """Whether or not the server that is there would share it."""
    port = listening(stack, 0, shared=shared).getsockname()[1]
    with pytest.raises(AddressInUse, match=rf"cannot listen on 127\.0\.0\.1:{port}: the address is in use"):
        stack.enter_context(reserved_port(HOST, port))


def test_an_address_of_another_machine_is_refused(stack: ExitStack) -> None:
    """With the same clear line."""
    with pytest.raises(AddressInUse, match="not of this machine"):
        stack.enter_context(reserved_port("192.0.2.1", 0))


def test_connections_that_linger_do_not_matter(stack: ExitStack) -> None:
    """A server that is started again at once gets its port, though connections of the last one still linger."""
    with ExitStack() as first:
        server = listening(first, 0, shared=False)
        port = server.getsockname()[1]
        client = first.enter_context(socket.create_connection((HOST, port), timeout=5))
        accepted, _ = server.accept()
        # Who closes first is who lingers.
        accepted.close()
        assert client.recv(1) == b""
    assert stack.enter_context(reserved_port(HOST, port))[0] == port
