"""The open connections by topic. Everything here runs on one event loop, and nothing of it waits."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable

from events.tickets import Ticket
from live.domain import Note, Signal

QUEUE = 32
"""How many messages may wait for a client before it is cut off."""

MAX_OF_HOLDER = 20
"""How many connections a reader may have: tabs and devices."""


class NoRoom(Exception):
    """There are too many connections."""


class TooManyOfHolder(Exception):
    """One reader has too many connections."""


class Connection:
    """A client's connection: its ticket, and the messages that wait for it."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.is_slow = False
        self._waiting: asyncio.Queue[str | None] = asyncio.Queue(QUEUE + 1)

    def put(self, message: str) -> None:
        """Have a message sent; too many that wait end the connection."""
        if self.is_slow:
            return
        if self._waiting.qsize() >= QUEUE:
            self.is_slow = True
            self.end()
        else:
            self._waiting.put_nowait(message)

    def end(self) -> None:
        """Have the connection closed, without what waits for it."""
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def next(self) -> str | None:
        """The next message, None when the connection is to be closed."""
        return await self._waiting.get()


class Hub:
    """Distributes signals and notes to connections, and counts them, and the connections refused, since its start."""

    def __init__(self, max_connections: int, *, max_of_holder: int = MAX_OF_HOLDER) -> None:
        self.max_connections = max_connections
        self.refused = self.signals = self.messages = 0
        self._max_of_holder = max_of_holder
        self._connections: set[Connection] = set()
        self._by_topic: defaultdict[str, set[Connection]] = defaultdict(set)
        self._by_holder: Counter[int] = Counter()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._connections)

    def join(self, ticket: Ticket) -> Connection:
        """A new connection, which `leave` ends. Raises NoRoom and TooManyOfHolder."""
        if self._is_closed or len(self._connections) >= self.max_connections:
            self.refused += 1
            raise NoRoom
        if self._by_holder[ticket.holder] >= self._max_of_holder:
            self.refused += 1
            raise TooManyOfHolder
        connection = Connection(ticket)
        self._connections.add(connection)
        self._by_holder[ticket.holder] += 1
        for topic in ticket.topics:
            self._by_topic[topic].add(connection)
        return connection

    def leave(self, connection: Connection) -> None:
        self._connections.remove(connection)
        holder = connection.ticket.holder
        self._by_holder[holder] -= 1
        if not self._by_holder[holder]:
            del self._by_holder[holder]
        for topic in connection.ticket.topics:
            # Twice in a ticket is once here.
            self._by_topic[topic].discard(connection)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def signal(self, topics: Iterable[str], number: int) -> None:
        """Tell all connections of these topics that they have changed."""
        for topic in topics:
            self.signals += 1
            self._send(topic, Signal(topic, number).to_json())

    def note(self, sender: Connection, note: Note) -> None:
        """Pass a note on to the other connections of its topic, if the sender's ticket has it."""
        if note.topic in sender.ticket.topics:
            self._send(note.topic, note.to_json(), but=sender)

    def close(self) -> None:
        """End all connections, and let no more join."""
        self._is_closed = True
        for connection in self._connections:
            connection.end()

    def _send(self, topic: str, message: str, *, but: Connection | None = None) -> None:
        for connection in self._by_topic.get(topic, ()):
            if connection is not but:
                self.messages += 1
                connection.put(message)
