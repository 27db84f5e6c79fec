"""The cart: putting books in, changing how many, taking them out."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.domain.errors import CartFull, NotForSale, OtherCurrency
from marketplace.domain.ids import MAX_ID, is_attribution
from marketplace.domain.orders import MAX_QUANTITY
from marketplace.usecases.cards import CardCache
from marketplace.usecases.carts import Carts
from marketplace.web.flash import say
from marketplace.web.reader import current_reader, remember_cart, remember_reader
from marketplace.web.redirects import own_path

_ID = f"<int(min=1,max={MAX_ID}):book_id>"


def blueprint(carts: Carts, cards: CardCache) -> Blueprint:
    """`/cart`, and posts to `/books/<id>/cart`, `/cart/<id>`, `/cart/adjust` and `/cart/empty`."""
    cart = Blueprint("cart", __name__)

    @cart.get("/cart")
    def page() -> str:
        found = carts.of(current_reader())
        remember_cart(filled=bool(found.lines))
        return render_template("cart/page.html", cart=found, most=MAX_QUANTITY)

    @cart.post(f"/books/{_ID}/cart")
    def add(book_id: int) -> Response:
        named = request.form.get("from", "")
        attribution = named if is_attribution(named) else ""
        title = "".join(card.title for card in cards.of([book_id]).values())
        try:
            reader_id = carts.add(current_reader(), book_id, _copies(least=1, otherwise="1"), attribution)
        except (CartFull, NotForSale, OtherCurrency) as refusal:
            say(_REFUSALS[type(refusal)], title=title)
        else:
            remember_reader(reader_id)
            remember_cart(filled=True)
            say("in-cart", title=title)
        return redirect(own_path(request.form.get("next", ""), url_for("book.page", book_id=book_id)), 303)

    @cart.post(f"/cart/{_ID}")
    def change(book_id: int) -> Response:
        copies = _copies(least=0)
        carts.set_quantity(current_reader(), book_id, copies)
        say("cart-changed" if copies else "out-of-cart")
        return _to_cart()

    @cart.post("/cart/adjust")
    def adjust() -> Response:
        carts.adjust(current_reader())
        say("cart-adjusted")
        return redirect(own_path(request.form.get("next", ""), url_for("cart.page")), 303)

    @cart.post("/cart/empty")
    def empty() -> Response:
        carts.empty(current_reader())
        say("cart-emptied")
        return _to_cart()

    return cart


_REFUSALS = {CartFull: "cart-full", NotForSale: "not-for-sale", OtherCurrency: "other-currency"}


def _copies(*, least: int, otherwise: str = "") -> int:
    text = request.form.get("quantity", otherwise)
    # Not str.isdigit alone: it takes digits of other scripts too, and powers.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_QUANTITY)) and int(text) >= least):
        abort(400)
    return int(text)


def _to_cart() -> Response:
    return redirect(url_for("cart.page"), 303)
