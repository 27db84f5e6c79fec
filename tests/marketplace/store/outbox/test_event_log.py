"""The log of deliveries: bounded, and nothing of a deleted reader is in it."""

from datetime import timedelta

import pytest

from events import types
from marketplace.domain.errors import DeliveryNotFound
from marketplace.domain.events import Destination
from marketplace.store import Store
from marketplace.store.outbox.event_log import KEPT_ENTRIES, KEPT_TIME
from marketplace.usecases.activity import forget_reader, merge_readers
from tests.events.samples import NOTICE, ORDER
from tests.marketplace.fakes import NOON


@pytest.fixture
def destination(store: Store) -> Destination:
    """A destination of all public events."""
    with store.write() as work:
        added = work.destinations.add("http://a.example", "whsec_a", at=NOON)
        work.commit()
    return added.destination


def publish(store: Store, *data: types.EventData) -> None:
    with store.write() as work:
        work.outbox.publish(*data, at=NOON)
        work.commit()


def deliver(store: Store, destination: Destination, error: str | None = None) -> None:
    """Log all that waits for the destination as delivered or, with an error, as failed."""
    with store.write() as work:
        for row in work.outbox.lock([row.event_id for row in work.outbox.waiting(5000, destination)]):
            work.event_log.add(destination, row, error, attempts=2, at=NOON)
            if error is None:
                work.outbox.remove([row.event_id])
            else:
                work.outbox.mark_failed({row.event_id: error})
        work.commit()


def reader(store: Store) -> int:
    with store.write() as work:
        reader_id = work.readers.add(NOON)
        work.commit()
    return reader_id


def logged(store: Store, destination: Destination) -> list[str]:
    with store.read() as work:
        return [entry.type.removeprefix("marketplace.") for entry in work.event_log.page(destination, limit=100).rows]


def test_an_accepted_event_is_sent_again_with_its_id(store: Store, destination: Destination) -> None:
    """After what waits; a failed one waits again itself."""
    publish(store, types.BookRemoved(book_id=7))
    deliver(store, destination)
    publish(store, types.BookRemoved(book_id=8))
    deliver(store, destination, "refused")
    with store.write() as work:
        failed, accepted = work.event_log.page(destination, limit=10).rows
        assert (failed.error, accepted.error, accepted.attempts) == ("refused", None, 2)
        work.outbox.repeat(destination, accepted, at=NOON)
        work.outbox.repeat(destination, failed, at=NOON)
        work.commit()
    with store.read() as work:
        ids = [row.payload["id"] for row in work.outbox.waiting(10, destination)]
        assert ids == [failed.event_id, accepted.event_id]
        assert work.outbox.lengths()[destination].failed == 0
        with pytest.raises(DeliveryNotFound):
            work.event_log.get(Destination("events-99"), accepted.entry_id)


def test_the_log_is_bounded(store: Store, destination: Destination) -> None:
    """The last thousand of the last seven days."""
    publish(store, *(types.BookRemoved(book_id=number) for number in range(1, KEPT_ENTRIES + 3)))
    deliver(store, destination)
    with store.write() as work:
        work.event_log.prune(NOON + KEPT_TIME)
        page = work.event_log.page(destination, limit=1, offset=KEPT_ENTRIES - 1)
        assert page.total == KEPT_ENTRIES
        assert isinstance(page.rows[0].payload, dict)
        assert page.rows[0].payload["data"] == {"book_id": 3}
        work.event_log.prune(NOON + KEPT_TIME + timedelta(seconds=1))
        assert work.event_log.page(destination, limit=1).total == 0


def test_a_deleted_reader_is_in_neither_outbox_nor_log(store: Store, destination: Destination) -> None:
    """What waits, what failed and what was delivered; private and public. Others' events and the deletion stay."""
    goes, stays = reader(store), reader(store)
    for reader_id in (goes, stays):
        publish(store, ORDER.model_copy(update={"reader_id": reader_id}))
    deliver(store, destination)
    publish(store, types.ReaderRegistered(reader_id=goes))
    deliver(store, destination, "refused")
    publish(store, NOTICE.model_copy(update={"reader_id": goes}), types.ReaderRegistered(reader_id=goes))
    with store.write() as work:
        forget_reader(work, goes, NOON)
        work.commit()
        rows = [row for to in work.outbox.lengths() for row in work.outbox.waiting(100, to)]
        left = [row.payload["type"] for row in rows if row.kind == "event" and str(goes) in str(row.payload)]
        assert set(left) == {types.ReaderDeleted.type}
        assert work.outbox.length().failed == 0
        entries = work.event_log.page(destination, limit=10).rows
    assert len(entries) == 1
    assert str(stays) in str(entries[0].payload)
    assert NOTICE.to not in str(rows)


def test_what_remains_of_a_deletion_names_nobody(store: Store, destination: Destination) -> None:
    """Merges and deletions are delivered, and logged without the event: it cannot be looked at or sent again."""
    publish(store, types.ReadersMerged(reader_id=8, from_reader=7), types.ReaderDeleted(reader_id=8))
    with store.write() as work:
        work.outbox.drop_of(8)
        work.commit()
    deliver(store, destination)
    assert logged(store, destination) == ["reader.deleted", "reader.merged"]
    with store.write() as work:
        for entry in work.event_log.page(destination, limit=10).rows:
            assert entry.payload is None
            with pytest.raises(DeliveryNotFound):
                work.outbox.repeat(destination, entry, at=NOON)


def test_a_merged_guests_events_go_with_the_account(store: Store, destination: Destination) -> None:
    """From the log and from the outbox."""
    guest, account = reader(store), reader(store)
    publish(store, types.ReaderRegistered(reader_id=guest))
    deliver(store, destination)
    publish(store, types.ReaderRegistered(reader_id=guest))
    with store.write() as work:
        merge_readers(work, guest, account, NOON)
        forget_reader(work, account, NOON)
        work.commit()
    assert logged(store, destination) == []
    with store.read() as work:
        waiting = [row.payload["type"] for row in work.outbox.waiting(10, destination)]
    assert waiting == [types.ReadersMerged.type, types.ReaderDeleted.type]
