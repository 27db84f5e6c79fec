"""How moderators make and revoke tokens of the API, and when a token works."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace.domain.api_tokens import LIFETIMES, MAX_TOKENS, Scope, TokenText
from marketplace.domain.errors import (
    NotSignedIn,
    TokenInvalid,
    TokenMalformed,
    TokenNameTaken,
    TokenNotFound,
    TooManyTokens,
)
from marketplace.domain.moderation import Action
from marketplace.store import Store
from marketplace.usecases.api_tokens import ApiTokens
from tests.marketplace.fakes import NOON, Clock
from tests.marketplace.ordering import log_of, moderator_of

MONTH = LIFETIMES[0]


@pytest.fixture
def clock() -> Clock:
    """A manual clock that begins at noon."""
    return Clock()


@pytest.fixture
def tokens(store: Store, clock: Clock) -> ApiTokens:
    """The use cases with that clock."""
    return ApiTokens(store, clock=clock.now)


@pytest.fixture
def by(store: Store) -> int:
    """A moderator."""
    return moderator_of(store)


def test_a_token_works_until_it_expires(store: Store, by: int, tokens: ApiTokens, clock: Clock) -> None:
    """It has the scopes that were chosen, and the day of its last use is noted."""
    made = str(tokens.make(by, "  the \n till ", ["books:read", "books:read"], MONTH))
    token = tokens.authenticated(made)
    assert (token.name, token.scopes, token.made_by) == ("the till", frozenset({Scope.BOOKS_READ}), by)
    assert token.expires_at == NOON + MONTH
    assert tokens.all()[0].last_used_on == NOON.date()
    clock.seconds += MONTH.total_seconds() - 1
    assert tokens.authenticated(made).id == token.id
    assert tokens.all()[0].last_used_on == (NOON + MONTH - timedelta(seconds=1)).date()
    clock.seconds += 1
    with pytest.raises(TokenInvalid):
        tokens.authenticated(made)
    assert not tokens.is_valid(tokens.all()[0])


def test_a_revoked_token_stops_at_once(store: Store, by: int, tokens: ApiTokens) -> None:
    """Another token goes on; both actions are in the audit log, which has no secret."""
    first, second = tokens.make(by, "till", ["orders:write"], MONTH), tokens.make(by, "stock", ["books:read"], MONTH)
    assert tokens.revoke(by, first.token_id).name == "till"
    with pytest.raises(TokenInvalid):
        tokens.authenticated(str(first))
    assert tokens.authenticated(str(second)).name == "stock"
    with pytest.raises(TokenNotFound):
        tokens.revoke(by, first.token_id)
    log = log_of(store)
    assert [(entry.action, entry.subject) for entry in log] == [
        (Action.TOKEN_REVOKED, "till"),
        (Action.TOKEN_MADE, "stock"),
        (Action.TOKEN_MADE, "till"),
    ]
    assert first.secret not in str(log)
    # An id is not given to another token, for which kept answers or the audit log could be mistaken.
    assert tokens.make(by, "third", ["books:read"], MONTH).token_id > second.token_id


def test_what_is_no_token_is_refused(by: int, tokens: ApiTokens) -> None:
    """An empty one, other forms, an unknown id, and another token's secret."""
    first, second = (tokens.make(by, name, ["books:read"], MONTH) for name in ("a", "b"))
    wrong = [
        *("", "bks_", str(first)[:-1], f"{first} ", f"bks_0{first.token_id}_{first.secret}", str(first).upper()),
        *(str(TokenText(first.token_id, second.secret)), str(TokenText(10**17, first.secret))),
        *(f"bks_{'9' * 18}_{first.secret}", f"bks_{'9' * 5000}_{first.secret}", "bks_1_\udcff" + "a" * 42, "\0"),
    ]
    for sent in wrong:
        with pytest.raises(TokenInvalid):
            tokens.authenticated(sent)


def test_the_secret_is_not_stored(store: Store, by: int, tokens: ApiTokens) -> None:
    """The table has its hash."""
    made = tokens.make(by, "till", ["books:read"], MONTH)
    with store.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM api_tokens")).all()
    assert len(rows) == 1
    assert made.secret not in str(rows)


def test_a_token_works_only_while_its_maker_is_a_moderator(store: Store, by: int, tokens: ApiTokens) -> None:
    """Rights that were taken away stay away."""
    made = str(tokens.make(by, "till", ["books:read"], MONTH))
    with store.write() as work:
        work.accounts.set_moderator(by, False)
        work.commit()
    with pytest.raises(TokenInvalid):
        tokens.authenticated(made)
    with store.write() as work:
        work.readers.remove(by)
        work.commit()
    with pytest.raises(TokenInvalid):
        tokens.authenticated(made)
    assert tokens.all() == []


@pytest.mark.parametrize(
    "draft",
    [
        ("", ["books:read"], MONTH),
        (" \n", ["books:read"], MONTH),
        ("a" * 61, ["books:read"], MONTH),
        ("a\0b", ["books:read"], MONTH),
        ("a", [], MONTH),
        ("a", ["books:read", "everything"], MONTH),
        ("a", ["books:read"], timedelta()),
        ("a", ["books:read"], timedelta(days=10_000)),
    ],
)
def test_a_malformed_token_is_not_made(
    store: Store, by: int, tokens: ApiTokens, draft: tuple[str, list[str], timedelta]
) -> None:
    """Nothing is stored or logged."""
    with pytest.raises(TokenMalformed):
        tokens.make(by, *draft)
    assert tokens.all() == []
    assert log_of(store) == []


def test_names_are_unique_and_tokens_limited(by: int, tokens: ApiTokens) -> None:
    """The audit log names a token; a list has an end."""
    tokens.make(by, "0", ["books:read"], MONTH)
    with pytest.raises(TokenNameTaken):
        tokens.make(by, "0", ["books:write"], MONTH)
    for number in range(1, MAX_TOKENS):
        tokens.make(by, str(number), ["books:read"], MONTH)
    with pytest.raises(TooManyTokens):
        tokens.make(by, "more", ["books:read"], MONTH)


def test_a_deleted_moderator_makes_no_token(tokens: ApiTokens) -> None:
    """As with all that moderators do."""
    with pytest.raises(NotSignedIn):
        tokens.make(4711, "till", ["books:read"], MONTH)
