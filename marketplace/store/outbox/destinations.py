"""The table of the destinations of published events."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, delete, func, literal, select, update

from marketplace.domain.destinations import MAX_DESTINATIONS, EventDestination, address_of, destination_of_number
from marketplace.domain.errors import DestinationExists, DestinationNotFound, TooManyDestinations
from marketplace.domain.events import Destination
from marketplace.store.schema import deliveries, event_destinations, event_log, outbox
from servicekit.database.statements import insert_into

_PREFIX = destination_of_number(0).value.removesuffix("0")


class StoredDestinations:
    """The destinations of published events, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[EventDestination]:
        """All destinations, enabled or not, oldest first."""
        rows = self._connection.execute(select(event_destinations).order_by(event_destinations.c.number))
        return [_destination(row) for row in rows]

    def receivers(self, kind: str) -> list[Destination]:
        """The enabled destinations that receive events of this type."""
        rows = self._connection.execute(
            select(event_destinations).where(event_destinations.c.is_enabled).order_by(event_destinations.c.number)
        )
        return [stored.destination for stored in map(_destination, rows) if stored.receives(kind)]

    def get(self, number: int) -> EventDestination:
        """A destination.

        Raises DestinationNotFound.
        """
        row = self._connection.execute(select(event_destinations).where(_is(number))).first()
        if row is None:
            raise DestinationNotFound(f"no destination {number}")
        return _destination(row)

    def add(
        self, url: str, secret: str, *, types: Sequence[str] = (), is_from_settings: bool = False, at: datetime
    ) -> EventDestination:
        """Add an enabled destination.

        Raises DestinationExists and TooManyDestinations.
        """
        count = self._connection.execute(select(func.count()).select_from(event_destinations)).scalar_one()
        if count >= MAX_DESTINATIONS:
            raise TooManyDestinations(f"there are {count} destinations")
        new = EventDestination(
            number=0, url=url, secret=secret, types=tuple(types), is_from_settings=is_from_settings, created_at=at
        )
        statement = (
            insert_into(self._connection, event_destinations)
            .values(
                address=new.address,
                url=url,
                secret=secret,
                types=list(types),
                is_enabled=True,
                is_from_settings=is_from_settings,
                created_at=at,
            )
            .on_conflict_do_nothing(index_elements=[event_destinations.c.address])
            .returning(event_destinations.c.number)
        )
        number = self._connection.execute(statement).scalar()
        if number is None:
            raise DestinationExists(new.address)
        return replace(new, number=number)

    def set_types(self, number: int, types: Sequence[str]) -> None:
        self._change(number, types=list(types))

    def set_enabled(self, number: int, is_enabled: bool) -> None:
        self._change(number, is_enabled=is_enabled)

    def remove(self, number: int) -> None:
        """Delete a destination with its events, its log and its lease."""
        destination = self.get(number).destination.value
        for table in (outbox, event_log, deliveries):
            self._connection.execute(delete(table).where(table.c.destination == destination))
        self._connection.execute(delete(event_destinations).where(_is(number)))

    def remove_remains(self) -> None:
        """Delete rows of deleted destinations: another transaction may have written them as `remove` committed."""
        names = select(literal(_PREFIX) + cast(event_destinations.c.number, String))
        for table in (outbox, event_log, deliveries):
            named = table.c.destination
            self._connection.execute(delete(table).where(named.startswith(_PREFIX), named.not_in(names)))

    def follow_settings(self, urls: Iterable[str], new_secret: Callable[[], str], *, at: datetime) -> list[str]:
        """Make the addresses that the settings name destinations, and disable those that they no longer name.

        One that a moderator has disabled stays so. Returns the addresses for which there is no room.
        """
        stored = {destination.address: destination for destination in self.all()}
        named = {address_of(url): url for url in urls}
        without_room = []
        for address, url in named.items():
            known = stored.get(address)
            if known is not None:
                enabled = known.is_enabled or not known.is_from_settings
                self._change(known.number, url=url, is_from_settings=True, is_enabled=enabled)
                continue
            try:
                self.add(url, new_secret(), is_from_settings=True, at=at)
            except DestinationExists:
                pass  # by another process that starts at the same time
            except TooManyDestinations:
                without_room.append(address)
        for address, known in stored.items():
            if known.is_from_settings and address not in named:
                self._change(known.number, is_from_settings=False, is_enabled=False)
        return without_room

    def _change(self, number: int, **values: object) -> None:
        self._connection.execute(update(event_destinations).where(_is(number)).values(**values))


def _is(number: int) -> ColumnElement[bool]:
    return event_destinations.c.number == number


def _destination(row: Any) -> EventDestination:
    return EventDestination(
        number=row.number,
        url=row.url,
        secret=row.secret,
        types=tuple(row.types),
        is_enabled=row.is_enabled,
        is_from_settings=row.is_from_settings,
        created_at=row.created_at,
    )
