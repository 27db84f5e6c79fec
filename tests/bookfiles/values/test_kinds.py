"""What readers did."""

import pytest

from bookfiles.errors import Unreadable
from bookfiles.values.kinds import Kind, kind

WORDS = {
    Kind.VIEW: "view pv page_view detail",
    Kind.CART: "cart addtocart Add-to-Cart",
    Kind.PURCHASE: (
        "purchase buy transaction SALE paid Paid authorized partially_paid wc-completed completed processing read "
        "currently-reading owned true TRUE 1 1.0 yes Y liked прочитано gelesen"
    ),
    Kind.RATING: "rating rated review",
    Kind.NOT_INTERESTED: "not_interested did-not-finish DNF abandoned dismissed",
    Kind.SHOWN: "shown impression",
    Kind.CLICK: "click",
    None: (
        "to-read wishlist fav on-hold paused false 0 0.0 no N refunded partially_refunded Voided pending cancelled "
        "returned wc-cancelled отменён"
    ),
}


@pytest.mark.parametrize(("word", "meant"), [(word, kind) for kind, words in WORDS.items() for word in words.split()])
def test_words(word: str, meant: Kind | None) -> None:
    """Events, shelves and the status of orders; None counts for nothing."""
    assert kind(f" {word} ") is meant


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("Did Not Finish", Kind.NOT_INTERESTED),
        ("Want  to Read", None),
        ("add to cart", Kind.CART),
        ("Your library", Kind.PURCHASE),
        ("Your library, To read", Kind.PURCHASE),
        ("To read, Wishlist", None),
    ],
)
def test_several_words(field: str, meant: Kind | None) -> None:
    """Spaces are as good as hyphens; of several collections the first that counts is meant."""
    assert kind(field) is meant


@pytest.mark.parametrize("field", ["dance", "", "Your library, Loft", "2", "unfulfilled"])
def test_unknown_words(field: str) -> None:
    """They are unreadable."""
    with pytest.raises(Unreadable, match="is not known"):
        kind(field)
