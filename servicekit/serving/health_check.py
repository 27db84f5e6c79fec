"""Asks a running server for its health. A container runs this file by itself every few seconds, so it imports little:

    python -I -S servicekit/serving/health_check.py marketplace 5001
    python -I -S servicekit/serving/health_check.py recommendations 50051 Recommendations

Given are the service, its default port, and the name for gRPC's health service if it has one; the address comes from
the service's settings.
"""

import os
import socket
import sys
import time

TIMEOUT_SECONDS = 2.0
"""How long the whole answer may take."""

HEALTH_PORT_OFFSET = 10
"""How far the default port for health, where a server with TLS answers without it, is from the service's own."""

_MAX_ANSWER_BYTES = 65_536

_CONNECTION_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _END_HEADERS = 1, 4
_FRAME_HEADER_BYTES = 9
_SERVING = b"\x08\x01"
"""HealthCheckResponse with the status SERVING."""


class Unhealthy(Exception):
    """The server does not answer, or reports that it is not healthy; the message says which."""


def check_http(host: str, port: int, *, name: str = "localhost") -> None:
    """Check by GET /healthz, with `name` as the Host header. Raises Unhealthy."""
    with _Connection(host, port) as connection:
        connection.send(f"GET /healthz HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
        status = connection.receive(len(b"HTTP/1.1 200"))[-3:]
    if status != b"200":
        raise Unhealthy(f"not alive: status {status.decode(errors='replace')}")


def check_grpc(host: str, port: int, service: str) -> None:
    """Check by grpc.health.v1.Health/Check of `service`. Raises Unhealthy.

    It writes one call by hand (RFC 9113, and RFC 7541 without compression): importing grpcio takes ten times as long.
    """
    message = b"\x0a" + _with_length(service.encode())
    headers = (
        b"\x83\x86"  # :method: POST, :scheme: http
        + (b"\x04" + _with_length(b"/grpc.health.v1.Health/Check"))  # :path
        + (b"\x01" + _with_length(b"localhost"))  # :authority
        + (b"\x0f\x10" + _with_length(b"application/grpc"))  # content-type
        + (b"\x00" + _with_length(b"te") + _with_length(b"trailers"))
    )
    with _Connection(host, port) as connection:
        connection.send(
            _CONNECTION_PREFACE
            + _frame(_SETTINGS, 0, 0, b"")
            + _frame(_HEADERS, _END_HEADERS, 1, headers)
            + _frame(_DATA, _END_STREAM, 1, b"\x00" + len(message).to_bytes(4) + message)
        )
        answer = _first_message(connection)
    if answer != _SERVING:
        raise Unhealthy("not serving")


def _first_message(connection: "_Connection") -> bytes:
    """The message that answers the call; empty if the call failed."""
    while True:
        header = connection.receive(_FRAME_HEADER_BYTES)
        kind, flags, stream = header[3], header[4], int.from_bytes(header[5:])
        payload = connection.receive(int.from_bytes(header[:3]))
        if kind == _DATA and stream == 1:
            return payload[5:]
        if kind in {_RST_STREAM, _GOAWAY} or (kind == _HEADERS and flags & _END_STREAM):
            return b""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _with_length(text: bytes) -> bytes:
    """A short string with its length, as both HPACK and protobuf write it."""
    return bytes((len(text),)) + text


class _Connection:
    """A connection with one deadline. Raises Unhealthy for every failure."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host if host.startswith("unix:") else f"{host}:{port}"
        self._ends_at = time.monotonic() + TIMEOUT_SECONDS
        try:
            self._socket = _connected(host, port)
        except OSError as error:
            raise self._unhealthy(error) from None

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._unhealthy(error) from None

    def receive(self, length: int) -> bytes:
        """Exactly that many bytes."""
        data = b""
        while len(data) < length:
            try:
                self._socket.settimeout(max(0.001, self._ends_at - time.monotonic()))
                received = self._socket.recv(min(length - len(data), _MAX_ANSWER_BYTES))
            except OSError as error:
                raise self._unhealthy(error) from None
            if not received:
                raise self._unhealthy("the connection was closed")
            data += received
        return data

    def _unhealthy(self, reason: object) -> Unhealthy:
        return Unhealthy(f"no answer from {self._address}: {reason}")


def _connected(host: str, port: int) -> socket.socket:
    if not host.startswith("unix:"):
        return socket.create_connection((host, port), TIMEOUT_SECONDS)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT_SECONDS)
    try:
        connection.connect(host.removeprefix("unix:").removeprefix("//"))
    except OSError:
        connection.close()
        raise
    return connection


def main(service: str, default_port: str, grpc_service: str = "") -> None:
    """Check the server with the settings in the environment. Raises Unhealthy."""
    settings = service.upper()
    # The first of several addresses. A client reaches this machine by the wildcard address too.
    host = (os.environ.get(f"{settings}_BIND") or "127.0.0.1").partition(",")[0].strip().strip("[]")
    port = int(os.environ.get(f"{settings}_PORT") or default_port)
    if os.environ.get(f"{settings}_TLS_CERTIFICATE"):
        port = int(os.environ.get(f"{settings}_HEALTH_PORT") or int(default_port) + HEALTH_PORT_OFFSET)
        host = "127.0.0.1"
    if grpc_service:
        check_grpc(host, port, grpc_service)
    else:
        # The shop refuses requests whose Host header is not a trusted name.
        names = os.environ.get(f"{settings}_TRUSTED_HOSTS") or "localhost"
        check_http(host, port, name=names.partition(",")[0].strip())


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Unhealthy as error:
        sys.exit(str(error))
