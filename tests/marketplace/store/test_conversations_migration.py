"""The migration that let conversations be about no order, on a database that has some."""

from contextlib import closing

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from marketplace.domain.conversations import Side
from marketplace.store import open_store
from marketplace.store.unit_of_work import MIGRATIONS
from servicekit.database.engine import writing
from tests.marketplace.fakes import NOON

ORDER = "7K3M-9QXD-2TB4"
ROWS = (
    "INSERT INTO readers (reader_id, created_at) VALUES (1000000007, :noon)",
    "INSERT INTO orders (order_id, reader_id, email, name, street, city, region, postal_code, country, total_minor, "
    "currency, state, placed_at, asked_at, checkout_key, checkout_digest, sought) "
    "VALUES (:order, 1000000007, '', '', '', '', '', '', '', 0, 'EUR', 'placed', :noon, :noon, '', '', '')",
    "INSERT INTO conversations (conversation_id, reader_id, is_open, changes, reader_saw, shop_saw, changed_at) "
    "VALUES (:order, 1000000007, true, 3, 0, 0, :noon)",
    *(
        "INSERT INTO conversation_messages "
        "(conversation_id, number, message_id, side, version, text, sent_at, change) "
        f"VALUES (:order, {number}, 'm-{number}', '{side}', 1, 'Text {number}', :noon, {number})"
        for number, side in ((1, "reader"), (2, "shop"), (3, "reader"))
    ),
)


def test_what_was_written_before_is_kept(database_url: str) -> None:
    """All messages are there, and nobody gets a notice of them; the reader's deletion still reaches them."""
    with closing(open_store(database_url)) as store:
        with writing(store.engine) as connection:
            connection.begin()
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "0015")
            for row in ROWS:
                connection.execute(text(row), {"noon": NOON, "order": ORDER})
            connection.commit()
        store.migrate()
        with store.write() as work:
            conversation = work.conversations.get(ORDER)
            assert [message.text for message in conversation.messages] == ["Text 1", "Text 2", "Text 3"]
            assert conversation.noticed == {Side.READER: 2, Side.SHOP: 3}
            assert work.conversations.waiting(NOON, 10) == []
            work.readers.remove(1_000_000_007)
            assert work.conversations.count_open() == 0
            assert work._connection.execute(text("SELECT count(*) FROM conversation_messages")).scalar_one() == 0
