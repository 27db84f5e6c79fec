"""How a server's memory is allocated and freed."""

import contextlib
import ctypes
import gc

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


def freeze_objects() -> None:
    """Exempt all objects that are in use from garbage collection; call it when a server is ready.

    Otherwise the collector scans modules and caches again and again, and stops all threads meanwhile: a shop for 85
    milliseconds after some thousand pages, Recommendations with 25,000 books for 60.
    """
    gc.collect()
    gc.freeze()
