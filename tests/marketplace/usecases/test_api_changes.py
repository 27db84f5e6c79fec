"""What tokens change: once for each idempotency key, only in the version that was seen, and with an audit entry."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from marketplace.domain.api_tokens import KEY_LIFETIME, LIFETIMES, Answer, ApiToken
from marketplace.domain.errors import (
    BookNotFound,
    InvalidBook,
    RequestDiffers,
    RequestInProgress,
    StateConflict,
    StockConflict,
    TokenInvalid,
    VersionConflict,
)
from marketplace.domain.moderation import Action, CatalogueBook
from marketplace.domain.orders import OrderState
from marketplace.usecases.api_changes import ApiChanges, Key, version
from marketplace.usecases.api_tokens import ApiTokens
from marketplace.usecases.moderation import Moderation
from tests.marketplace.fakes import Clock
from tests.marketplace.ordering import buyer_of, log_of, order_of, state_of
from tests.marketplace.stored import events_of
from tests.marketplace.usecases.conftest import Desk

EMMA = {"title": "Emma", "stock": "3"}


@pytest.fixture
def clock() -> Clock:
    """A manual clock."""
    return Clock()


@pytest.fixture
def changes(desk: Desk, clock: Clock) -> ApiChanges:
    """The use cases; what was changed is in `desk.dropped`."""
    return changes_of(desk, clock)


@pytest.fixture
def token(desk: Desk, clock: Clock) -> ApiToken:
    """A token of the moderator."""
    return token_of(desk, clock, "till")


def changes_of(desk: Desk, clock: Clock) -> ApiChanges:
    """The use cases as another process has them."""
    moderation = Moderation(desk.store, changed=desk.dropped.extend, clock=clock.now)
    return ApiChanges(desk.store, moderation, clock=clock.now)


def token_of(desk: Desk, clock: Clock, name: str) -> ApiToken:
    tokens = ApiTokens(desk.store, clock=clock.now)
    return tokens.authenticated(str(tokens.make(desk.by, name, ["books:write"], LIFETIMES[0])))


def answer_of(stored: CatalogueBook) -> Answer:
    return Answer(status=201, headers={"ETag": version(stored)}, body=f"{stored.book.id}: {stored.book.stock}")


def stored_of(desk: Desk, book_id: int = 7) -> CatalogueBook:
    with desk.store.read() as work:
        return work.all_books.get(book_id)


def number_of_books(desk: Desk) -> int:
    with desk.store.read() as work:
        return len(work.all_books.after(0, limit=100))


def actions(desk: Desk) -> list[Action]:
    """What tokens did, latest first; every entry names the token."""
    log = [entry for entry in log_of(desk.store) if entry.action is not Action.TOKEN_MADE]
    assert all(entry.detail["token"] == "till" and entry.email == "mod@example.com" for entry in log)
    return [entry.action for entry in log]


def test_a_repeated_request_gets_the_first_answer(desk: Desk, changes: ApiChanges, token: ApiToken) -> None:
    """The book is added once, also if it has changed since; another key adds another one."""
    key = Key("a", "digest")
    first = changes.add_book(token, key, EMMA, is_hidden=False, answer=answer_of)
    changes.set_stock(token, 1_000_000_000, 99, versions=None)
    assert changes.add_book(token, key, EMMA, is_hidden=False, answer=answer_of) == first
    assert number_of_books(desk) == 2
    changes.add_book(token, Key("b", "digest"), EMMA, is_hidden=True, answer=answer_of)
    assert number_of_books(desk) == 3
    assert actions(desk) == [Action.BOOK_HIDDEN, Action.BOOK_ADDED, Action.BOOK_CHANGED, Action.BOOK_ADDED]
    assert 1_000_000_000 in desk.dropped


def test_a_key_belongs_to_one_request_of_one_token(
    desk: Desk, changes: ApiChanges, token: ApiToken, clock: Clock
) -> None:
    """Another request with it changes nothing; another token may use the same one."""
    changes.change_stock(token, Key("a", "digest"), 7, -1, answer=answer_of)
    with pytest.raises(RequestDiffers):
        changes.change_stock(token, Key("a", "another"), 7, -2, answer=answer_of)
    assert desk.book().stock == 9
    changes.change_stock(token_of(desk, clock, "stock"), Key("a", "another"), 7, -2, answer=answer_of)
    assert desk.book().stock == 7


def test_an_answer_is_kept_for_a_day(desk: Desk, changes: ApiChanges, token: ApiToken, clock: Clock) -> None:
    """Then the key is forgotten."""
    key = Key("a", "digest")
    changes.change_stock(token, key, 7, -1, answer=answer_of)
    clock.seconds += KEY_LIFETIME.total_seconds() - 1
    changes.change_stock(token, key, 7, -1, answer=answer_of)
    assert desk.book().stock == 9
    clock.seconds += 1
    changes.change_stock(token, key, 7, -1, answer=answer_of)
    assert desk.book().stock == 8


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_failure_between_the_steps_leaves_nothing(
    desk: Desk, changes: ApiChanges, token: ApiToken, error: type[BaseException]
) -> None:
    """Neither the change nor the key: sent again, the request is done once."""
    key, before = Key("a", "digest"), events_of(desk.store)

    def fail(_stored: CatalogueBook) -> Answer:
        raise error

    with pytest.raises(error):
        changes.change_stock(token, key, 7, -1, answer=fail)
    assert desk.book().stock == 10
    assert (actions(desk), events_of(desk.store)) == ([], before)
    for _ in range(2):
        assert changes.change_stock(token, key, 7, -1, answer=answer_of).body == "7: 9"
    assert desk.book().stock == 9


def test_what_was_refused_may_be_sent_again(desk: Desk, changes: ApiChanges, token: ApiToken) -> None:
    """A refusal keeps no answer: with enough copies the same request is done."""
    key = Key("a", "digest")
    with pytest.raises(StockConflict, match="is 10"):
        changes.change_stock(token, key, 7, -11, answer=answer_of)
    changes.set_stock(token, 7, 11, versions=None)
    assert changes.change_stock(token, key, 7, -11, answer=answer_of).body == "7: 0"
    with pytest.raises(InvalidBook):
        changes.add_book(token, Key("b", ""), {"title": "Emma", "price": "1"}, is_hidden=False, answer=answer_of)
    assert number_of_books(desk) == 1


def test_a_request_in_progress_is_not_begun_again(desk: Desk, changes: ApiChanges, token: ApiToken) -> None:
    """The second is refused while the first runs, and then gets its answer."""
    key, begun, may_end = Key("a", "digest"), Event(), Event()

    def slow(stored: CatalogueBook) -> Answer:
        begun.set()
        assert may_end.wait(30)
        return answer_of(stored)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(changes.change_stock, token, key, 7, -1, answer=slow)
        assert begun.wait(30)
        with pytest.raises(RequestInProgress):
            changes.change_stock(token, key, 7, -1, answer=answer_of)
        may_end.set()
        assert first.result() == changes.change_stock(token, key, 7, -1, answer=answer_of)
    assert desk.book().stock == 9


def test_processes_with_one_key_change_once(desk: Desk, token: ApiToken, clock: Clock) -> None:
    """They wait for each other's transaction; all get the same answer."""
    start = Barrier(4, timeout=30)

    def send(_number: int) -> Answer:
        other = changes_of(desk, clock)
        start.wait()
        return other.change_stock(token, Key("a", "digest"), 7, -1, answer=answer_of)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.body for answer in answers} == {"7: 9"}
    assert desk.book().stock == 9
    assert actions(desk) == [Action.BOOK_CHANGED]


def test_changes_of_the_stock_at_once_all_count(desk: Desk, token: ApiToken, clock: Clock) -> None:
    """None overwrites another."""
    changes = changes_of(desk, clock)
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda number: changes.change_stock(token, Key(f"k{number}", ""), 7, -1, answer=answer_of), range(8)
            )
        )
    assert desk.book().stock == 2


def test_a_book_is_replaced_in_the_version_that_was_seen(desk: Desk, changes: ApiChanges, token: ApiToken) -> None:
    """The second of two writers is refused, and can look at what the first wrote."""
    seen = version(stored_of(desk))
    replaced = changes.replace_book(
        token, 7, {"title": "Dune 2", "authors": ""}, is_hidden=True, versions=frozenset({"x", seen})
    )
    assert (replaced.book.title, replaced.book.authors, replaced.is_hidden) == ("Dune 2", (), True)
    assert version(replaced) != seen
    with pytest.raises(VersionConflict):
        changes.replace_book(token, 7, {"title": "Dune 3"}, is_hidden=True, versions=frozenset({seen}))
    with pytest.raises(VersionConflict):
        changes.set_stock(token, 7, 1, versions=frozenset())
    with pytest.raises(VersionConflict):
        changes.delete_book(token, 7, versions=frozenset({seen}))
    assert stored_of(desk) == replaced
    with desk.store.read() as work:
        assert work.books.edited([7])[7] == {"title", "authors"}  # a file that is imported later keeps these
    changes.delete_book(token, 7, versions=frozenset({version(replaced)}))
    with pytest.raises(BookNotFound):
        changes.delete_book(token, 7, versions=None)
    assert actions(desk) == [Action.BOOK_DELETED, Action.BOOK_CHANGED, Action.BOOK_HIDDEN]


def test_one_of_two_writers_at_once_wins(desk: Desk, token: ApiToken, clock: Clock) -> None:
    """The other is refused, whatever the order."""
    seen, start = frozenset({version(stored_of(desk))}), Barrier(2, timeout=30)

    def write(title: str) -> bool:
        changes = changes_of(desk, clock)
        start.wait()
        try:
            changes.replace_book(token, 7, {"title": title}, is_hidden=False, versions=seen)
        except VersionConflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, ["a", "b"])) == [False, True]


def test_every_field_changes_the_version(desk: Desk, changes: ApiChanges, token: ApiToken) -> None:
    """Also the stock, which orders change, and whether a book is hidden."""
    versions = {version(stored_of(desk))}
    edits = {"title": "A", "authors": "B", "year": "2001", "isbn": "", "categories": "mystery", "subjects": "S"}
    edits |= {"description": "D", "price": "1.00", "stock": "4", "picture": ""}
    for field, text in edits.items():
        versions.add(version(changes.replace_book(token, 7, {field: text}, is_hidden=False, versions=None)))
    versions.add(version(changes.replace_book(token, 7, {}, is_hidden=True, versions=None)))
    assert len(versions) == len(edits) + 2


def test_an_untracked_stock_does_not_change(desk: Desk, changes: ApiChanges, token: ApiToken) -> None:
    """It is counted first."""
    assert changes.set_stock(token, 7, None, versions=None).book.stock is None
    with pytest.raises(StockConflict, match="not tracked"):
        changes.change_stock(token, Key("a", ""), 7, 1, answer=answer_of)


def test_an_order_changes_as_moderators_change_it(desk: Desk, changes: ApiChanges, token: ApiToken) -> None:
    """Only along its states; to the same one nothing happens."""
    order_id = order_of(desk.store, buyer_of(desk.store), 7, 1, OrderState.PAID)
    for _ in range(2):
        changes.change_order_state(token, order_id, OrderState.SHIPPED)
    assert state_of(desk.store, order_id) is OrderState.SHIPPED
    with pytest.raises(StateConflict):
        changes.change_order_state(token, order_id, OrderState.CANCELLED)
    assert actions(desk) == [Action.ORDER_STATE_CHANGED]


def test_a_readers_export_is_in_the_audit_log(desk: Desk, changes: ApiChanges, token: ApiToken) -> None:
    """Without the reader, of whom nothing must be left once they are deleted; an unknown one is not logged."""
    reader_id = buyer_of(desk.store)
    exported = changes.export_reader(token, reader_id, lambda _reader: [])
    assert exported
    assert exported["email"] == "ann@example.com"
    assert changes.export_reader(token, 4711, lambda _reader: []) is None
    assert actions(desk) == [Action.READER_EXPORTED]
    assert log_of(desk.store)[0].subject == ""


def test_a_token_that_was_just_revoked_changes_nothing(
    desk: Desk, changes: ApiChanges, token: ApiToken, clock: Clock
) -> None:
    """Also if the request had been let in before."""
    ApiTokens(desk.store, clock=clock.now).revoke(desk.by, token.id)
    with pytest.raises(TokenInvalid):
        changes.set_stock(token, 7, 1, versions=None)
    with pytest.raises(TokenInvalid):
        changes.change_stock(token, Key("a", ""), 7, 1, answer=answer_of)
    assert desk.book().stock == 10
