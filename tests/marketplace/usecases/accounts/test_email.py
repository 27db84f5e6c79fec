"""The confirmation and the change of an e-mail address."""

import pytest

from marketplace.domain.errors import (
    InvalidCredentials,
    LinkInvalid,
    NotSignedIn,
    WrongPassword,
)
from marketplace.domain.ids import NOBODY
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import notices_of
from tests.marketplace.usecases.accounts.desk import ANN, BOB, NEW, PASSWORD, Desk, token_of


def test_signing_up_sends_a_confirmation(desk: Desk) -> None:
    """The link confirms the address once, in any browser; the mail names the account and the shop."""
    (notice,) = notices_of(desk.store)
    assert (notice.kind, notice.to, notice.reader_id) == ("email_confirmation", ANN, desk.ann.reader_id)
    assert (notice.shop_name, notice.language) == ("Online Books For You", "en")
    assert desk.links.unconfirmed(desk.account()) == ANN
    desk.links.confirm_email(NOBODY, token_of(notice))
    assert desk.account().email_confirmed_at == NOON
    assert desk.links.unconfirmed(desk.account()) == ""
    assert desk.mails() == []
    with pytest.raises(LinkInvalid):
        desk.links.confirm_email(NOBODY, token_of(notice))


def test_a_confirmation_is_sent_again(desk: Desk) -> None:
    """To the address that is not confirmed: that of a pending change before the account's own; then to none."""
    desk.links.send_confirmation(desk.ann.reader_id)
    desk.change_token()
    desk.links.send_confirmation(desk.ann.reader_id)
    desk.links.confirm_email(desk.ann.reader_id, desk.last_token())
    desk.links.send_confirmation(desk.ann.reader_id)
    assert desk.mails() == [
        ("email_confirmation", ANN),
        ("email_confirmation", NEW),
        ("email_confirmation", NEW),
        ("email_changed", ANN),
    ]
    with pytest.raises(NotSignedIn):
        desk.links.send_confirmation(desk.ann.reader_id + 500)


def test_a_new_address_is_used_once_it_is_confirmed(desk: Desk) -> None:
    """Until then the old one signs in; afterwards the new one does, and the old one is told."""
    token = desk.change_token(" New@EXAMPLE.com ")
    assert desk.links.unconfirmed(desk.account()) == NEW
    assert desk.account().email == ANN
    assert desk.accounts.sign_in(NOBODY, ANN, PASSWORD)
    changed = desk.links.confirm_email(desk.ann.reader_id, token)
    assert changed == desk.account()
    assert (changed.email, changed.email_confirmed_at) == (NEW, NOON)
    assert desk.accounts.sign_in(NOBODY, NEW, PASSWORD)
    with pytest.raises(WrongPassword):
        desk.accounts.sign_in(NOBODY, ANN, PASSWORD)
    assert desk.mails() == [("email_confirmation", NEW), ("email_changed", ANN)]
    assert desk.accounts.signed_in(desk.ann.reader_id, desk.ann.session_key)


def test_only_the_account_changes_its_address(desk: Desk) -> None:
    """A stranger at a mistyped address, or the reader of another account, cannot; the link still works."""
    token = desk.change_token()
    bob = desk.accounts.sign_up(NOBODY, BOB, PASSWORD)
    for reader_id in (NOBODY, bob.reader_id):
        with pytest.raises(NotSignedIn):
            desk.links.confirm_email(reader_id, token)
    assert desk.account().email == ANN
    assert desk.links.confirm_email(desk.ann.reader_id, token).email == NEW


def test_a_change_needs_the_password_and_another_address(desk: Desk) -> None:
    """Otherwise no link is sent."""
    for password, email, error in (
        ("wrong horse", NEW, WrongPassword),
        (PASSWORD, "new", InvalidCredentials),
        (PASSWORD, "ANN@example.com", InvalidCredentials),
    ):
        with pytest.raises(error):
            desk.links.request_change(desk.ann.reader_id, password, email)
    assert desk.mails() == []


def test_of_two_changes_the_later_wins(desk: Desk) -> None:
    """The link of the first is invalid."""
    first, second = desk.change_token("first@example.com"), desk.change_token("second@example.com")
    with pytest.raises(LinkInvalid):
        desk.links.confirm_email(desk.ann.reader_id, first)
    assert desk.links.confirm_email(desk.ann.reader_id, second).email == "second@example.com"
