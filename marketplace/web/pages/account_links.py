"""A forgotten password, the confirmation and change of an e-mail address: pages that need links from mails.

Programs that check mails open the links in them, so opening one changes nothing: the button of its page does.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.accounts import LinkPurpose, normalized_email
from marketplace.domain.errors import EmailTaken, InvalidCredentials, LinkInvalid, NotSignedIn, WrongPassword
from marketplace.web.flash import flash
from marketplace.web.forms import form, show_again, too_many_attempts, typed
from marketplace.web.guesses import forgive
from marketplace.web.limits import Attempt
from marketplace.web.pages.account import signed_in, to_overview, to_sign_in
from marketplace.web.reader import current_account, current_reader, current_session_key
from marketplace.web.security import address, no_store
from marketplace.web.shop import Shop

FORGOTTEN = "account/forgotten.html"
RESET = "account/reset.html"
EMAIL = "account/email.html"
CONFIRM = "account/confirm.html"
INVALID = "account/invalid_link.html"


def blueprint(shop: Shop) -> Blueprint:
    """`/account/forgotten`, `/account/reset`, `/account/confirm` and `/account/email`."""
    pages = Blueprint("account_links", __name__, url_prefix="/account")
    pages.after_request(_protect_token)
    for add in (_add_forgotten, _add_reset, _add_confirm, _add_email, _add_confirmation):
        add(pages, shop)
    return pages


def _protect_token(response: Response) -> Response:
    # The page's address may have a token. Not no-referrer: with it browsers send forms with `Origin: null`.
    response.headers["Referrer-Policy"] = "strict-origin"
    return no_store(response)


def _add_forgotten(pages: Blueprint, shop: Shop) -> None:
    @pages.get("/forgotten")
    def forgotten_form() -> str:
        return render_template(FORGOTTEN, form=form())

    @pages.post("/forgotten")
    def request_reset() -> Answer:
        if seconds := shop.limiter.wait(Attempt.RESET_BY_ADDRESS, address()):
            return too_many_attempts(FORGOTTEN, seconds)
        email = normalized_email(typed("email"))
        if email is None:
            return show_again(FORGOTTEN, 422, "EMAIL_MALFORMED")
        # Beyond the limit the answer is the same, and the last link still works.
        if not shop.limiter.wait(Attempt.RESET_BY_EMAIL, email):
            shop.account_links.request_reset(email)
        flash("reset-requested")
        return redirect(url_for("account.sign_in_form"), 303)


def _add_reset(pages: Blueprint, shop: Shop) -> None:
    @pages.get("/reset")
    def reset_form() -> str | Answer:
        return _reset_page(shop, request.args.get("token", ""))

    @pages.post("/reset")
    def reset_password() -> Answer:
        token = typed("token")
        try:
            account = shop.account_links.reset_password(current_reader(), token, typed("password"))
        except LinkInvalid:
            return _invalid("account_links.forgotten_form")
        except InvalidCredentials as error:
            return _reset_page(shop, token, 422, *(problem.name for problem in error.problems))
        forgive(shop.limiter, account.email)
        return signed_in(shop, account, "password-reset")


def _add_confirm(pages: Blueprint, shop: Shop) -> None:
    @pages.get("/confirm")
    def confirm_form() -> Answer:
        return _confirm_page(shop, request.args.get("token", ""))

    @pages.post("/confirm")
    def confirm_email() -> Answer:
        token = typed("token")
        try:
            shop.account_links.confirm_email(current_reader(), token)
        except LinkInvalid:
            return _invalid("account.overview")
        except NotSignedIn:
            return _confirm_page(shop, token)
        except EmailTaken:
            return _confirm_page(shop, token, 409, "EMAIL_TAKEN")
        flash("email-confirmed")
        return to_overview()


def _add_email(pages: Blueprint, shop: Shop) -> None:
    @pages.get("/email")
    def email_form() -> str | Answer:
        return render_template(EMAIL, form=form()) if current_account() else to_sign_in()

    @pages.post("/email")
    def change_email() -> Answer:
        account = current_account()
        if account is None:
            return to_sign_in()
        session_key = current_session_key()
        mail = account.reader_id, normalized_email(typed("email")) or ""
        if seconds := shop.limiter.delay(Attempt.WRONG_BY_SESSION, session_key) or _mail_delay(shop, *mail):
            return too_many_attempts(EMAIL, seconds)
        try:
            shop.account_links.request_change(account.reader_id, typed("password"), typed("email"))
        except WrongPassword:
            shop.limiter.wait(Attempt.WRONG_BY_SESSION, session_key)
            return show_again(EMAIL, 422, "WRONG_PASSWORD")
        except InvalidCredentials as error:
            return show_again(EMAIL, 422, *(problem.name for problem in error.problems))
        _count_mail(shop, *mail)
        flash("confirmation-sent")
        return to_overview()


def _add_confirmation(pages: Blueprint, shop: Shop) -> None:
    @pages.post("/email/confirmation")
    def send_confirmation() -> Answer:
        account = current_account()
        if account is None:
            return to_sign_in()
        mail = account.reader_id, shop.account_links.unconfirmed(account)
        if _mail_delay(shop, *mail):
            flash("too-many-mails")
        else:
            shop.account_links.send_confirmation(account.reader_id)
            _count_mail(shop, *mail)
            flash("confirmation-sent")
        return to_overview()


def _reset_page(shop: Shop, token: str, status: int = 200, *errors: str) -> Answer:
    try:
        link, _ = shop.account_links.find(token, LinkPurpose.RESET)
    except LinkInvalid:
        return _invalid("account_links.forgotten_form")
    page = render_template(RESET, form=form(*errors), token=token, email=link.email)
    return make_response(page, status)


def _confirm_page(shop: Shop, token: str, status: int = 200, *errors: str) -> Answer:
    try:
        link, account = shop.account_links.find(token, LinkPurpose.EMAIL)
    except LinkInvalid:
        return _invalid("account.overview")
    is_refused = link.email != account.email and current_reader() != account.reader_id
    page = render_template(
        CONFIRM,
        form=form(*errors),
        token=token,
        email=link.email,
        is_refused=is_refused,
        account=account,
    )
    return make_response(page, 403 if is_refused else status)


def _invalid(ask_again_at: str) -> Answer:
    return make_response(render_template(INVALID, ask_again_at=ask_again_at), 404)


def _mail_delay(shop: Shop, reader_id: int, email: str) -> int:
    """The seconds until a link may be sent to this address, 0 if now."""
    by_reader = shop.limiter.delay(Attempt.CONFIRMATION_BY_READER, str(reader_id))
    return max(by_reader, shop.limiter.delay(Attempt.CONFIRMATION_BY_EMAIL, email))


def _count_mail(shop: Shop, reader_id: int, email: str) -> None:
    shop.limiter.wait(Attempt.CONFIRMATION_BY_READER, str(reader_id))
    shop.limiter.wait(Attempt.CONFIRMATION_BY_EMAIL, email)
