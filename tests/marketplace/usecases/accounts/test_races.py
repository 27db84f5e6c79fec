"""Requests that use or replace links at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import text

from marketplace.domain.accounts import Account, LinkPurpose
from marketplace.domain.errors import (
    EmailTaken,
    LinkInvalid,
    NotSignedIn,
    WrongPassword,
)
from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.usecases.accounts.accounts import Accounts
from tests.e2e.processes import await_that
from tests.marketplace.browser import quick_passwords
from tests.marketplace.stored import notices_of
from tests.marketplace.usecases.accounts.desk import (
    ANN,
    BOB,
    NEW,
    OTHER,
    PASSWORD,
    Desk,
    links_stored,
    token_of,
)


def test_concurrent_uses_of_a_link_set_one_password(desk: Desk) -> None:
    """Of eight one wins, the others find the link invalid, and its password is the account's."""
    token = desk.reset_token()
    together = threading.Barrier(8)

    def reset(number: int) -> str:
        together.wait()
        try:
            desk.links.reset_password(NOBODY, token, f"password number {number}")
        except LinkInvalid:
            return ""
        return f"password number {number}"

    with ThreadPoolExecutor(8) as pool:
        (winner,) = [password for password in pool.map(reset, range(8)) if password]
    assert desk.accounts.sign_in(NOBODY, ANN, winner)
    assert desk.mails() == [("password_reset", ANN), ("password_changed", ANN)]


def test_concurrent_requests_leave_one_link(desk: Desk) -> None:
    """The account has one link, whose token one of the mails has."""
    together = threading.Barrier(8)

    def request(_number: int) -> None:
        together.wait()
        desk.links.request_reset(ANN)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(request, range(8)))
    assert [purpose for _, purpose, _ in links_stored(desk.store)].count("reset") == 1
    tokens = [token_of(notice) for notice in notices_of(desk.store)[1:]]
    assert sum(desk.is_valid(token, LinkPurpose.RESET) for token in tokens) == 1


def test_requests_resets_and_deletions_at_once_end_cleanly(desk: Desk) -> None:
    """No deadlock and no error of the database; the deleted account has no link."""
    token = desk.reset_token()
    together = threading.Barrier(4)
    acts: list[Callable[[], object]] = [
        lambda: desk.links.reset_password(NOBODY, token, OTHER),
        lambda: desk.links.request_reset(ANN),
        lambda: desk.links.send_confirmation(desk.ann.reader_id),
        lambda: desk.accounts.forget(desk.ann.reader_id, PASSWORD),
    ]

    def act(number: int) -> None:
        together.wait()
        # Which of them are refused depends on who is first.
        with suppress(LinkInvalid, NotSignedIn, WrongPassword):
            acts[number]()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(4)))
    with desk.store.read() as work:
        is_deleted = work.accounts.by_email(ANN) is None
    if is_deleted:
        assert [reader_id for reader_id, _, _ in links_stored(desk.store) if reader_id] == []


def test_a_sign_in_that_a_reset_overtakes_is_refused(desk: Desk) -> None:
    """A session of the old password cannot begin after all were ended."""
    passwords = quick_passwords()
    token = desk.reset_token()

    class Overtaken(Accounts):
        def _rehashed(self, account: Account, password: str) -> str:
            desk.links.reset_password(NOBODY, token, OTHER)
            return super()._rehashed(account, password)

    with pytest.raises(WrongPassword):
        Overtaken(desk.store, passwords=passwords).sign_in(NOBODY, ANN, PASSWORD)


def test_two_accounts_cannot_change_to_one_address(desk: Desk) -> None:
    """Confirmed at the same time, one has it and the other gets EmailTaken."""
    bob = desk.accounts.sign_up(NOBODY, BOB, PASSWORD)
    tokens = [(desk.ann.reader_id, desk.change_token())]
    desk.links.request_change(bob.reader_id, PASSWORD, NEW)
    tokens.append((bob.reader_id, desk.last_token()))
    together = threading.Barrier(2)

    def confirm(reader_and_token: tuple[int, str]) -> str:
        together.wait()
        try:
            desk.links.confirm_email(*reader_and_token)
        except EmailTaken:
            return "taken"
        return "changed"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, tokens)) == ["changed", "taken"]


def test_a_sign_in_waits_for_a_reset_that_is_not_committed(postgresql_store: Store) -> None:
    """PostgreSQL would show it the old password until then, and begin a session that no reset has ended."""
    desk = Desk(postgresql_store)
    with ThreadPoolExecutor(1) as pool, postgresql_store.write() as work:
        work.readers.lock(desk.ann.reader_id)
        work.accounts.set_password(desk.ann.reader_id, quick_passwords().hash(OTHER))
        work.sessions.remove_of(desk.ann.reader_id)
        signed_in = pool.submit(desk.accounts.sign_in, NOBODY, ANN, PASSWORD)
        await_that(lambda: is_waiting(postgresql_store))
        work.commit()
        with pytest.raises(WrongPassword):
            signed_in.result()


def test_a_request_waits_for_a_deletion_that_is_not_committed(postgresql_store: Store) -> None:
    """Then the address is unknown, and a decoy is stored: no error tells that there was an account."""
    desk = Desk(postgresql_store)
    with ThreadPoolExecutor(1) as pool, postgresql_store.write() as work:
        work.readers.lock(desk.ann.reader_id)
        work.readers.remove(desk.ann.reader_id)
        requested = pool.submit(desk.links.request_reset, ANN)
        await_that(lambda: is_waiting(postgresql_store))
        work.commit()
        requested.result()
    assert links_stored(postgresql_store) == [(None, "reset", "")]
    assert desk.mails() == []


def is_waiting(store: Store) -> bool:
    """Whether a transaction of PostgreSQL waits for another one."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with store.engine.connect() as connection:
        return bool(connection.execute(text(waiting)).scalar_one())
