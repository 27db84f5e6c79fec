"""The metrics of notices."""

from datetime import timedelta

from notices.domain import Channel, Draft, StoreUnavailable
from notices.metrics import add_queue
from notices.store import Store
from servicekit.clock import now
from servicekit.metrics.registry import create_registry
from tests.notices.samples import ADDRESS

NAMES = (
    "database_up",
    "notices_messages_waiting",
    "notices_oldest_message_age_seconds",
    "notices_messages_failed",
)


def test_the_queue_is_read_at_a_scrape(store: Store) -> None:
    """What waits, since when, and what failed; an empty queue has the age 0."""

    def length() -> object:
        with store.read() as work:
            return work.messages.length()

    registry = create_registry()
    add_queue(registry, length)  # type: ignore[arg-type]
    assert [registry.get_sample_value(name) for name in NAMES] == [1, 0, 0, 0]
    moment = now()
    with store.write() as work:
        for event_id, age in (("a", 90), ("b", 30)):
            draft = Draft(
                event_id=event_id, channel=Channel.EMAIL, recipient=ADDRESS, kind="k", language="en", data={}
            )
            at = moment - timedelta(seconds=age)
            work.messages.add(draft, reader_id=None, at=at, give_up_at=at + timedelta(days=2))
        message = work.messages.claim(Channel.EMAIL, "me", now=moment, until=moment + timedelta(minutes=2))
        assert message is not None
        work.messages.mark_failed(message, "me", at=moment, error="refused")
        work.commit()
    up, waiting, age_seconds, failed = (registry.get_sample_value(name) for name in NAMES)
    assert (up, waiting, failed) == (1, 1, 1)
    assert age_seconds is not None
    assert 30 <= age_seconds < 60


def test_without_the_database_there_is_no_queue() -> None:
    """Zero would mean that all mails were sent."""

    def length() -> object:
        raise StoreUnavailable

    registry = create_registry()
    add_queue(registry, length)  # type: ignore[arg-type]
    assert [registry.get_sample_value(name) for name in NAMES] == [0, None, None, None]
