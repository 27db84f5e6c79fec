"""Keeps a server's memory from growing by fragmentation."""

import contextlib
import ctypes

_M_ARENA_MAX = -8
ARENAS = 2


def limit_arenas() -> None:
    """Let all threads allocate from two arenas of glibc; call it before the first thread starts.

    By default each thread gets its own, up to eight for each processor. What threads allocate and free again in turn,
    such as pages and cached parts of them, leaves holes in all of them: a shop grew by 30 MB an hour. Does nothing
    where the C library is another one.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)
