"""A client on one connection that opens calls and sends no message, or takes no answer."""

import socket
import struct
from types import TracebackType
from typing import Self

import h2.config
import h2.connection
import h2.events
import h2.settings

WAIT_SECONDS = 10.0
_FRAME_BYTES = 16_384


class SilentClient:
    """One HTTP/2 connection, whose streams are opened and left alone."""

    def __init__(self, address: str, *, window: int = 65_535) -> None:
        """`window` is how many bytes of each answer are taken."""
        host, port = address.rsplit(":", 1)
        self.streams: list[int] = []
        self.max_streams: int | None = None
        self._socket = socket.create_connection((host, int(port)), WAIT_SECONDS)
        self._connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._connection.local_settings[h2.settings.SettingCodes.INITIAL_WINDOW_SIZE] = window
        self._connection.initiate_connection()
        self._flush()
        while self.max_streams is None:
            self.receive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def fileno(self) -> int:
        """For selectors."""
        return self._socket.fileno()

    def open(self, method: str, message: bytes | None = None) -> int:
        """Open a call of `method`, `/Service/Method`; without a message, none is ever sent. Returns its stream."""
        stream = self._connection.get_next_available_stream_id()
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", method),
            (":authority", "test"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
        self._connection.send_headers(stream, headers)
        if message is not None:
            self._connection.send_data(stream, struct.pack(">BI", 0, len(message)) + message, end_stream=True)
        self._flush()
        self.streams.append(stream)
        return stream

    def open_unfinished(self, method: str, message: bytes) -> None:
        """Open a call and send all of its message but the last byte, as fast as the server takes it."""
        stream = self.open(method)
        rest = memoryview(struct.pack(">BI", 0, len(message)) + message[:-1])
        while rest:
            size = min(self._connection.local_flow_control_window(stream), _FRAME_BYTES, len(rest))
            if size:
                self._connection.send_data(stream, bytes(rest[:size]))
                self._flush()
                rest = rest[size:]
            else:
                self.receive()

    def receive(self) -> list[h2.events.Event]:
        """Read what has arrived; nothing of it is acknowledged as taken."""
        events = self._connection.receive_data(self._socket.recv(65_536))
        for event in events:
            if isinstance(event, h2.events.RemoteSettingsChanged):
                changed = event.changed_settings.get(h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS)
                self.max_streams = changed.new_value if changed else self.max_streams or 2**31
        self._flush()
        return list(events)

    def freeze(self) -> None:
        """Reply to nothing any more until the server closes the connection. Raises TimeoutError."""
        while self._socket.recv(65_536):
            pass

    def _flush(self) -> None:
        self._socket.sendall(self._connection.data_to_send())
