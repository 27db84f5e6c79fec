"""The cart: add books, change quantities, remove books."""

import re

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.domain.errors import CartFull, NotForSale, OtherCurrency
from marketplace.domain.orders import MAX_QUANTITY
from marketplace.web.flash import flash
from marketplace.web.forms import BOOK_ID, attribution, redirect_back, typed
from marketplace.web.reader import current_reader, remember_cart, remember_reader
from marketplace.web.shop import Shop

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
_REFUSALS = {CartFull: "cart-full", NotForSale: "not-for-sale", OtherCurrency: "other-currency"}


def blueprint(shop: Shop) -> Blueprint:
    """`/cart`, and posts to `/books/<id>/cart`, `/cart/<id>`, `/cart/adjust` and `/cart/empty`."""
    cart = Blueprint("cart", __name__)

    @cart.get("/cart")
    def page() -> str:
        current = shop.carts.of(current_reader())
        remember_cart(filled=bool(current.lines))
        return render_template("cart/page.html", cart=current, most=MAX_QUANTITY)

    @cart.post(f"/books/{BOOK_ID}/cart")
    def add(book_id: int) -> Response:
        title = shop.title(book_id)
        try:
            quantity = _quantity(least=1, default="1")
            reader_id = shop.carts.add(current_reader(), book_id, quantity, attribution(), key=_key())
        except (CartFull, NotForSale, OtherCurrency) as refusal:
            flash(_REFUSALS[type(refusal)], title=title)
        else:
            remember_reader(reader_id)
            remember_cart(filled=True)
            flash("added-to-cart", title=title)
        return redirect_back(url_for("book.page", book_id=book_id))

    @cart.post(f"/cart/{BOOK_ID}")
    def change(book_id: int) -> Response:
        quantity = _quantity(least=0)
        shop.carts.set_quantity(current_reader(), book_id, quantity)
        flash("cart-updated" if quantity else "removed-from-cart")
        return redirect(url_for("cart.page"), 303)

    @cart.post("/cart/adjust")
    def adjust() -> Response:
        shop.carts.adjust(current_reader())
        flash("cart-adjusted")
        return redirect_back(url_for("cart.page"))

    @cart.post("/cart/empty")
    def empty() -> Response:
        shop.carts.empty(current_reader())
        flash("cart-emptied")
        return redirect(url_for("cart.page"), 303)

    return cart


def _key() -> str:
    # A double click, or a retry after a lost answer, sends the same key.
    key = typed("key")
    return key if _KEY.fullmatch(key) else ""


def _quantity(*, least: int, default: str = "") -> int:
    text = request.form.get("quantity", default)
    # Not str.isdigit alone: it accepts superscripts and the digits of other scripts.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_QUANTITY)) and int(text) >= least):
        abort(400)
    return int(text)
