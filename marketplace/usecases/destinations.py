"""The destinations of published events, as settings name and moderators manage them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from events.signature import new_secret
from events.types import PUBLIC_TYPES
from marketplace.domain.destinations import Delivery, EventDestination, parse_destination_url
from marketplace.domain.errors import DestinationOfSettings, InvalidDestination
from marketplace.domain.events import LIVE
from marketplace.domain.moderation import Action
from marketplace.store import Store
from marketplace.store.outbox.deliveries import DestinationStatus
from marketplace.store.outbox.outbox import OutboxLength
from marketplace.usecases.moderation import moderating
from servicekit.clock import now

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DestinationState:
    """A destination with what waits for it, what has failed, and its latest failures."""

    stored: EventDestination
    length: OutboxLength
    status: DestinationStatus


class Destinations:
    """What moderators do with destinations; `by` is always the moderator's reader id.

    Each action has an entry in the audit log. Those that write raise NotSignedIn if the moderator's account has been
    deleted, all raise StoreUnavailable, and those of one destination raise DestinationNotFound.
    """

    def __init__(
        self, store: Store, *, wake: Callable[[], None] = lambda: None, clock: Callable[[], datetime] = now
    ) -> None:
        self._store = store
        self._wake = wake
        self._clock = clock

    def states(self) -> list[DestinationState]:
        """All destinations, oldest first."""
        with self._store.read() as work:
            lengths, statuses = work.outbox.lengths(), work.deliveries.statuses()
            return [
                DestinationState(
                    stored,
                    lengths.get(stored.destination, OutboxLength()),
                    statuses.get(stored.destination, DestinationStatus()),
                )
                for stored in work.destinations.all()
            ]

    def add(self, by: int, url: str, types: Sequence[str]) -> EventDestination:
        """Add a destination of all types, or of these.

        Raises InvalidDestination, DestinationExists and TooManyDestinations.
        """
        try:
            url = parse_destination_url(url)
        except ValueError as error:
            raise InvalidDestination(str(error)) from None
        chosen, moment = _validated(types), self._clock()
        with moderating(self._store, by) as work:
            added = work.destinations.add(url, new_secret(), types=chosen, at=moment)
            detail = {"address": added.address, "types": chosen}
            work.audit.add(by, Action.DESTINATION_ADDED, added.destination.value, detail, at=moment)
        return added

    def change_types(self, by: int, number: int, types: Sequence[str]) -> bool:
        """Choose all types, or these; False if that changes nothing.

        Raises InvalidDestination.
        """
        chosen = _validated(types)
        with moderating(self._store, by) as work:
            stored = work.destinations.get(number)
            is_changed = chosen != list(stored.types)
            if is_changed:
                work.destinations.set_types(number, chosen)
                detail = {"address": stored.address, "types": chosen}
                work.audit.add(by, Action.DESTINATION_CHANGED, stored.destination.value, detail, at=self._clock())
        return is_changed

    def set_enabled(self, by: int, number: int, is_enabled: bool) -> bool:
        """Have events sent there, or not; False if that changes nothing. What waits is kept."""
        with moderating(self._store, by) as work:
            stored = work.destinations.get(number)
            is_changed = stored.is_enabled != is_enabled
            if is_changed:
                action = Action.DESTINATION_ENABLED if is_enabled else Action.DESTINATION_DISABLED
                work.destinations.set_enabled(number, is_enabled)
                detail = {"address": stored.address}
                work.audit.add(by, action, stored.destination.value, detail, at=self._clock())
        return is_changed

    def delete(self, by: int, number: int) -> EventDestination:
        """Delete a destination with what waits for it, and its log; returns it.

        Raises DestinationOfSettings.
        """
        with moderating(self._store, by) as work:
            stored = work.destinations.get(number)
            if stored.is_from_settings:
                raise DestinationOfSettings(stored.address)
            work.destinations.remove(number)
            detail = {"address": stored.address}
            work.audit.add(by, Action.DESTINATION_DELETED, stored.destination.value, detail, at=self._clock())
        return stored

    def secret(self, by: int, number: int) -> str:
        """The secret that signs what is sent there."""
        with moderating(self._store, by) as work:
            stored = work.destinations.get(number)
            detail = {"address": stored.address}
            work.audit.add(by, Action.SECRET_SHOWN, stored.destination.value, detail, at=self._clock())
        return stored.secret

    def repeat(self, by: int, number: int, entry_id: int) -> Delivery:
        """Send an event of the log again, with the same id; returns its entry.

        Raises DeliveryNotFound.
        """
        moment = self._clock()
        with moderating(self._store, by) as work:
            destination = work.destinations.get(number).destination
            delivery = work.event_log.get(destination, entry_id)
            work.outbox.repeat(destination, delivery, at=moment)
            detail = {"event": delivery.event_id, "type": delivery.type}
            work.audit.add(by, Action.DELIVERY_REPEATED, destination.value, detail, at=moment)
        self._wake()
        return delivery

    def follow_settings(self, urls: Iterable[str], *, has_live: bool = False) -> None:
        """Send events to the addresses that the settings name, and no longer to those that they do not name."""
        with self._store.write() as work:
            if not has_live:
                work.outbox.clear(LIVE)
            without_room = work.destinations.follow_settings(urls, new_secret, at=self._clock())
            work.commit()
        for address in without_room:
            log.error("destination_not_added", address=address)

    def prune(self) -> None:
        """Delete old entries of the log of deliveries, and what was published to a destination as it was deleted."""
        with self._store.write() as work:
            work.event_log.prune(self._clock())
            work.destinations.remove_remains()
            work.commit()


def _validated(types: Sequence[str]) -> list[str]:
    if not set(types) <= set(PUBLIC_TYPES):
        raise InvalidDestination("not a public type of events")
    return [kind for kind in PUBLIC_TYPES if kind in types]
