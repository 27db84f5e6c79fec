"""What calls know of the tokens."""

import threading

import pytest
from structlog.testing import capture_logs

from recommendations.domain.errors import ScopeMissing, StoreUnavailable, Unauthenticated
from recommendations.domain.tokens import Scope
from recommendations.following.tokens import TokenFollower
from tests.e2e.processes import await_that
from tests.recommendations.fakes import fail
from tests.recommendations.stores import HookedStore


def test_a_token_allows_its_scopes_alone(store: HookedStore) -> None:
    """For another scope the error names the token and the scope."""
    text = store.add_token("shop", Scope.RECORD, Scope.RECOMMEND)
    follower = TokenFollower(store)
    follower.step()
    follower.require(f"Bearer {text}", Scope.RECORD)
    follower.require(f"bearer {text}", Scope.RECOMMEND)
    with pytest.raises(ScopeMissing, match="The token shop has no scope catalogue"):
        follower.require(f"Bearer {text}", Scope.CATALOGUE)


def test_what_is_no_token_is_refused(store: HookedStore) -> None:
    """Nothing, another scheme, a wrong secret, a foreign name, a secret without its name."""
    text = store.add_token("shop", Scope.RECORD)
    store.add_token("other", Scope.RECORD)
    follower = TokenFollower(store)
    follower.step()
    secret = text.partition(".")[2]
    refused = [
        "",
        "Bearer",
        "Bearer ",
        text,
        f"Basic {text}",
        f"Bearer {text} ",
        f"Bearer {text}x",
        f"Bearer  {text}",
    ]
    for header in [*refused, f"Bearer other.{secret}", f"Bearer {secret}", "Bearer ä", "Bearer ."]:
        with pytest.raises(Unauthenticated):
            follower.require(header, Scope.RECORD)


def test_before_the_first_read_the_caller_is_asked_to_try_again(store: HookedStore) -> None:
    """Nobody can tell yet whether the token is right."""
    with pytest.raises(StoreUnavailable):
        TokenFollower(store).require("Bearer shop.x", Scope.RECORD)


def test_known_tokens_hold_while_the_database_is_away(store: HookedStore) -> None:
    """The outage is logged when it begins and when it ends; then what was revoked counts."""
    text = store.add_token("shop", Scope.RECORD)
    follower = TokenFollower(store)
    follower.step()
    store.revoke_token("shop")
    store.before_read = fail
    with capture_logs() as logs:
        for _ in range(3):
            follower.step()
            follower.require(f"Bearer {text}", Scope.RECORD)
        store.before_read = lambda: None
        follower.step()
        follower.step()
    assert [log["event"] for log in logs] == ["tokens_not_read", "tokens_read"]
    with pytest.raises(Unauthenticated):
        follower.require(f"Bearer {text}", Scope.RECORD)


def test_changes_are_followed_until_it_is_stopped(store: HookedStore) -> None:
    """Added and revoked tokens count without a restart."""
    follower, stop = TokenFollower(store), threading.Event()
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()

    def is_accepted(text: str) -> bool:
        try:
            follower.require(f"Bearer {text}", Scope.RECORD)
        except (StoreUnavailable, Unauthenticated):
            return False
        return True

    try:
        text = store.add_token("shop", Scope.RECORD)
        await_that(lambda: is_accepted(text))
        store.revoke_token("shop")
        await_that(lambda: not is_accepted(text))
    finally:
        stop.set()
        thread.join()
