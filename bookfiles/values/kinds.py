"""What a reader did, as files say it: kinds of events, reading status, status of orders."""

import re
from collections.abc import Mapping
from enum import Enum

from bookfiles.errors import Unreadable
from bookfiles.values.text import stated


class Kind(Enum):
    """What a reader did with a book, named as in the contract."""

    SHOWN = "shown"
    VIEW = "view"
    CLICK = "click"
    CART = "cart"
    PURCHASE = "purchase"
    RATING = "rating"
    NOT_INTERESTED = "not_interested"


_WORDS: Mapping[Kind | None, str] = {
    Kind.SHOWN: "shown impression impressions display displayed",
    Kind.VIEW: "view viewed views pv page_view pageview detail visit opened",
    Kind.CLICK: "click clicked clicks",
    Kind.CART: "cart add_to_cart addtocart added_to_cart basket carted add",
    Kind.PURCHASE: (
        "purchase purchased purchases buy bought order ordered orders sale sold transaction checkout payment "
        "read finished completed complete paid partially_paid authorized fulfilled shipped delivered processing "
        "owned reading currently_reading borrowed loan your_library read_but_unowned favorites favourites "
        "like liked likes love loved "
        "yes y true t 1 1.0 прочитано читаю куплено оплачен доставлен выполнен покупка gelesen gekauft lu acheté "
        "leído comprado"
    ),
    Kind.RATING: "rating rated rate review reviewed оценка отзыв",
    Kind.NOT_INTERESTED: (
        "not_interested dismissed dismiss hide hidden did_not_finish dnf abandoned gave_up unfinished "
        "dislike disliked брошено"
    ),
    # Nothing that says what a reader likes, or that was taken back.
    None: (
        "to_read want_to_read to_be_read tbr up_next unread paused wish wishlist wished to_buy planned "
        "fav favorite favourite bookmark save saved no n false f 0 0.0 refunded refund partially_refunded "
        "returned return cancelled canceled cancellation failed voided expired pending on_hold draft unpaid declined "
        "хочу_прочитать отменен отменён возврат"
    ),
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_SHOP_SYSTEM = "wc_"
"""WooCommerce writes it before the status of orders."""


def kind(field: str) -> Kind | None:
    """What a field says the reader did; None if it says that nothing counts, such as a wish or a refund.

    Of several, as LibraryThing has collections (`Your library, To read`), the first that counts.
    """
    value = stated(field)
    parts = [re.sub(r"[\s_-]+", "_", part.strip()).casefold().removeprefix(_SHOP_SYSTEM) for part in value.split(",")]
    if not value or not all(part in _KINDS for part in parts):
        raise Unreadable(f"{value[:40]!r} is not known")
    return next(filter(None, map(_KINDS.get, parts)), None)
