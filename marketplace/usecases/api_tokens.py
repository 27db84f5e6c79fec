"""The tokens of the HTTP API: moderators make and revoke them, systems use them."""

import hmac
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from marketplace.domain.accounts import token_hash
from marketplace.domain.api_tokens import LIFETIMES, MAX_NAME_LENGTH, ApiToken, TokenText, new_secret, scopes_of
from marketplace.domain.errors import TokenInvalid, TokenMalformed, TokenNotFound
from marketplace.domain.moderation import Action
from marketplace.store import Store
from marketplace.usecases.moderation import moderating
from servicekit.clock import now


class ApiTokens:
    """The use cases of tokens; `by` is the moderator's reader id.

    Making and revoking have an entry in the audit log, and raise NotSignedIn if the moderator's account has been
    deleted. All raise StoreUnavailable.
    """

    def __init__(self, store: Store, *, clock: Callable[[], datetime] = now) -> None:
        self._store = store
        self._clock = clock

    def all(self) -> list[ApiToken]:
        """All tokens, oldest first."""
        with self._store.read() as work:
            return work.api_tokens.all()

    def is_valid(self, token: ApiToken) -> bool:
        """Whether a token works now."""
        return token.is_valid(self._clock())

    def make(self, by: int, name: str, scopes: Iterable[str], lifetime: timedelta) -> TokenText:
        """Make a token that acts for the moderator; this is the only time that its secret is known.

        Raises TokenMalformed, TokenNameTaken and TooManyTokens.
        """
        name = " ".join(name.split())
        try:
            chosen = scopes_of(scopes)
        except ValueError:
            chosen = frozenset()
        if not chosen or not name.isprintable() or not 0 < len(name) <= MAX_NAME_LENGTH or lifetime not in LIFETIMES:
            raise TokenMalformed(name[:MAX_NAME_LENGTH])
        secret, moment = new_secret(), self._clock()
        expires_at = moment + lifetime
        with moderating(self._store, by) as work:
            token_id = work.api_tokens.add(
                name, token_hash(secret), chosen, by=by, created_at=moment, expires_at=expires_at
            )
            detail = {"token_id": token_id, "scopes": sorted(scope.value for scope in chosen)}
            work.audit.add(by, Action.TOKEN_MADE, name, detail, at=moment)
        return TokenText(token_id, secret)

    def revoke(self, by: int, token_id: int) -> ApiToken:
        """Have a token stop at once; returns it. Raises TokenNotFound."""
        with moderating(self._store, by) as work:
            token = work.api_tokens.get(token_id)
            work.api_tokens.remove(token_id)
            work.audit.add(by, Action.TOKEN_REVOKED, token.name, {"token_id": token_id}, at=self._clock())
        return token

    def authenticated(self, text: str) -> ApiToken:
        """The token that a system has sent; notes the day of its use.

        Raises TokenInvalid, which does not say why.
        """
        sent = TokenText.parse(text)
        if sent is None:
            raise TokenInvalid
        moment = self._clock()
        with self._store.read() as work:
            try:
                token, expected = work.api_tokens.with_hash(sent.token_id)
            except TokenNotFound:
                raise TokenInvalid from None
        if not hmac.compare_digest(token_hash(sent.secret), expected) or not token.is_valid(moment):
            raise TokenInvalid
        if token.last_used_on != moment.date():
            with self._store.write() as work:
                work.api_tokens.used(token.id, moment.date())
                work.commit()
        return token
