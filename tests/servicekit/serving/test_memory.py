"""The number of malloc's arenas."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")

PROGRAM = """
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


def test_threads_share_two_arenas() -> None:
    """However many threads allocate at a time, what they free can be used again by all."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    assert 1 <= done.stdout.count("<heap nr=") <= 2
