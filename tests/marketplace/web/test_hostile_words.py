"""Functions that normalize text, with arbitrary input."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.domain.accounts import normalized_email
from marketplace.domain.categories import Category
from marketplace.domain.text import folded_words, isbn13, query_words, slug

ANY = st.text(st.characters(exclude_categories=["Cs"]))
PARTS = st.text(st.sampled_from("a@.-[]:\0\r\n\"'<> éßİ١\u202e"), max_size=30)


@given(ANY | PARTS)
@example("a@İ.com")
@example("a@[::1]")
@example("@" * 254)
def test_an_email_is_normalized_or_rejected(text: str) -> None:
    """It never raises; normalizing again changes nothing; the result has no markup and no line ends."""
    normalized = normalized_email(text)
    if normalized is not None:
        assert normalized_email(normalized) == normalized
        assert not re.search(r"[\x00-\x20<>\x7f]", normalized)


@given(ANY | PARTS)
@example("\0' OR 1=1 --")
@example('"* NEAR(a) & ! b:*')
def test_normalized_text_has_no_database_syntax(text: str) -> None:
    """Words for full-text search and slugs have only ASCII letters and digits, whatever the input."""
    for word in (*folded_words(text), *query_words(text)):
        assert re.fullmatch("[a-z0-9]{1,40}", word)
    assert re.fullmatch("[a-z0-9-]{0,80}", slug(text))
    assert re.fullmatch(r"(\d{13})?", isbn13(text), re.ASCII)
    Category.parse(text)
