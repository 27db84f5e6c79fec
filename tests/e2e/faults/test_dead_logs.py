"""A shop whose log cannot be written."""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.e2e.processes import DEADLINE, LISTENS, ROOT, await_that

pytestmark = pytest.mark.slow


def broken_pipe(_stack: ExitStack) -> int:
    """The end of a pipe that nobody reads any more."""
    read, write = os.pipe()
    os.close(read)
    return write


def frozen_pipe(stack: ExitStack) -> int:
    """The end of a full pipe; writing blocks, since the other end stays open."""
    read, write = os.pipe()
    stack.callback(os.close, read)
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    os.set_blocking(write, True)
    return write


def full_disk(_stack: ExitStack) -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.fixture(params=[broken_pipe, frozen_pipe, full_disk])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A shop that cannot log, with Recommendations out of reach, which is logged; it must also end in time."""
    dead: Callable[[ExitStack], int] = request.param
    settings = {"MARKETPLACE_DATA_DIR": str(tmp_path), "MARKETPLACE_PORT": "0", "RECOMMENDATIONS_PORT": "1"}
    with ExitStack() as stack:
        stderr = dead(stack)
        stack.callback(os.close, stderr)
        books = tmp_path / "books.csv"
        books.write_text("book_id,title\n1,Emma\n")
        process = subprocess.Popen(
            [sys.executable, "-m", "marketplace", "start", "--starter", str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        stack.enter_context(process)
        stack.callback(process.kill)
        assert process.stdout is not None
        output = ""
        while (port := re.search(LISTENS["marketplace"], output)) is None:
            line = process.stdout.readline()
            assert line, output
            output += line
        yield f"http://127.0.0.1:{port['port']}"
        process.terminate()
        assert process.wait(DEADLINE) == 0


def test_pages_and_relays_continue(shop: str) -> None:
    """Pages are served although they log, and the relay continues to try after failures that it logs."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def page(path: str) -> str:
        with opener.open(shop + path, timeout=10) as answer:
            return str(answer.read().decode())

    def destination() -> Any:
        return json.loads(page("/readyz"))["outbox"]["destinations"]["recommendations"]

    link = re.search(r'href="(/books/1\?from=[^"]+)"', page("/"))
    assert link is not None
    page(link[1])
    await_that(lambda: destination()["failures"] >= 2, show=destination)
