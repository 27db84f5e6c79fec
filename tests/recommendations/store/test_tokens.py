"""The callers' tokens, on both databases."""

from datetime import UTC, datetime

from recommendations.domain.tokens import Scope, Token
from recommendations.store import Store

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SHOP = Token("shop", b"\x00\xff" * 16, frozenset({Scope.RECORD, Scope.RECOMMEND}), NOON)
ADMIN = Token("admin", b"\x01" * 32, frozenset({Scope.CATALOGUE}), NOON)


def test_tokens_are_kept_until_they_are_revoked(store: Store) -> None:
    """They come by name, as they were added; a name is used once, and again after its token was revoked."""
    with store.write() as work:
        assert work.tokens.add(SHOP)
        assert work.tokens.add(ADMIN)
        assert not work.tokens.add(SHOP)
        work.commit()
    with store.read() as work:
        assert work.tokens.all() == [ADMIN, SHOP]
    with store.write() as work:
        assert work.tokens.revoke("shop")
        assert not work.tokens.revoke("shop")
        work.commit()
    with store.read() as work:
        assert work.tokens.all() == [ADMIN]
    with store.write() as work:
        assert work.tokens.add(SHOP)
