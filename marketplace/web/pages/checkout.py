"""Checkout: the delivery address, and an order that is placed exactly once."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.addresses import countries, validated_address
from marketplace.domain.errors import CartChanged, InvalidAddress, KeyReused, NotSignedIn
from marketplace.domain.ids import MAX_ID
from marketplace.domain.money import Money
from marketplace.domain.orders import MAX_LINES, Address, Cart, Difference, ShownLine, differences
from marketplace.web.flash import flash
from marketplace.web.forms import typed
from marketplace.web.reader import current_account, current_reader, remember_cart
from marketplace.web.security import no_store
from marketplace.web.shop import Shop

FORM = "checkout/form.html"
FIELDS = ("name", "street", "postal_code", "city", "region", "country")

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_LINE = re.compile(r"([0-9]{1,10}):([0-9]{1,2}):([0-9]{1,13}):([A-Z]{3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """What the checkout's template shows besides the cart: the idempotency key, the address and errors.

    Each error is a code and the id of its field, or "" if it is about the cart.
    """

    key: str
    address: Mapping[str, str]
    errors: Sequence[tuple[str, str]] = ()
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
        address = shop.orders.last_address(account.reader_id)
        known = {name: getattr(address, name) for name in FIELDS} if address else {}
        return _page(cart, Form(secrets.token_urlsafe(24), known))

    @checkout.post("/checkout")
    def order() -> Response | Answer:
        key, lines = _key(), _lines()
        address = {name: typed(name) for name in FIELDS}
        try:
            order_id = shop.orders.place(current_reader(), key, validated_address(Address(**address)), lines)
        except InvalidAddress as error:
            errors = [
                (f"{name}_{error.problems[name].name}".upper(), name) for name in FIELDS if name in error.problems
            ]
            return _page(shop.carts.of(current_reader()), Form(key, address, errors), 422)
        except CartChanged:
            cart = shop.carts.of(current_reader())
            if not cart.lines:
                flash("cart-is-empty")
                return redirect(url_for("cart.page"), 303)
            return _page(cart, Form(key, address, [("CART_CHANGED", "")], differences(cart, lines)), 409)
        except KeyReused as error:
            return make_response(render_template("checkout/reused.html", order_id=error.order_id), 422)
        except NotSignedIn:
            return redirect(url_for("checkout.form"), 303)
        remember_cart(filled=False)
        return redirect(url_for("orders.page", order_id=order_id), 303)

    return checkout


def _page(cart: Cart, form: Form, status: int = 200) -> Response:
    page = render_template(FORM, form=form, cart=cart, countries=countries())
    return make_response(page, status)


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
