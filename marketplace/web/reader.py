"""The current reader, from the signed cookie.

There are two kinds of cookies. A guest's has a reader id and is trusted without a query. An account's also has the
key of a session and is valid only while the database has that session: signing out ends it, also for copies of the
cookie; a new password ends the others of the account, and deleting the account all. A guest's cookie never opens an
account, because signing up creates a new reader (`Accounts.sign_up`).
"""

from collections.abc import Callable

from flask import Flask, current_app, g, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from marketplace.domain.accounts import Account
from marketplace.domain.errors import StoreUnavailable
from marketplace.domain.ids import MAX_ID, NOBODY

SignedIn = Callable[[int, str], Account | None]

_READER = "reader_id"
_SESSION_KEY = "session_key"
_CART = "cart"
_EXTENSION = "signed_in"


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions with a serializer that is created only once, since the key never changes."""

    def __init__(self) -> None:
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer


def register(app: Flask, signed_in: SignedIn) -> None:
    """Look up accounts with `signed_in`, by a cookie's reader id and session key.

    Templates see nobody signed in while the database is unavailable, so that the error page can be rendered.
    """
    app.session_interface = Sessions()
    app.extensions[_EXTENSION] = signed_in
    app.jinja_env.globals["current_account"] = account_if_known
    app.jinja_env.globals["current_reader"] = _reader_if_known
    app.jinja_env.globals["cart_is_filled"] = cart_is_filled


def current_reader() -> int:
    """The reader's id, or NOBODY without a valid cookie.

    A guest takes no query, an account one per request. Raises StoreUnavailable.
    """
    if _SESSION_KEY not in session:
        return _reader_in_cookie()
    account = current_account()
    return account.reader_id if account else NOBODY


def current_account() -> Account | None:
    """The account that is signed in, None for guests and visitors. Raises StoreUnavailable."""
    if "account" not in g:
        g.account = _account_in_cookie()
    account: Account | None = g.account
    return account


def look_up_no_account() -> None:
    """Show the page to nobody, unless the account is known already: the lookup may be what fails."""
    if "account" not in g:
        g.account = None


def current_session_key() -> str:
    """The key of the session of the account that is signed in; "" for guests and visitors."""
    return str(session.get(_SESSION_KEY, ""))


def remember_reader(reader_id: int) -> None:
    """Set the cookie for a year; a new session if it was another reader's."""
    if session.get(_READER, reader_id) != reader_id:
        _clear_session()
    session.permanent = True
    session[_READER] = reader_id


def remember_cart(*, filled: bool) -> None:
    """Store in a guest's cookie whether their cart has books, for the header; accounts have it in the database."""
    if current_account() is not None:
        return
    if filled:
        session[_CART] = True
    else:
        session.pop(_CART, None)


def sign_in_as(account: Account) -> None:
    """Start a new session of an account; nothing of the old session is kept."""
    _clear_session()
    remember_reader(account.reader_id)
    session[_SESSION_KEY] = account.session_key
    g.account = account


def sign_out() -> None:
    """Forget the reader in this browser; `Accounts.sign_out` ends the session."""
    _clear_session()


def account_if_known() -> Account | None:
    """The account that is signed in; None also while the database is unavailable."""
    try:
        return current_account()
    except StoreUnavailable:
        g.account = None  # do not wait for the database again
        return None


def cart_is_filled() -> bool:
    """Whether the header shows that the cart has books; False also while the database is unavailable."""
    account = account_if_known()
    return account.has_cart if account else bool(session.get(_CART))


def _reader_if_known() -> int:
    account_if_known()
    return current_reader()


def _clear_session() -> None:
    session.clear()
    g.pop("account", None)


def _reader_in_cookie() -> int:
    reader_id = session.get(_READER)
    return reader_id if isinstance(reader_id, int) and 0 < reader_id <= MAX_ID else NOBODY


def _account_in_cookie() -> Account | None:
    reader_id, session_key = _reader_in_cookie(), session.get(_SESSION_KEY)
    if reader_id == NOBODY or not isinstance(session_key, str):
        return None
    signed_in: SignedIn = current_app.extensions[_EXTENSION]
    return signed_in(reader_id, session_key)
