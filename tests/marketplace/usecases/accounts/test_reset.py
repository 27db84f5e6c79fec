"""Forgotten passwords."""

from datetime import timedelta

import pytest

from marketplace.domain.accounts import LinkPurpose, token_hash
from marketplace.domain.errors import (
    InvalidCredentials,
    LinkInvalid,
    WrongPassword,
)
from marketplace.domain.events import ReadersMerged
from marketplace.domain.ids import NOBODY
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import events_of
from tests.marketplace.usecases.accounts.desk import ANN, BOB, NEW, OTHER, PASSWORD, Desk, links_stored


def test_a_forgotten_password_is_set_by_a_link(desk: Desk) -> None:
    """It signs in here and ends all other sessions; a mail is sent before and after."""
    token = desk.reset_token()
    assert len(token) == 43
    changed = desk.links.reset_password(NOBODY, token, OTHER)
    assert desk.accounts.signed_in(desk.ann.reader_id, desk.ann.session_key) is None
    assert desk.accounts.signed_in(desk.ann.reader_id, changed.session_key) is not None
    assert desk.accounts.sign_in(NOBODY, ANN, OTHER).reader_id == desk.ann.reader_id
    with pytest.raises(WrongPassword):
        desk.accounts.sign_in(NOBODY, ANN, PASSWORD)
    assert desk.mails() == [("password_reset", ANN), ("password_changed", ANN)]
    assert desk.woken == 3


def test_a_reset_confirms_the_address_it_was_sent_to(desk: Desk) -> None:
    """Having the link proves access to the mailbox; an earlier confirmation keeps its time."""
    assert desk.account().email_confirmed_at is None
    desk.links.reset_password(NOBODY, desk.reset_token(), OTHER)
    assert desk.account().email_confirmed_at == NOON
    desk.moment += timedelta(days=1)
    desk.links.reset_password(NOBODY, desk.reset_token(), PASSWORD)
    assert desk.account().email_confirmed_at == NOON


def test_a_reset_deletes_the_other_links(desk: Desk) -> None:
    """Also a change of the address that somebody else may have begun."""
    change, reset = desk.change_token(), desk.reset_token()
    desk.links.reset_password(NOBODY, reset, OTHER)
    assert links_stored(desk.store) == []
    with pytest.raises(LinkInvalid):
        desk.links.confirm_email(desk.ann.reader_id, change)


@pytest.mark.parametrize("password", ["short", "password", "ANN@example.com", "x" * 201])
def test_an_unfit_password_uses_no_link(desk: Desk, password: str) -> None:
    """The rules are those of signing up; the link still works."""
    token = desk.reset_token()
    with pytest.raises(InvalidCredentials):
        desk.links.reset_password(NOBODY, token, password)
    assert desk.links.reset_password(NOBODY, token, OTHER)


def test_a_reset_merges_the_guest(desk: Desk) -> None:
    """As signing in does; another account is not merged."""
    with desk.store.write() as work:
        guest = work.readers.add(NOON)
        work.commit()
    desk.links.reset_password(guest, desk.reset_token(), OTHER)
    assert events_of(desk.store) == [ReadersMerged(guest, desk.ann.reader_id)]
    bob = desk.accounts.sign_up(NOBODY, BOB, PASSWORD)
    desk.links.reset_password(bob.reader_id, desk.reset_token(), PASSWORD)
    assert desk.accounts.sign_in(NOBODY, BOB, PASSWORD)


def test_a_reset_sent_to_the_old_address_does_not_open_the_account(desk: Desk) -> None:
    """Neither one sent before the change, nor one whose request overlapped with it."""
    reset, change = desk.reset_token(), desk.change_token()
    desk.links.confirm_email(desk.ann.reader_id, change)
    assert not desk.is_valid(reset, LinkPurpose.RESET)
    with desk.store.write() as work:
        work.links.put(token_hash("late"), desk.ann.reader_id, LinkPurpose.RESET, ANN, NOON)
        work.commit()
    with pytest.raises(LinkInvalid):
        desk.links.reset_password(NOBODY, "late", OTHER)
    assert desk.links.reset_password(NOBODY, desk.reset_token(NEW), OTHER)


def test_a_changed_password_is_told_and_ends_resets(desk: Desk) -> None:
    """A link that was requested before sets no password any more; a pending change of the address stays."""
    reset, change = desk.reset_token(), desk.change_token()
    desk.accounts.change_password(desk.ann.reader_id, PASSWORD, OTHER)
    assert desk.mails()[-1] == ("password_changed", ANN)
    assert not desk.is_valid(reset, LinkPurpose.RESET)
    assert desk.is_valid(change, LinkPurpose.EMAIL)
