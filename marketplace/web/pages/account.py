"""Accounts: signing up, in and out, changing the password, downloading and deleting one's data."""

import json

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.accounts import Account, normalized_email
from marketplace.domain.errors import EmailTaken, InvalidCredentials, OpenOrders, StillModerator, WrongPassword
from marketplace.domain.ids import NOBODY
from marketplace.usecases.export import export
from marketplace.web.flash import flash
from marketplace.web.forms import form, redirect_back, show_again, too_many_attempts, typed
from marketplace.web.guesses import Guess, forget_device, remember_device
from marketplace.web.languages import current_language
from marketplace.web.limits import Attempt
from marketplace.web.reader import current_account, current_reader, current_session_key, sign_in_as, sign_out
from marketplace.web.security import address, no_store
from marketplace.web.shop import Shop

PASSWORD = "account/password.html"  # noqa: S105  (a template)
DELETE = "account/delete.html"
SIGN_UP = "account/sign_up.html"
SIGN_IN = "account/sign_in.html"

# RFC 9110 requires every 401 to name a way to sign in; browsers ignore schemes that they do not know.
_BY_FORM = {"WWW-Authenticate": 'Cookie realm="account"'}


def blueprint(shop: Shop) -> Blueprint:
    """`/account` and everything under it."""
    account = Blueprint("account", __name__, url_prefix="/account")
    account.after_request(no_store)

    @account.get("")
    def overview() -> str:
        # Raises StoreUnavailable, instead of showing an account the page of a visitor.
        account = current_account()
        return render_template(
            "account/overview.html", unconfirmed=shop.account_links.unconfirmed(account) if account else ""
        )

    @account.get("/export")
    def download() -> Response:
        reader_id = current_reader()
        if reader_id == NOBODY:
            abort(404)
        data = json.dumps(export(shop.store, reader_id, shop.messages.mails), ensure_ascii=False, indent=2)
        response = Response(data, mimetype="application/json")
        response.headers["Content-Disposition"] = 'attachment; filename="online-books-for-you.json"'
        return response

    for add in (_add_sign_up, _add_sign_in, _add_password, _add_delete):
        add(account, shop)
    return account


def _add_sign_up(account: Blueprint, shop: Shop) -> None:
    @account.get("/sign-up")
    def sign_up_form() -> str | Answer:
        return to_overview() if current_account() else render_template(SIGN_UP, form=form())

    @account.post("/sign-up")
    def sign_up() -> Answer:
        if seconds := shop.limiter.wait(Attempt.SIGN_UP_BY_ADDRESS, address()):
            return too_many_attempts(SIGN_UP, seconds)
        try:
            new = shop.accounts.sign_up(
                current_reader(), typed("email"), typed("password"), language=current_language()
            )
        except InvalidCredentials as error:
            return show_again(SIGN_UP, 422, *(problem.name for problem in error.problems))
        except EmailTaken:
            return show_again(SIGN_UP, 409, "EMAIL_TAKEN")
        return signed_in(shop, new, "signed-up")


def _add_sign_in(account: Blueprint, shop: Shop) -> None:
    @account.get("/sign-in")
    def sign_in_form() -> str | Answer:
        return to_overview() if current_account() else render_template(SIGN_IN, form=form())

    @account.post("/sign-in")
    def sign_in() -> Answer:
        # Normalized, so that all spellings of an e-mail share their attempts.
        email = normalized_email(typed("email")) or ""
        guess = Guess(shop.limiter, email)
        if seconds := guess.wait():
            return too_many_attempts(SIGN_IN, seconds)
        try:
            known = shop.accounts.sign_in(current_reader(), email, typed("password"))
        except WrongPassword:
            if seconds := guess.wrong():
                return too_many_attempts(SIGN_IN, seconds)
            return show_again(SIGN_IN, 401, "WRONG_PASSWORD", headers=_BY_FORM)
        return signed_in(shop, known, "signed-in")

    @account.post("/sign-out")
    def end_session() -> Answer:
        _end_session(shop)
        flash("signed-out")
        return _without_drafts(to_overview())

    @account.post("/sign-out-everywhere")
    def end_all_sessions() -> Answer:
        if known := current_account():
            shop.accounts.sign_out_everywhere(known.reader_id)
            sign_out()
            flash("signed-out-everywhere")
        return _without_drafts(to_overview())


def _add_password(account: Blueprint, shop: Shop) -> None:
    @account.get("/password")
    def password_form() -> str | Answer:
        return render_template(PASSWORD, form=form()) if current_account() else to_sign_in()

    @account.post("/password")
    def change_password() -> Answer:
        if current_account() is None:
            return to_sign_in()
        reader_id, session_key = current_reader(), current_session_key()
        if seconds := shop.limiter.delay(Attempt.WRONG_BY_SESSION, session_key):
            return too_many_attempts(PASSWORD, seconds)
        try:
            changed = shop.accounts.change_password(reader_id, typed("old"), typed("password"))
        except WrongPassword:
            shop.limiter.wait(Attempt.WRONG_BY_SESSION, session_key)
            return show_again(PASSWORD, 422, "WRONG_PASSWORD")
        except InvalidCredentials as error:
            return show_again(PASSWORD, 422, *(problem.name for problem in error.problems))
        sign_in_as(changed)
        flash("password-changed")
        return to_overview()


def _add_delete(account: Blueprint, shop: Shop) -> None:
    @account.get("/forget")
    def delete_form() -> str | Answer:
        return to_overview() if current_reader() == NOBODY else render_template(DELETE, form=form())

    @account.post("/forget")
    def delete_data() -> Answer:
        reader_id = current_reader()
        if reader_id == NOBODY:
            return to_overview()
        session_key = current_session_key()
        if seconds := shop.limiter.delay(Attempt.WRONG_BY_SESSION, session_key):
            return too_many_attempts(DELETE, seconds)
        try:
            shop.accounts.forget(reader_id, request.form.get("password"))
        except WrongPassword:
            shop.limiter.wait(Attempt.WRONG_BY_SESSION, session_key)
            return show_again(DELETE, 422, "WRONG_PASSWORD")
        except OpenOrders:
            return show_again(DELETE, 409, "OPEN_ORDERS")
        except StillModerator:
            return show_again(DELETE, 409, "STILL_MODERATOR")
        sign_out()
        flash("data-deleted")
        response = _without_drafts(to_overview())
        forget_device(response)
        return response


def _end_session(shop: Shop) -> None:
    if session_key := current_session_key():
        shop.accounts.sign_out(session_key)
    sign_out()


def _without_drafts(response: Answer) -> Answer:
    """Have the browser delete what conversation.js keeps in it. Without TLS only localhost's does."""
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def signed_in(shop: Shop, account: Account, message: str) -> Answer:
    """Begin the account's session in this browser, and go on where the reader came from."""
    # A browser has one session: copies of its former cookie are not accepted either.
    _end_session(shop)
    sign_in_as(account)
    flash(message)
    response = redirect_back(url_for("account.overview"))
    remember_device(response, account.email)
    return response


def to_overview() -> Answer:
    """To the account page."""
    return redirect(url_for("account.overview"), 303)


def to_sign_in() -> Answer:
    """To the sign-in page, and back to this one."""
    return redirect(url_for("account.sign_in_form", next=request.path), 303)
