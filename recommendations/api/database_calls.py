"""How many calls may use the database at a time, and for how long each."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import grpc

from recommendations.domain.errors import DatabaseBusy
from servicekit.deadline import deadline

SHARE = 0.75
"""Of the caller's deadline; the rest is for noticing that the database does not reply, and for saying so."""

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class DatabaseCalls:
    """Admits so many calls at a time, so that a database that hangs leaves threads to calls that do not need it."""

    def __init__(self, limit: int, *, seconds: float) -> None:
        self._slots = threading.BoundedSemaphore(limit)
        self._seconds = seconds

    @contextmanager
    def admitted(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Let a call use the database as long as its caller waits for it. Raises DatabaseBusy."""
        if not self._slots.acquire(blocking=False):
            raise DatabaseBusy
        try:
            left = context.time_remaining()
            with deadline(self._seconds if left is None else min(self._seconds, SHARE * left)):
                yield
        finally:
            self._slots.release()


class UsesDatabase(Protocol):
    """A servicer with methods that use the database."""

    @property
    def database_calls(self) -> DatabaseCalls:
        """What admits them."""


_Servicer = TypeVar("_Servicer", bound=UsesDatabase)
_Method = Callable[[_Servicer, _Request, grpc.ServicerContext], _Response]


def uses_database(method: _Method[_Servicer, _Request, _Response]) -> _Method[_Servicer, _Request, _Response]:
    """Have a servicer's method admitted by the servicer's `database_calls`."""

    @functools.wraps(method)
    def admitted(servicer: _Servicer, request: _Request, context: grpc.ServicerContext) -> _Response:
        with servicer.database_calls.admitted(context):
            return method(servicer, request, context)

    return admitted
