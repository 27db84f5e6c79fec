"""Looks up names within the thread's deadline."""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread
from typing import Any

from previews.domain import HostNotPublic, SiteTooSlow, SiteUnavailable
from servicekit.deadline import remaining

Address = tuple[int, int, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it: family, type, protocol, canonical name, address."""

LookUp = Callable[[str, int], Sequence[Address]]

MAX_THREADS = 32
"""How many look-ups may run: one may take longer than its caller waits."""


def look_up(host: str, port: int) -> Sequence[Address]:
    """The system's own look-up."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Resolver:
    """Looks up names in threads that callers leave when their time is over: the system's look-up has no deadline."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._places = BoundedSemaphore(MAX_THREADS)

    def addresses(self, host: str, port: int) -> Sequence[Address]:
        """All addresses of a host. Raises HostNotPublic if it has none, SiteUnavailable and SiteTooSlow."""
        if not self._places.acquire(timeout=remaining()):
            raise SiteTooSlow
        result: Future[Sequence[Address]] = Future()
        # A daemon: a hanging look-up must not keep the process alive.
        Thread(target=self._run, args=(host, port, result), name="look-up", daemon=True).start()
        try:
            return result.result(remaining())
        except TimeoutError:
            raise SiteTooSlow from None
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise SiteUnavailable from None
            raise HostNotPublic from None
        except (OSError, UnicodeError):  # UnicodeError: a label that is empty or too long
            raise HostNotPublic from None

    def _run(self, host: str, port: int, result: "Future[Sequence[Address]]") -> None:
        try:
            result.set_result(self._look_up(host, port))
        except BaseException as error:  # noqa: BLE001  (the caller gets it)
            result.set_exception(error)
        finally:
            self._places.release()
