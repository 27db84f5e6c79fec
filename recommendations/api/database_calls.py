"""How many calls may use the database at a time, and for how long each."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import grpc

from recommendations.domain.errors import DatabaseBusy
from servicekit.deadline import deadline

DEADLINE_SHARE = 0.75
"""The part of a caller's deadline that the database gets; the rest is for sending the error."""

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class DatabaseCalls:
    """Admits at most `limit` calls at a time, so that a hanging database leaves threads to other calls."""

    def __init__(self, limit: int, *, seconds: float) -> None:
        self._slots = threading.BoundedSemaphore(limit)
        self._seconds = seconds

    @contextmanager
    def admitted(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Let a call use the database until its deadline. Raises DatabaseBusy."""
        if not self._slots.acquire(blocking=False):
            raise DatabaseBusy
        try:
            left = context.time_remaining()
            with deadline(self._seconds if left is None else min(self._seconds, DEADLINE_SHARE * left)):
                yield
        finally:
            self._slots.release()


class UsesDatabase(Protocol):
    """A servicer with methods that use the database."""

    @property
    def database_calls(self) -> DatabaseCalls: ...


_Servicer = TypeVar("_Servicer", bound=UsesDatabase)
_Method = Callable[[_Servicer, _Request, grpc.ServicerContext], _Response]


def uses_database(method: _Method[_Servicer, _Request, _Response]) -> _Method[_Servicer, _Request, _Response]:
    """Have a servicer's method admitted by the servicer's `database_calls`."""

    @functools.wraps(method)
    def admitted(servicer: _Servicer, request: _Request, context: grpc.ServicerContext) -> _Response:
        with servicer.database_calls.admitted(context):
            return method(servicer, request, context)

    return admitted
