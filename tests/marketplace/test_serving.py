"""What the shop does every minute."""

from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy.event import listen

from events.types import ConversationWaiting
from marketplace.app import connect, connect_previews, connect_provider
from marketplace.domain.conversations import Draft, Guest, Side, put_message
from marketplace.domain.limits import Counts, Limit
from marketplace.serving import create_relays
from marketplace.settings import Settings
from marketplace.store import Store
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import published

NOWHERE = "http://127.0.0.1:1"


def test_messages_and_attempts_are_looked_after(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unseen message is published; an old conversation, and attempts that no longer count, are deleted."""
    monkeypatch.setattr("marketplace.relay.relays.MINUTE", 0.01)
    conversation_id, deleted = uuid4().hex, Event()
    with sqlite_store.write() as work:
        guest = Guest(email="guest@example.com", language="en")
        work.conversations.begin(conversation_id, None, guest=guest, at=NOON)
        message = put_message(work.conversations.get(conversation_id), Side.READER, Draft("m-1", "Hello!"), NOON)
        assert message
        work.conversations.put(conversation_id, message, at=NOON)
        work.attempts.add("sign in", "a", Limit(1, 60), at=NOON.timestamp())
        work.commit()
    settings = Settings(
        data_dir=tmp_path,
        secrets_dir=tmp_path / "secrets",
        RECOMMENDATIONS_PORT=1,
        payments_url=NOWHERE,
        notices_url=SecretStr(f"{NOWHERE}/events"),
        conversation_days=1,
    )

    def look(*arguments: object) -> None:
        # The last of the jobs.
        if "DELETE FROM attempts" in str(arguments[2]):
            deleted.set()

    listen(sqlite_store.engine, "after_cursor_execute", look)
    recommender, provider, previews = connect(settings), connect_provider(settings), connect_previews(settings)
    with create_relays(settings, sqlite_store, recommender, provider, previews):
        assert deleted.wait(10)
    assert [data for data in published(sqlite_store) if isinstance(data, ConversationWaiting)] == [
        ConversationWaiting(conversation_id=conversation_id)
    ]
    with sqlite_store.read() as work:
        assert work.conversations.count_open() == 0
        assert work.attempts.counts("sign in", "a") == Counts()
    for client in (recommender, provider, previews):
        client.close()
