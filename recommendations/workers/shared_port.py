"""A port that the workers share and that no other program can take."""

import contextlib
import socket
from collections.abc import Iterator, Sequence

from servicekit.errors import AddressInUse
from servicekit.listening import cannot_listen, host_port

_BACKLOG = 128


@contextlib.contextmanager
def reserved_port(hosts: Sequence[str], port: int) -> Iterator[tuple[int, Sequence[socket.socket]]]:
    """Reserve a port of `hosts`, names or addresses, for the workers; 0 lets the system choose one.

    Yields the port and the sockets that reserve it, which never listen. Raises AddressInUse.
    """
    with contextlib.ExitStack() as stack:
        sockets = []
        for host in hosts:
            try:
                for family, _, _, _, address in socket.getaddrinfo(
                    host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                ):
                    reserved = _reserve(family, (address[0], port, *address[2:]))
                    sockets.append(stack.enter_context(reserved))
                    port = reserved.getsockname()[1]
            except OSError:
                raise AddressInUse(cannot_listen(host_port(host, port), "RECOMMENDATIONS")) from None
        yield port, sockets


def _reserve(family: int, address: tuple[str | int | bytes, ...]) -> socket.socket:
    reserved = socket.socket(family, socket.SOCK_STREAM)
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # Listening without sharing succeeds only if no other program listens, even one that would share.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(_BACKLOG)
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            reserved.bind(probe.getsockname())
            # Binding needed it, because of connections in TIME_WAIT; from now on it would let others bind too.
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    except OSError:
        reserved.close()
        raise
    return reserved
