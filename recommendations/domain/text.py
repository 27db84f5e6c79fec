"""Texts compared without case, accents and apostrophes."""

import unicodedata

_DROPPED = str.maketrans({**dict.fromkeys("'`\u00b4\u02bc\u2018\u2019™®©"), "№": "#", "&": " and "})
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
"""Combining marks of Latin, Greek and Cyrillic letters; in other scripts marks distinguish words."""


def folded(text: str) -> str:
    """The text in lower case, without accents and apostrophes; `№` becomes `#` and `&` becomes `and`."""
    plain = text.translate(_DROPPED)
    if plain.isascii():
        return plain.lower()
    return unicodedata.normalize("NFKD", plain).translate(_ACCENTS).casefold()
