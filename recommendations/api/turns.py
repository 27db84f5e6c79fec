"""Turns of calls on the event loop."""

import asyncio

from servicekit.errors import Overloaded

MAX_WAITING = 36
"""How many calls may wait for a turn; more than one connection may have open."""

ROUNDS = 4
"""How many rounds of the event loop it takes to accept a call."""


class Turns:
    """Lets one call compute at a time, of one connection after the other: none waits for all calls of another.

    Between two turns the event loop does everything else, such as accepting calls and answering health checks.
    """

    def __init__(self) -> None:
        self._lines: dict[str, list[asyncio.Future[None]]] = {}
        """The calls that wait, by connection; the connection with the next turn is the first one."""
        self._waiting = 0
        self._giving: asyncio.Task[None] | None = None

    async def take(self, connection: str, *, again: bool = False) -> None:
        """Wait for a turn of a call; it lasts until the call awaits something else.

        Raises Overloaded if too many calls wait, unless the call has had a turn before: nothing is done in vain.
        """
        if self._giving is None:
            self._giving = asyncio.create_task(self._give())
            return
        if self._waiting >= MAX_WAITING and not again:
            raise Overloaded
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(connection, []).append(turn)
        self._waiting += 1
        try:
            await turn
        finally:
            self._waiting -= 1

    async def _give(self) -> None:
        while True:
            for _ in range(ROUNDS if self._waiting < MAX_WAITING else 1):
                await asyncio.sleep(0)
            if not self._lines:
                break
            connection = next(iter(self._lines))
            line = self._lines.pop(connection)
            turn = line.pop(0)
            if line:
                self._lines[connection] = line
            if not turn.done():
                turn.set_result(None)
        self._giving = None
