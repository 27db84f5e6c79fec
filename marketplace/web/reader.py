"""Who is asking: the reader that the signed cookie names.

There are two kinds of cookies. A guest's names a reader and is believed without asking the database. An account's
carries the account's session key besides and is believed only while the database has the same key: another password,
or the end of the account, ends it. Neither can pass for the other, because an account's reader is made with the
account (`Accounts.sign_up`): no guest's cookie ever named it.
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
    """Flask's sessions; what signs their cookie is made once, since neither key nor way of signing change."""

    def __init__(self) -> None:
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The one that is kept."""
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer


def register(app: Flask, signed_in: SignedIn) -> None:
    """Have `signed_in` tell whose account a cookie's reader and session key are.

    Templates may ask too, for what stands on every page: to them nobody is signed in while the database does not
    answer, so that the page which says so can be made.
    """
    app.session_interface = Sessions()
    app.extensions[_EXTENSION] = signed_in
    app.jinja_env.globals["current_account"] = _account_if_known
    app.jinja_env.globals["current_reader"] = _reader_if_known
    app.jinja_env.globals["cart_is_filled"] = _cart_is_filled


def current_reader() -> int:
    """The reader's id, or NOBODY without a cookie, where it was tampered with, and where its session has ended.

    A guest costs no query, an account one for each request. Raises StoreUnavailable.
    """
    if _SESSION_KEY not in session:
        return _reader_in_cookie()
    account = current_account()
    return account.reader_id if account else NOBODY


def current_account() -> Account | None:
    """The account that is signed in; None for guests and for nobody.

    Raises StoreUnavailable.
    """
    if "account" not in g:
        g.account = _account_in_cookie()
    account: Account | None = g.account
    return account


def remember_reader(reader_id: int) -> None:
    """Set the cookie, for a year; the account's stays the account's."""
    if session.get(_READER, reader_id) != reader_id:
        _forget_session()
    session.permanent = True
    session[_READER] = reader_id


def remember_cart(*, filled: bool) -> None:
    """Have the pages of a guest say whether something is in their cart; an account's row says it by itself."""
    if current_account() is not None:
        return
    if filled:
        session[_CART] = True
    else:
        session.pop(_CART, None)


def sign_in_as(account: Account) -> None:
    """Begin a new session, of an account: nothing that was in the cookie before goes on."""
    _forget_session()
    remember_reader(account.reader_id)
    session[_SESSION_KEY] = account.session_key
    g.account = account


def sign_out() -> None:
    """End this session; the reader's others go on."""
    _forget_session()


def _account_if_known() -> Account | None:
    try:
        return current_account()
    except StoreUnavailable:
        g.account = None  # one wait for the database is enough
        return None


def _reader_if_known() -> int:
    _account_if_known()
    return current_reader()


def _cart_is_filled() -> bool:
    account = _account_if_known()
    return account.has_cart if account else bool(session.get(_CART))


def _forget_session() -> None:
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
