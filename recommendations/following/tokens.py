"""Follows the callers' tokens, so that a call is checked in memory."""

import threading
from collections.abc import Mapping

import structlog

from recommendations.domain.errors import ScopeMissing, StoreUnavailable, Unauthenticated
from recommendations.domain.tokens import Scope, Token, name_in
from recommendations.ports import Store

POLL_SECONDS = 0.25
"""How often the tokens are read: a revoked one is refused within a second, even on a busy machine."""

_SCHEME = "bearer"

_log = structlog.get_logger()


class TokenFollower:
    """The tokens as they were read last: while the database is away, those known then hold.

    It has a thread of its own, since the other follower may be loading a model for seconds.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tokens: Mapping[str, Token] | None = None
        self._failing = False

    def require(self, authorization: str, scope: Scope) -> None:
        """Check the `authorization` header of a call that needs a scope; reads memory only.

        Raises Unauthenticated, ScopeMissing, and StoreUnavailable while the tokens have never been read.
        """
        if self._tokens is None:
            raise StoreUnavailable
        scheme, _, text = authorization.partition(" ")
        token = self._tokens.get(name_in(text))
        if scheme.lower() != _SCHEME or token is None or not token.is_of(text):
            raise Unauthenticated
        if scope not in token.scopes:
            raise ScopeMissing(f"The token {token.name} has no scope {scope}")

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set."""
        while not stop.wait(POLL_SECONDS):
            self.step()

    def step(self) -> None:
        """Read the tokens; failures of the store are logged when they begin and when they end."""
        try:
            with self._store.read() as work:
                tokens = work.tokens.all()
        except StoreUnavailable as error:
            if not self._failing:
                _log.error("tokens_not_read", cause=type(error.__cause__ or error).__name__)
            self._failing = True
            return
        self._tokens = {token.name: token for token in tokens}
        if self._failing:
            _log.info("tokens_read")
        self._failing = False
