"""Telling one model what the store has and the model has not heard of yet."""

from recommendations.domain.interactions import InteractionKind
from recommendations.ports import Model, UnitOfWork


class FedModel:
    """A model and how far it has come with what the store has; one thread at a time feeds it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._sequence = model.sequence
        self._departures = model.departures
        # Readers whose history changed otherwise than by growing: kept until each is replaced, whatever fails.
        self._changed: set[int] = set()

    def catch_up(self, work: UnitOfWork) -> None:
        """Feed what is stored by now.

        A reader's whole history may be read with events that come again in the next round: that changes nothing.
        """
        for events in work.interactions.events_after(self._sequence):
            self.model.observe(events)
            self._changed |= {event.reader_id for event in events if event.kind == InteractionKind.UNDO}
            # Noted after every chunk: what was observed before a failure is not observed again after it.
            self._sequence = events[-1].sequence
        # After the events: what was observed of a reader who departed meanwhile is replaced too.
        departed, revision = work.readers.departed_since(self._departures)
        for reader_id, into in departed:
            self._changed |= {reader_id} if into is None else {reader_id, into}
        self._departures = revision
        for reader_id in sorted(self._changed):
            self.model.replace(reader_id, work.interactions.events_of(reader_id))
            self._changed.remove(reader_id)
