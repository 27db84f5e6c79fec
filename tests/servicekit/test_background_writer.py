"""A stream that neither delays nor fails its writers."""

import contextlib
import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import pytest

from servicekit.background_writer import BackgroundWriter

SECONDS = 30.0


def fill(descriptor: int) -> None:
    """Write to a pipe until it accepts no more."""
    os.set_blocking(descriptor, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(descriptor, b"x" * 4096)
    os.set_blocking(descriptor, True)


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """The end to read from, and the one to write to."""
    read, write = os.pipe()
    with ExitStack() as stack:
        stream = stack.enter_context(open(write, "w"))  # noqa: PTH123  (a descriptor)
        stack.callback(os.close, read)
        yield read, stream


def drained(read: int, end: bytes) -> bytes:
    """What comes out of a pipe, up to `end`."""
    data = b""
    while not data.endswith(end):
        data += os.read(read, 65_536)
    return data


def test_lines_are_written_in_order(pipe: tuple[int, TextIO]) -> None:
    """All of them, of any length and with any character."""
    read, stream = pipe
    writer = BackgroundWriter(stream)
    lines = [*(f"line {number}\n" for number in range(1000)), "ä\udcff\n", "x" * 10_000 + "\n", "end\n"]
    for line in lines:
        assert writer.write(line) == len(line)
    assert drained(read, b"end\n") == "".join(lines).encode("utf-8", "backslashreplace")
    assert writer.finish(SECONDS)


def test_a_frozen_reader_delays_nobody(pipe: tuple[int, TextIO]) -> None:
    """Lines beyond the capacity are dropped; once the reader reads, the others come, and the number of those lost."""
    read, stream = pipe
    fill(stream.fileno())
    reported: list[int] = []
    writer = BackgroundWriter(stream, capacity=100, on_dropped=reported.append)
    for number in range(100):
        writer.write(f"line {number:04}\n")
    assert not writer.finish(0.01)
    assert drained(read, b"line 0009\n").lstrip(b"x") == b"".join(b"line %04d\n" % number for number in range(10))
    assert writer.finish(SECONDS)
    assert reported == [90]


def test_a_stream_that_fails_costs_only_its_lines() -> None:
    """On a full disk lines are dropped and counted; those after it has room again are written whole."""
    with tempfile.TemporaryFile("w+") as file, open("/dev/full", "w") as stream:  # noqa: PTH123
        reported: list[int] = []
        writer = BackgroundWriter(stream, on_dropped=reported.append)
        writer.write("lost\n")
        assert writer.finish(SECONDS)
        writer.write("lost\nlost\n")
        assert writer.finish(SECONDS)
        assert reported == []
        os.dup2(file.fileno(), stream.fileno())
        writer.write("kept\n")
        assert writer.finish(SECONDS)
        assert reported == [3]
        file.seek(0)
        assert file.read() == "kept\n"


def test_a_line_cut_off_by_a_full_disk_is_ended(tmp_path: Path) -> None:
    """The next line does not continue it."""

    class FullAfter(io.StringIO):
        room = 10

        def write(self, text: str) -> int:
            if len(text) > self.room:
                raise OSError(28, "No space left on device")
            self.room -= len(text)
            return super().write(text)

    class InParts(BackgroundWriter):
        def _written_of(self, data: bytes) -> int:
            return super()._written_of(data[:4])

    stream = FullAfter()
    writer = InParts(stream)
    writer.write("a long line\n")
    assert writer.finish(SECONDS)
    assert stream.getvalue() == "a long l"
    stream.room = 100
    writer.write("next\n")
    assert writer.finish(SECONDS)
    assert stream.getvalue() == "a long l\nnext\n"


def test_a_pipe_without_reader_fails_nobody() -> None:
    """Nor does a closed stream, or none."""
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as stream:  # noqa: PTH123
        writer = BackgroundWriter(stream)
        writer.write("lost\n")
        assert writer.finish(SECONDS)
    writer.write("lost\n")
    assert writer.finish(SECONDS)
    nowhere = BackgroundWriter(None)
    assert nowhere.write("lost\n") == 5
    assert nowhere.finish(0)


def test_a_stream_that_does_not_block_is_waited_for(pipe: tuple[int, TextIO]) -> None:
    """Another program may have set the shared pipe to non-blocking: that loses no line."""
    read, stream = pipe
    fill(stream.fileno())
    os.set_blocking(stream.fileno(), False)
    writer = BackgroundWriter(stream)
    writer.write("kept\n")
    assert not writer.finish(0.01)
    assert drained(read, b"kept\n").endswith(b"xkept\n")
    assert writer.finish(SECONDS)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_writes_its_own_lines(pipe: tuple[int, TextIO]) -> None:
    """Even while the parent's thread is blocked, and none of the parent's lines again."""
    read, stream = pipe
    fill(stream.fileno())
    writer = BackgroundWriter(stream)
    writer.write("parent\n")
    pid = os.fork()
    if not pid:
        writer.write("child\n")
        os._exit(0 if writer.finish(SECONDS) else 1)
    text = b""
    while b"parent\n" not in text or b"child\n" not in text:
        text += os.read(read, 65_536)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert text.count(b"parent\n") == text.count(b"child\n") == 1
    assert writer.finish(SECONDS)


def test_an_idle_thread_ends(pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    """The next line starts another."""
    monkeypatch.setattr("servicekit.background_writer._IDLE_SECONDS", 0.001)
    read, stream = pipe
    writer = BackgroundWriter(stream)
    writer.write("first\n")
    assert drained(read, b"\n") == b"first\n"
    ends = time.monotonic() + SECONDS
    while writer._thread is not None:
        assert time.monotonic() < ends
        time.sleep(0.001)
    writer.write("second\n")
    assert drained(read, b"\n") == b"second\n"
