"""The number of malloc's arenas, and what garbage collection leaves out."""

import platform
import subprocess
import sys

import pytest

ARENAS = """
import ctypes, threading
from servicekit.serving.memory import limit_arenas
limit_arenas()
barrier = threading.Barrier(8)
def allocate():
    held = bytearray(20_000)
    barrier.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
output = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, output)
libc.fflush(output)
"""


FROZEN = """
import gc
from servicekit.serving.memory import freeze_objects
kept, garbage = [[]], []
garbage.append(garbage)
del garbage
before = len(gc.get_objects())
freeze_objects()
print(before > 1_000, len(gc.get_objects()) < 100, gc.collect())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_threads_share_two_arenas() -> None:
    """However many threads allocate at a time, what they free can be used again by all."""
    assert 1 <= output(ARENAS).count("<heap nr=") <= 2


def test_the_collector_no_longer_looks_at_what_is_in_use() -> None:
    """What was garbage before is freed and not kept."""
    assert output(FROZEN) == "True True 0\n"


def output(program: str) -> str:
    """What a new process prints."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
