"""A reader's account: what it is, another password, taking their data along, leaving for good."""

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.errors import InvalidCredentials, OpenOrders, StillModerator, WrongPassword
from marketplace.domain.ids import NOBODY
from marketplace.usecases.accounts import Accounts
from marketplace.web.flash import say
from marketplace.web.forms import fault_names, sent, shown_again, to_overview, too_often, typed
from marketplace.web.limits import Limiter, Tried
from marketplace.web.pages import signing_in
from marketplace.web.reader import current_account, current_reader, sign_in_as, sign_out

Export = Callable[[int], dict[str, Any]]
"""All that the shop keeps about a reader, as JSON holds it."""

PASSWORD = "account/password.html"  # noqa: S105  (a template)
FORGET = "account/forget.html"


def blueprint(accounts: Accounts, limiter: Limiter, *, export: Export) -> Blueprint:
    """`/account` and what is under it; no page of it is kept by a browser or proxy."""
    account = Blueprint("account", __name__, url_prefix="/account")

    @account.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    @account.get("")
    def overview() -> str:
        current_reader()  # raises where the database does not answer: the template would take the reader for nobody
        return render_template("account/overview.html")

    @account.get("/export")
    def download() -> Response:
        reader_id = current_reader()
        if reader_id == NOBODY:
            abort(404)
        response = Response(json.dumps(export(reader_id), ensure_ascii=False, indent=2), mimetype="application/json")
        response.headers["Content-Disposition"] = 'attachment; filename="online-books-for-you.json"'
        return response

    signing_in.add_to(account, accounts, limiter)
    _add_password(account, accounts, limiter)
    _add_forget(account, accounts, limiter)
    return account


def _add_password(account: Blueprint, accounts: Accounts, limiter: Limiter) -> None:
    @account.get("/password")
    def password_form() -> str | Answer:
        return render_template(PASSWORD, form=sent()) if current_account() else _to_sign_in()

    @account.post("/password")
    def change_password() -> Answer:
        if current_account() is None:
            return _to_sign_in()
        reader_id = current_reader()
        if seconds := limiter.wait(Tried.PASSWORD_BY_READER, str(reader_id)):
            return too_often(PASSWORD, seconds)
        try:
            changed = accounts.change_password(reader_id, typed("old"), typed("password"))
        except WrongPassword:
            return shown_again(PASSWORD, 422, "WRONG_PASSWORD")
        except InvalidCredentials as error:
            return shown_again(PASSWORD, 422, *fault_names(error))
        limiter.succeeded(Tried.PASSWORD_BY_READER, str(reader_id))
        sign_in_as(changed)
        say("password-changed")
        return to_overview()


def _add_forget(account: Blueprint, accounts: Accounts, limiter: Limiter) -> None:
    @account.get("/forget")
    def forget_form() -> str | Answer:
        return to_overview() if current_reader() == NOBODY else render_template(FORGET, form=sent())

    @account.post("/forget")
    def forget() -> Answer:
        reader_id = current_reader()
        if reader_id == NOBODY:
            return to_overview()
        if seconds := limiter.wait(Tried.PASSWORD_BY_READER, str(reader_id)):
            return too_often(FORGET, seconds)
        try:
            accounts.forget(reader_id, request.form.get("password"))
        except WrongPassword:
            return shown_again(FORGET, 422, "WRONG_PASSWORD")
        except OpenOrders:
            return shown_again(FORGET, 409, "OPEN_ORDERS")
        except StillModerator:
            return shown_again(FORGET, 409, "STILL_MODERATOR")
        sign_out()
        say("forgotten")
        return to_overview()


def _to_sign_in() -> Answer:
    return redirect(url_for("account.sign_in_form", next=request.path), 303)
