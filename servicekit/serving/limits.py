"""The limits of an HTTP server."""

from collections.abc import Callable
from dataclasses import dataclass

DRAIN_SECONDS = 10.0

BodyLimit = Callable[[str], int]
"""The most bytes that the body of a request to this path may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much connections may hold, and how long they may keep the server waiting.

    A body and an answer may take longer, the more of them has been transferred: a client must be faster than
    `bytes_per_second` on average.
    """

    body_bytes: BodyLimit

    connections: int = 800
    """Beyond these, those that wait for their client make way. Many systems allow a process 1,024 open files."""

    waiting_of_address: int | None = 100
    """How many of one address may wait for their client: a browser keeps up to six open. None behind a proxy."""

    young_seconds: float = 1.0
    """A connection has this long to send its first request before its address's share counts."""

    idle_seconds: float = 20.0
    """From the end of an answer, or from the beginning, to the next request."""

    header_seconds: float = 10.0
    """From the first byte of a request to the end of its headers."""

    body_seconds: float = 10.0
    answer_seconds: float = 20.0
    bytes_per_second: int = 4096

    large_body_bytes: int = 128 * 1024
    large_bodies: int = 2
    """How many bodies larger than `large_body_bytes` may be held at a time; the oldest unfinished one makes way."""

    answers_bytes: int = 64 * 1024 * 1024
    """How much of all answers may wait for clients that do not take it."""

    discard_seconds: float = 2.0
    discard_bytes: int = 16 * 1024 * 1024
    """How long, and how much, a client may go on sending after it was refused, so that it sees the answer."""

    drain_seconds: float = DRAIN_SECONDS
    """How long a stopping server answers the requests in line."""

    notice_seconds: float = 0.5
    """How long a stopping server waits for the rest of a request, or for one on a connection that has none."""

    check_seconds: float = 0.5
    """How often the server looks for connections that are overdue."""
