"""Ids of readers, books and recommended lists."""

import re

NOBODY = 0
"""The reader id of anonymous visitors, who get recommendations but are not recorded."""

MAX_ID = 2**31 - 1
MAX_IMPORTED_ID = 999_999_999
FIRST_SHOP_ID = 1_000_000_000

SHOP = "shop"
"""The attribution of a list that the shop itself has made."""

_ATTRIBUTION = re.compile(r"[A-Za-z0-9._:=+/~-]{1,64}")


def is_attribution(text: str) -> bool:
    """Whether `text` can be the id of a recommended list."""
    return _ATTRIBUTION.fullmatch(text) is not None
