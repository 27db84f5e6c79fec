"""The contact form, and the conversations that begin by it: of readers with an account, and of guests by a link."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.conversations import Draft, Guest, Side
from marketplace.domain.errors import InvalidContact, LinkInvalid, MessageNotSent, NotSignedIn, TooManyMessages
from marketplace.web.conversations import again, error_code, new_message, new_messages, shown, typed_message
from marketplace.web.flash import flash
from marketplace.web.forms import typed
from marketplace.web.languages import current_language
from marketplace.web.limits import Attempt
from marketplace.web.pages.account import to_sign_in
from marketplace.web.paging import page_number, paged
from marketplace.web.reader import current_account
from marketplace.web.security import address, no_store
from marketplace.web.shop import Shop

PAGE = 20
_EVERYBODY = ""
"""The key of a limit that all share."""


def blueprint(shop: Shop) -> Blueprint:
    """`/contact`, `/contact/sent` and, for guests, `/contact/<id>`; `/messages` and `/messages/<id>` for accounts."""
    contact = Blueprint("contact", __name__)
    contact.after_request(_protect_token)
    for add in (_add_form, _add_guest, _add_messages):
        add(contact, shop)
    return contact


def _protect_token(response: Response) -> Response:
    # The page's address may have a token. Not no-referrer: with it browsers send forms with `Origin: null`.
    response.headers["Referrer-Policy"] = "strict-origin"
    return no_store(response)


def _add_form(contact: Blueprint, shop: Shop) -> None:
    @contact.get("/contact")
    def form() -> str:
        return _form(new_message(""))

    @contact.post("/contact")
    def begin() -> Answer:
        account, draft = current_account(), typed_message()
        if seconds := _delay(shop, account.reader_id if account else None):
            return make_response(_form(again(TooManyMessages()), "TOO_OFTEN"), 429, {"Retry-After": str(seconds)})
        guest = Guest(email=typed("email"), name=typed("name"), language=current_language())
        try:
            shop.contact.begin(account.reader_id if account else guest, draft)
        except NotSignedIn:
            return to_sign_in()  # the account was deleted a moment ago
        except InvalidContact as error:
            return make_response(_form(again(), *(problem.name for problem in error.problems)), 422)
        except MessageNotSent as error:
            return make_response(_form(again(error), error_code(error)), 422)
        if account is None:
            return redirect(url_for("contact.sent"), 303)
        flash("contact-sent")
        return _to_messages(draft.id)

    @contact.get("/contact/sent")
    def sent() -> str:
        return render_template("contact/sent.html")


def _add_guest(contact: Blueprint, shop: Shop) -> None:
    @contact.get("/contact/<conversation_id>")
    def guest(conversation_id: str) -> Answer:
        return _guest_page(shop, conversation_id, request.args.get("token", ""))

    @contact.post("/contact/<conversation_id>")
    def write_as_guest(conversation_id: str) -> Answer:
        token = typed("token")
        try:
            shop.contact.of_guest(conversation_id, token)
            if seconds := shop.limiter.wait(Attempt.MESSAGE_BY_GUEST, conversation_id):
                answer = _guest_page(shop, conversation_id, token, TooManyMessages(), status=429)
                answer.headers["Retry-After"] = str(seconds)
                return answer
            shop.contact.write_as_guest(conversation_id, token, typed_message())
        except LinkInvalid:
            return _invalid_link()
        except MessageNotSent as error:
            return _guest_page(shop, conversation_id, token, error, status=422)
        here = url_for("contact.guest", conversation_id=conversation_id, token=token, _anchor="conversation")
        return redirect(here, 303)


def _add_messages(contact: Blueprint, shop: Shop) -> None:
    @contact.get("/messages")
    def messages() -> str | Answer:
        account = current_account()
        if account is None:
            return to_sign_in()
        number = page_number()
        with shop.store.read() as work:
            pages = paged(work.conversations.count_of(account.reader_id), PAGE, number)
            listed = work.conversations.of(account.reader_id, PAGE, (number - 1) * PAGE)
        return render_template("contact/messages.html", conversations=listed, pages=pages)

    @contact.get("/messages/<conversation_id>")
    def conversation(conversation_id: str) -> str | Answer:
        account = current_account()
        if account is None:
            return to_sign_in()
        shop.contact.of_reader(account.reader_id, conversation_id)
        new = new_messages(shop, Side.READER, conversation_id)
        return new or _own_page(shop, account.reader_id, conversation_id)

    @contact.post("/messages/<conversation_id>")
    def write(conversation_id: str) -> Answer:
        account = current_account()
        if account is None:
            return to_sign_in()
        if seconds := shop.limiter.wait(Attempt.MESSAGE_BY_READER, str(account.reader_id)):
            page = _own_page(shop, account.reader_id, conversation_id, TooManyMessages())
            return make_response(page, 429, {"Retry-After": str(seconds)})
        try:
            shop.contact.write(account.reader_id, conversation_id, typed_message())
        except MessageNotSent as error:
            return make_response(_own_page(shop, account.reader_id, conversation_id, error), 422)
        return _to_messages(conversation_id)


def _delay(shop: Shop, reader_id: int | None) -> int:
    """Count this use of the form and return 0, or return the seconds until the next one is allowed."""
    if reader_id is not None:
        return shop.limiter.wait(Attempt.MESSAGE_BY_READER, str(reader_id))
    # First by address: what one address sends in vain must not use up what all share.
    by_address = shop.limiter.wait(Attempt.CONTACT_BY_ADDRESS, address())
    return by_address or shop.limiter.wait(Attempt.CONTACT_BY_EVERYBODY, _EVERYBODY)


def _form(draft: Draft, *errors: str) -> str:
    return render_template(
        "contact/form.html", draft=draft, email=typed("email"), name=typed("name"), error_codes=sorted(errors)
    )


def _guest_page(
    shop: Shop, conversation_id: str, token: str, error: MessageNotSent | None = None, *, status: int = 200
) -> Answer:
    try:
        shop.contact.of_guest(conversation_id, token)
    except LinkInvalid:
        return _invalid_link()
    if error is None and (new := new_messages(shop, Side.READER, conversation_id, token=token)) is not None:
        return make_response(new)
    conversation = shown(shop, Side.READER, conversation_id, error=error, token=token)
    return make_response(render_template("contact/guest.html", conversation=conversation), status)


def _own_page(shop: Shop, reader_id: int, conversation_id: str, error: MessageNotSent | None = None) -> str:
    shop.contact.of_reader(reader_id, conversation_id)
    conversation = shown(shop, Side.READER, conversation_id, error=error)
    return render_template("contact/conversation.html", conversation=conversation)


def _invalid_link() -> Answer:
    return make_response(render_template("contact/invalid_link.html"), 404)


def _to_messages(conversation_id: str) -> Answer:
    return redirect(url_for("contact.conversation", conversation_id=conversation_id, _anchor="conversation"), 303)
