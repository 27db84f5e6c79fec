"""Ids of readers and books, and the names of lists."""

import re

NOBODY = 0
"""The reader that is nobody in particular: shown books, never recorded."""

MAX_ID = 2**31 - 1
MAX_IMPORTED_ID = 999_999_999
FIRST_SHOP_ID = 1_000_000_000


SHOP = "shop"
"""The attribution of what a reader found on a shelf that the shop filled itself."""

# Short enough that an interaction's id of at most 100 characters has room for it.
_ATTRIBUTION = re.compile(r"[A-Za-z0-9._:=+/~-]{1,64}")


def is_attribution(text: str) -> bool:
    """Whether `text` can name the list that led a reader to a book."""
    return _ATTRIBUTION.fullmatch(text) is not None
