"""The tokens of links."""

from datetime import timedelta

import pytest

from marketplace.domain.accounts import LINK_LIFETIMES, LinkPurpose, token_hash
from marketplace.domain.errors import (
    LinkInvalid,
)
from marketplace.domain.ids import NOBODY
from tests.marketplace.stored import notices_of
from tests.marketplace.usecases.accounts.desk import ANN, BOB, OTHER, Desk, columns_with, links_stored, token_of


def test_only_the_hash_of_a_token_is_stored(desk: Desk) -> None:
    """The mail that waits in the outbox has the token itself; no other table has it."""
    token = desk.reset_token()
    assert columns_with(desk.store, token) == {"outbox.payload"}
    assert columns_with(desk.store, token_hash(token)) == {"account_links.token_hash"}


def test_a_link_works_once(desk: Desk) -> None:
    """A used one is like an unknown one, and the password stays."""
    token = desk.reset_token()
    desk.links.reset_password(NOBODY, token, OTHER)
    with pytest.raises(LinkInvalid):
        desk.links.reset_password(NOBODY, token, "a third password")
    assert desk.accounts.sign_in(NOBODY, ANN, OTHER)


def test_opening_a_link_changes_nothing(desk: Desk) -> None:
    """However often it is opened: programs that check mails open links too."""
    token = desk.reset_token()
    for _ in range(3):
        link, account = desk.links.find(token, LinkPurpose.RESET)
        assert (link.email, account.reader_id) == (ANN, desk.ann.reader_id)
    assert desk.links.reset_password(NOBODY, token, OTHER)


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_expires(desk: Desk, purpose: LinkPurpose) -> None:
    """Half an hour after it was sent, or a week; later links delete the expired ones."""
    token = desk.reset_token() if purpose is LinkPurpose.RESET else desk.change_token()
    desk.moment += LINK_LIFETIMES[purpose] - timedelta(seconds=1)
    assert desk.is_valid(token, purpose)
    desk.moment += timedelta(seconds=1)
    assert not desk.is_valid(token, purpose)
    with pytest.raises(LinkInvalid):
        desk.links.reset_password(NOBODY, token, OTHER)
    with pytest.raises(LinkInvalid):
        desk.links.confirm_email(desk.ann.reader_id, token)
    desk.moment += timedelta(days=8)
    desk.links.request_reset(BOB)
    assert links_stored(desk.store) == [(None, "reset", "")]


def test_a_later_link_replaces_the_former(desk: Desk) -> None:
    """A reset leaves the confirmation as it was, and the other way round."""
    confirmation = token_of(notices_of(desk.store)[0])
    first, second = desk.reset_token(), desk.reset_token()
    assert not desk.is_valid(first, LinkPurpose.RESET)
    assert desk.is_valid(second, LinkPurpose.RESET)
    assert desk.is_valid(confirmation, LinkPurpose.EMAIL)
    change = desk.change_token()
    assert not desk.is_valid(confirmation, LinkPurpose.EMAIL)
    assert desk.is_valid(change, LinkPurpose.EMAIL)
    assert desk.is_valid(second, LinkPurpose.RESET)


@pytest.mark.parametrize("token", ["", "x", "é\0\ud800", "0" * 43, "x" * 100_000])
def test_other_tokens_are_invalid(desk: Desk, token: str) -> None:
    """Unknown and malformed ones."""
    desk.reset_token()
    for purpose in LinkPurpose:
        assert not desk.is_valid(token, purpose)
    with pytest.raises(LinkInvalid):
        desk.links.reset_password(NOBODY, token, OTHER)
    with pytest.raises(LinkInvalid):
        desk.links.confirm_email(desk.ann.reader_id, token)


def test_a_link_serves_its_purpose_only(desk: Desk) -> None:
    """One that confirms an address, valid for a week, sets no password."""
    confirmation, reset = token_of(notices_of(desk.store)[0]), desk.reset_token()
    with pytest.raises(LinkInvalid):
        desk.links.reset_password(NOBODY, confirmation, OTHER)
    with pytest.raises(LinkInvalid):
        desk.links.confirm_email(desk.ann.reader_id, reset)
    assert desk.is_valid(confirmation, LinkPurpose.EMAIL)
    assert desk.is_valid(reset, LinkPurpose.RESET)
