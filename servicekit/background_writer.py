"""A text stream whose writers never wait and never fail: a thread of its own writes."""

import io
import os
import select
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import TextIO

CAPACITY_BYTES = 4 * 1024 * 1024
"""How much may wait to be written; more is dropped."""

_ATOMIC_BYTES = 4096
"""Up to here the lines of several processes do not mix in a pipe (PIPE_BUF of Linux)."""

_IDLE_SECONDS = 1.0
"""After this long without a line the thread ends; the next line starts another."""


class BackgroundWriter(io.TextIOBase):
    """Writes to `stream` in a thread of its own, in order.

    If the stream is frozen, lines beyond `capacity` are dropped; if it fails (a full disk, a pipe without a reader),
    the lines that failed are. When it can be written again, `on_dropped` is called with how many lines have been
    dropped so far. Without a stream all lines are discarded. It may be used in a process forked later: what waits is
    written by the parent alone.
    """

    def __init__(
        self,
        stream: TextIO | None,
        *,
        capacity: int = CAPACITY_BYTES,
        on_dropped: Callable[[int], object] = lambda _lines: None,
    ) -> None:
        self._stream = stream
        self._capacity = capacity
        self._on_dropped = on_dropped
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        # With Condition's reentrant lock, a signal handler may write too.
        self._changed = Condition()
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = self._reported = 0
        self._is_torn = False
        self._thread: Thread | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        """Write soon; returns at once."""
        line = text.encode("utf-8", "backslashreplace")
        if line and self._stream is not None:
            with self._changed:
                if self._bytes + len(line) > self._capacity:
                    self._dropped += line.count(b"\n")
                else:
                    self._waiting.append(line)
                    self._bytes += len(line)
                self._changed.notify_all()
                self._ensure_thread()
        return len(text)

    def finish(self, seconds: float) -> bool:
        """Wait until everything is written or dropped, at most `seconds`; returns whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._bytes, seconds)

    def _ensure_thread(self) -> None:
        if self._thread is not None:
            return
        self._thread = Thread(target=self._run, name="output", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # too many threads: the next line tries again
            self._thread = None

    def _run(self) -> None:
        while batch := self._next_batch():
            lost = self._lost_of(batch)
            with self._changed:
                self._dropped += lost
                dropped = self._dropped
            if not lost and dropped != self._reported:
                self._reported = dropped
                self._on_dropped(dropped)
            with self._changed:
                self._bytes -= len(batch)
                self._changed.notify_all()

    def _next_batch(self) -> bytes:
        """The lines to write together, never part of one; empty if the thread must end."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting, _IDLE_SECONDS):
                self._thread = None
                return b""
            batch = self._waiting.popleft()
            while self._waiting and len(batch) + len(self._waiting[0]) <= _ATOMIC_BYTES:
                batch += self._waiting.popleft()
            return batch

    def _lost_of(self, lines: bytes) -> int:
        """Write lines; returns how many were not written whole."""
        start = 1 if self._is_torn else 0
        data = b"\n" * start + lines
        done = 0
        try:
            while done < len(data):
                done += self._written_of(data[done:])
        except (OSError, ValueError):  # ValueError: the stream is closed
            if done:
                self._is_torn = data[done - 1 : done] != b"\n"
            return data.count(b"\n", max(done, start))
        self._is_torn = False
        return 0

    def _written_of(self, data: bytes) -> int:
        assert self._stream is not None  # noqa: S101  (`write` accepts nothing without it)
        try:
            descriptor = self._stream.fileno()
        except io.UnsupportedOperation:  # a stream in memory
            self._stream.write(data.decode())
            self._stream.flush()
            return len(data)
        try:
            # Not by the stream, which would keep what failed and try it again, even at the end of the process.
            return os.write(descriptor, data)
        except BlockingIOError:
            select.select([], [descriptor], [])
            return 0
