"""The addresses of the gRPC server."""

from collections.abc import Sequence
from pathlib import Path

import grpc

from servicekit.errors import AddressInUse
from servicekit.listening import (
    LOOPBACK,
    UNIX,
    cannot_answer_health,
    cannot_listen,
    has_listener,
    host_port,
    is_unix,
)

_SOCKET_MODE = 0o660
"""Its user and group may call: the shop is often another user."""


def listen(
    server: grpc.aio.Server,
    hosts: Sequence[str],
    port: int,
    *,
    prefix: str,
    credentials: grpc.ServerCredentials | None = None,
) -> int:
    """Have a server that has not started listen on hosts and Unix sockets; all hosts have the same port.

    It speaks TLS if it has `credentials`. Returns the port, chosen by the system if it was 0. Raises AddressInUse,
    which names the settings with that `prefix`.
    """
    for host in hosts:
        address = host_port(host, port)
        path = host.removeprefix(UNIX)
        try:
            # grpcio deletes the socket of a server that has died, but also one of a server that lives.
            if is_unix(host) and has_listener(path):
                raise AddressInUse(cannot_listen(address, prefix))
            bound = (
                server.add_insecure_port(address)
                if credentials is None
                else server.add_secure_port(address, credentials)
            )
        except RuntimeError:
            raise AddressInUse(cannot_listen(address, prefix)) from None
        if is_unix(host):
            Path(path).chmod(_SOCKET_MODE)
        else:
            port = bound
    return port


def listen_for_health(server: grpc.aio.Server, port: int, *, prefix: str) -> int:
    """Have a server of health alone listen on loopback, without TLS; returns the port. Raises AddressInUse."""
    try:
        return server.add_insecure_port(host_port(LOOPBACK, port))
    except RuntimeError:
        raise AddressInUse(cannot_answer_health(port, prefix)) from None
