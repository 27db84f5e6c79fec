"""Characters that cannot be seen."""

_INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff"
"""Zero-width spaces, marks of the direction of writing and of the order of bytes, as web pages leave them."""
_REMOVED = str.maketrans(dict.fromkeys(_INVISIBLE))
_AROUND = f" \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000{_INVISIBLE}"


def stripped(text: str) -> str:
    """A text without whitespace and invisible characters around it."""
    return text.strip() if text.isascii() else text.strip(_AROUND)


def visible(text: str) -> str:
    """A text without invisible characters."""
    return text if text.isascii() else text.translate(_REMOVED)
