"""What neither answers nor the database tell, and what deleting an account leaves."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from marketplace.domain.errors import (
    EmailTaken,
    NotSignedIn,
)
from marketplace.domain.events import ReaderForgotten
from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.store.schema import account_links
from tests.marketplace.stored import events_of, notices_of
from tests.marketplace.usecases.accounts.desk import (
    ANN,
    BOB,
    NEW,
    PASSWORD,
    Desk,
    columns_with,
    links_stored,
    statements,
)


def test_the_database_cannot_tell_whether_an_account_exists(desk: Desk) -> None:
    """The same statements in the same order and one commit, the first time and later."""
    sequences: list[list[str]] = []
    for email in (ANN, "unknown@example.com", ANN, "unknown@example.com"):
        with statements(desk.store) as seen:
            desk.links.request_reset(email)
        sequences.append(seen)
    assert sequences[0] == sequences[1] == sequences[2] == sequences[3]
    assert sequences[0].count("COMMIT") == 1
    assert sum("account_links" in statement for statement in sequences[0]) == 2
    assert sum("INSERT INTO outbox" in statement for statement in sequences[0]) == 1


def test_an_unknown_address_gets_no_mail_and_is_not_stored(desk: Desk) -> None:
    """What is written for it is a decoy without the address, which expires like a link."""
    desk.links.request_reset("unknown@example.com")
    assert desk.mails() == []
    assert columns_with(desk.store, "unknown") == set()
    assert (None, "reset", "") in links_stored(desk.store)
    desk.moment += timedelta(minutes=30)
    desk.links.request_reset(ANN)
    assert (None, "reset", "") not in links_stored(desk.store)
    assert desk.mails() == [("password_reset", ANN)]


def test_a_change_to_a_taken_address_tells_nothing(desk: Desk) -> None:
    """The same statements as for a free one; the link of the mail works for its sender only, who learns it there."""
    bob = desk.accounts.sign_up(NOBODY, BOB, PASSWORD)
    desk.change_token()
    sequences = []
    for email in (NEW, BOB):
        with statements(desk.store) as seen:
            desk.links.request_change(desk.ann.reader_id, PASSWORD, email)
        sequences.append(seen)
    assert sequences[0] == sequences[1]
    token = desk.last_token()
    for reader_id, error in (
        (bob.reader_id, NotSignedIn),
        (NOBODY, NotSignedIn),
        (desk.ann.reader_id, EmailTaken),
    ):
        with pytest.raises(error):
            desk.links.confirm_email(reader_id, token)
    assert desk.account().email == ANN
    assert desk.accounts.sign_in(NOBODY, BOB, PASSWORD).reader_id == bob.reader_id
    assert ("email_changed", ANN) not in desk.mails()


def test_deleting_the_account_leaves_its_address_nowhere(desk: Desk) -> None:
    """Nor that of a pending change: links and waiting mails are deleted too, other readers' are not."""
    desk.accounts.sign_up(NOBODY, BOB, PASSWORD)
    desk.change_token()
    desk.reset_token()
    assert columns_with(desk.store, ANN) >= {"accounts.email", "account_links.email", "outbox.payload"}
    desk.accounts.forget(desk.ann.reader_id, PASSWORD)
    for email in (ANN, NEW):
        assert columns_with(desk.store, email) == set()
    assert [notice.to for notice in notices_of(desk.store)] == [BOB]
    assert ReaderForgotten(desk.ann.reader_id) in events_of(desk.store)
    desk.links.request_reset(ANN)
    assert columns_with(desk.store, ANN) == set()


def test_postgresql_keeps_no_samples_of_links(postgresql_store: Store) -> None:
    """Its statistics have neither addresses nor tokens of links, where deleted ones could stay."""
    desk = Desk(postgresql_store)
    for number in range(20):
        desk.accounts.sign_up(NOBODY, f"reader{number}@example.com", PASSWORD)
    postgresql_store.refresh_statistics()
    with postgresql_store.engine.connect() as connection:
        known = connection.execute(text("SELECT pg_stats::text FROM pg_stats WHERE tablename = 'account_links'"))
        samples = str(known.all())
        assert connection.execute(select(func.count()).select_from(account_links)).scalar_one() == 21
    assert "purpose" in samples
    assert "example.com" not in samples
    assert "token_hash" not in samples
