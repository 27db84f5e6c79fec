"""Checkout: the delivery address, and an order that is placed exactly once."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.addresses import CONFIRMABLE, address_problems, countries, place_fields, tidied_address
from marketplace.domain.errors import AddressProblem, CartChanged, KeyReused, NotSignedIn
from marketplace.domain.ids import MAX_ID
from marketplace.domain.money import Money
from marketplace.domain.orders import MAX_LINES, Address, Cart, Difference, ShownLine, differences
from marketplace.web.flash import flash
from marketplace.web.forms import typed
from marketplace.web.reader import current_account, current_reader, remember_cart
from marketplace.web.security import no_store
from marketplace.web.shop import Shop

FORM = "checkout/form.html"
_FIRST_FIELDS = ("country", "name", "street")
FIELDS = (*_FIRST_FIELDS, "postal_code", "city", "region")

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_LINE = re.compile(r"([0-9]{1,10}):([0-9]{1,2}):([0-9]{1,13}):([A-Z]{3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """What the checkout's template shows besides the cart: the idempotency key, the address and errors.

    Each error is a code and the id of its field, or "" if it is about the cart. See `_confirmations` for `confirmed`.
    """

    key: str
    address: Mapping[str, str]
    errors: Sequence[tuple[str, str]] = ()
    confirmed: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[int, tuple[Difference, ShownLine | None]] = field(default_factory=dict)


def blueprint(shop: Shop) -> Blueprint:
    """`/checkout`."""
    checkout = Blueprint("checkout", __name__)
    checkout.after_request(no_store)

    @checkout.get("/checkout")
    def form() -> Response | str | Answer:
        account = current_account()
        if account is None:
            return render_template("checkout/sign_in.html")
        cart = shop.carts.of(account.reader_id)
        if not cart.is_orderable:
            return redirect(url_for("cart.page"), 303)
        key, address = secrets.token_urlsafe(24), shop.orders.last_address(account.reader_id)
        # What was confirmed for the last order is not asked again.
        confirmed = _confirmations(address, address_problems(address)) if address else {}
        return _page(cart, Form(key, asdict(address) if address else {}, confirmed=confirmed))

    @checkout.post("/checkout")
    def order() -> Response | Answer:
        key, lines = _key(), _lines()
        fields = {name: typed(name) for name in FIELDS}
        address = tidied_address(Address(**fields))
        problems = address_problems(address)
        confirmed = _confirmations(address, problems)
        sent = request.form.getlist("confirmed")
        errors = [
            (f"{name}_{problems[name].name}".upper(), name)
            for name in (*_FIRST_FIELDS, *place_fields(address.country))
            if name in problems and confirmed.get(name) not in sent
        ]
        if errors:
            return _page(shop.carts.of(current_reader()), Form(key, fields, errors, confirmed), 422)
        try:
            order_id = shop.orders.place(current_reader(), key, address, lines)
        except CartChanged:
            cart = shop.carts.of(current_reader())
            if not cart.lines:
                flash("cart-is-empty")
                return redirect(url_for("cart.page"), 303)
            form = Form(key, fields, [("CART_CHANGED", "")], confirmed, differences(cart, lines))
            return _page(cart, form, 409)
        except KeyReused as error:
            return make_response(render_template("checkout/reused.html", order_id=error.order_id), 422)
        except NotSignedIn:
            return redirect(url_for("checkout.form"), 303)
        remember_cart(filled=False)
        return redirect(url_for("orders.page", order_id=order_id), 303)

    return checkout


def _page(cart: Cart, form: Form, status: int = 200) -> Response:
    places = place_fields(form.address.get("country", ""))
    page = render_template(FORM, form=form, cart=cart, countries=countries(), places=places)
    return make_response(page, status)


def _confirmations(address: Address, problems: Mapping[str, AddressProblem]) -> dict[str, str]:
    """What a reader confirms by sending an address again that its country's table does not know, by field.

    It names the value, so that another one is asked about again.
    """
    fields = [name for name, problem in problems.items() if problem in CONFIRMABLE]
    return {name: f"{address.country}:{name}:{getattr(address, name)}" for name in fields}


def _key() -> str:
    key = typed("key")
    if _KEY.fullmatch(key) is None:
        abort(400)
    return key


def _lines() -> list[ShownLine]:
    matches = [_LINE.fullmatch(text) for text in request.form.getlist("line")[: MAX_LINES + 1]]
    lines = [
        ShownLine(int(match[1]), int(match[2]), Money(int(match[3]), match[4]))
        for match in matches
        if match is not None and int(match[1]) <= MAX_ID
    ]
    if not lines or len(lines) != len(matches):
        abort(400)
    return lines
