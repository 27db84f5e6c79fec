"""Signing up, in and out."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.accounts import Account, normalized_email
from marketplace.domain.errors import EmailTaken, InvalidCredentials, WrongPassword
from marketplace.usecases.accounts import Accounts
from marketplace.web.flash import say
from marketplace.web.forms import fault_names, sent, shown_again, to_overview, too_often, typed
from marketplace.web.limits import Limiter, Tried
from marketplace.web.reader import current_account, current_reader, sign_in_as, sign_out
from marketplace.web.redirects import own_path
from marketplace.web.security import address

SIGN_UP = "account/sign_up.html"
SIGN_IN = "account/sign_in.html"

# RFC 9110 wants every 401 to say how one signs in; browsers pass over schemes that they do not know.
_BY_FORM = {"WWW-Authenticate": 'Cookie realm="account"'}


def add_to(account: Blueprint, accounts: Accounts, limiter: Limiter) -> None:
    """Add `/account/sign-up`, `/account/sign-in` and `/account/sign-out`."""
    _add_sign_up(account, accounts, limiter)
    _add_sign_in(account, accounts, limiter)

    @account.post("/sign-out")
    def end_session() -> Answer:
        sign_out()
        say("signed-out")
        return to_overview()


def _add_sign_up(account: Blueprint, accounts: Accounts, limiter: Limiter) -> None:
    @account.get("/sign-up")
    def sign_up_form() -> str | Answer:
        return to_overview() if current_account() else render_template(SIGN_UP, form=sent())

    @account.post("/sign-up")
    def sign_up() -> Answer:
        if seconds := limiter.wait(Tried.SIGN_UP_BY_ADDRESS, address()):
            return too_often(SIGN_UP, seconds)
        try:
            made = accounts.sign_up(current_reader(), typed("email"), typed("password"))
        except InvalidCredentials as error:
            return shown_again(SIGN_UP, 422, *fault_names(error))
        except EmailTaken:
            return shown_again(SIGN_UP, 409, "EMAIL_TAKEN")
        return _signed_in(made, "signed-up")


def _add_sign_in(account: Blueprint, accounts: Accounts, limiter: Limiter) -> None:
    @account.get("/sign-in")
    def sign_in_form() -> str | Answer:
        return to_overview() if current_account() else render_template(SIGN_IN, form=sent())

    @account.post("/sign-in")
    def sign_in() -> Answer:
        # In its one spelling: otherwise each spelling would have tries of its own.
        email = normalized_email(typed("email")) or ""
        seconds = limiter.wait(Tried.SIGN_IN_BY_ADDRESS, address())
        if not seconds and email:
            seconds = limiter.wait(Tried.SIGN_IN_BY_EMAIL, email)
        if seconds:
            return too_often(SIGN_IN, seconds)
        try:
            found = accounts.sign_in(current_reader(), email, typed("password"))
        except WrongPassword:
            return shown_again(SIGN_IN, 401, "WRONG_PASSWORD", headers=_BY_FORM)
        limiter.succeeded(Tried.SIGN_IN_BY_EMAIL, email)
        return _signed_in(found, "signed-in")


def _signed_in(account: Account, what: str) -> Answer:
    sign_in_as(account)
    say(what)
    return redirect(own_path(typed("next"), url_for("account.overview")), 303)
