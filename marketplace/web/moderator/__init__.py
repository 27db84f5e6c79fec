"""The moderators' pages, all behind one guard."""

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from marketplace.domain.accounts import Account
from marketplace.domain.errors import NotSignedIn
from marketplace.store import Store
from marketplace.usecases.catalogue.uploads import MAX_UPLOAD_BYTES, Uploads
from marketplace.usecases.moderation import Moderation
from marketplace.web.moderator import books, events, importing, log, orders
from marketplace.web.reader import current_account

IMPORT = "moderator.take_file"


class UploadTooLarge(RequestEntityTooLarge):
    """A moderator sent a larger file than a page takes."""


def admit_uploads(app: Flask) -> None:
    """Let moderators, and nobody else, send the import a larger body than forms have; registered before all guards.

    The token of the form stands in that body.
    """

    @app.before_request
    def admit() -> None:
        if request.endpoint != IMPORT or not _is_moderators(current_account()):
            return
        request.max_content_length = MAX_UPLOAD_BYTES
        if (request.content_length or 0) > MAX_UPLOAD_BYTES:
            raise UploadTooLarge


def blueprint(store: Store, moderation: Moderation, uploads: Uploads) -> Blueprint:
    """`/moderator` and what is under it; no page of it is kept by a browser or proxy."""
    moderator = Blueprint("moderator", __name__, url_prefix="/moderator")

    @moderator.before_request
    def let_in() -> Answer | None:
        account = current_account()
        if account is None:
            return _to_sign_in()
        if not _is_moderators(account):
            abort(403)
        return None

    @moderator.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    @moderator.errorhandler(NotSignedIn)
    def sign_in_again(_error: NotSignedIn) -> Answer:
        return _to_sign_in()

    @moderator.get("")
    def overview() -> str:
        return render_template("moderator/overview.html", overview=moderation.overview())

    books.add_to(moderator, store, moderation)
    importing.add_to(moderator, uploads)
    orders.add_to(moderator, store, moderation)
    log.add_to(moderator, store)
    events.add_to(moderator, store, moderation)
    return moderator


def _is_moderators(account: Account | None) -> bool:
    return account is not None and account.is_moderator


def _to_sign_in() -> Answer:
    # What was to be sent cannot be sent again; where it stood can be looked at.
    came_for = request.full_path.rstrip("?") if request.method == "GET" else url_for("moderator.overview")
    return redirect(url_for("account.sign_in_form", next=came_for), 303)
