"""The moderators' pages, all behind one check of rights."""

from flask import Blueprint, Flask, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from marketplace.domain.accounts import Account
from marketplace.domain.errors import NotSignedIn
from marketplace.usecases.catalogue.uploads import MAX_UPLOAD_BYTES
from marketplace.web.moderator import (
    api_tokens,
    books,
    conversations,
    destinations,
    events,
    imports,
    messages,
    orders,
)
from marketplace.web.moderator.parameters import PAGE
from marketplace.web.paging import page_number, paged
from marketplace.web.reader import current_account
from marketplace.web.security import no_store
from marketplace.web.shop import Shop

IMPORT = "moderator.import_books"


class UploadTooLarge(RequestEntityTooLarge):
    """A moderator sent a larger file than the import page accepts."""


def allow_uploads(app: Flask) -> None:
    """Let moderators send the import page a larger body than other forms may have.

    Must be registered before the other guards: the form's CSRF token is in that body.
    """

    @app.before_request
    def allow() -> None:
        if request.endpoint != IMPORT or not _is_moderator(current_account()):
            return
        request.max_content_length = MAX_UPLOAD_BYTES
        if (request.content_length or 0) > MAX_UPLOAD_BYTES:
            raise UploadTooLarge


def blueprint(shop: Shop) -> Blueprint:
    """`/moderator` and everything under it."""
    moderator = Blueprint("moderator", __name__, url_prefix="/moderator")
    moderator.after_request(no_store)

    @moderator.before_request
    def authorize() -> Answer | None:
        account = current_account()
        if account is None:
            return _to_sign_in()
        if not _is_moderator(account):
            abort(403)
        return None

    @moderator.errorhandler(NotSignedIn)
    def sign_in_again(_error: NotSignedIn) -> Answer:
        return _to_sign_in()

    @moderator.get("")
    def overview() -> str:
        return render_template("moderator/overview.html", counts=shop.moderation.overview())

    @moderator.get("/audit")
    def audit() -> str:
        number = page_number()
        with shop.store.read() as work:
            entries = work.audit.page(limit=PAGE, offset=(number - 1) * PAGE)
        return render_template("moderator/audit.html", entries=entries.rows, pages=paged(entries.total, PAGE, number))

    for pages in (books, imports, orders, conversations, destinations, events, messages, api_tokens):
        pages.add_to(moderator, shop)
    return moderator


def _is_moderator(account: Account | None) -> bool:
    return account is not None and account.is_moderator


def _to_sign_in() -> Answer:
    # A posted form cannot be sent again after signing in; a page can be opened.
    back = request.full_path.rstrip("?") if request.method == "GET" else url_for("moderator.overview")
    return redirect(url_for("account.sign_in_form", next=back), 303)
