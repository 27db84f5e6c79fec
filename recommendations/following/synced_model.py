"""A model that is kept up to date with the store."""

from recommendations.domain.interactions import InteractionKind
from recommendations.ports import Model, UnitOfWork


class SyncedModel:
    """A model, and how far it has applied what is stored. One thread at a time may sync it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._sequence = model.sequence
        self._readers_revision = model.readers_revision
        # Readers whose history was changed by an undo, a merge or a deletion; each is kept until it is replaced.
        self._changed: set[int] = set()

    def sync(self, work: UnitOfWork) -> None:
        """Apply what was stored since the last time.

        A replaced history may already have events that the next sync observes: observing them again changes nothing.
        """
        for events in work.interactions.events_after(self._sequence):
            self.model.observe(events)
            self._changed |= {event.reader_id for event in events if event.kind == InteractionKind.UNDO}
            # After every chunk, so that after a failure no event is observed again.
            self._sequence = events[-1].sequence
        # After the events, so that those just observed of retired readers are replaced too.
        retired, revision = work.readers.retired_since(self._readers_revision)
        for reader_id, into in retired:
            self._changed |= {reader_id} if into is None else {reader_id, into}
        self._readers_revision = revision
        for reader_id in sorted(self._changed):
            self.model.replace(reader_id, work.interactions.events_of(reader_id))
            self._changed.remove(reader_id)
