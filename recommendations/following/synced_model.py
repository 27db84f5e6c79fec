"""A model that is brought in step with the store, event by event."""

from recommendations.domain.interactions import InteractionKind
from recommendations.ports import Model, UnitOfWork


class SyncedModel:
    """A model, and up to where it has what the store has; one thread at a time syncs it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._sequence = model.sequence
        self._readers_revision = model.readers_revision
        # Readers whose history changed otherwise than by growing: kept until each is replaced, whatever fails.
        self._changed: set[int] = set()

    def sync(self, work: UnitOfWork) -> None:
        """Apply what was stored since the last time.

        A reader's whole history may contain events that come again with the next sync: that changes nothing.
        """
        for events in work.interactions.events_after(self._sequence):
            self.model.observe(events)
            self._changed |= {event.reader_id for event in events if event.kind == InteractionKind.UNDO}
            # After every chunk: what was observed before a failure is not observed again after it.
            self._sequence = events[-1].sequence
        # After the events: what was observed of a reader who was retired meanwhile is replaced too.
        retired, revision = work.readers.retired_since(self._readers_revision)
        for reader_id, into in retired:
            self._changed |= {reader_id} if into is None else {reader_id, into}
        self._readers_revision = revision
        for reader_id in sorted(self._changed):
            self.model.replace(reader_id, work.interactions.events_of(reader_id))
            self._changed.remove(reader_id)
