"""What single functions make of any text at all."""

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
def test_an_email_has_one_spelling_or_none(text: str) -> None:
    """Never an exception; a spelling is its own, so accounts are found by it; no markup or line end is in it."""
    spelled = normalized_email(text)
    if spelled is not None:
        assert normalized_email(spelled) == spelled
        assert not re.search(r"[\x00-\x20<>\x7f]", spelled)


@given(ANY | PARTS)
@example("\0' OR 1=1 --")
@example('"* NEAR(a) & ! b:*')
def test_nothing_that_a_database_reads_as_syntax_is_left_of_a_text(text: str) -> None:
    """Words for full text and names in addresses are letters and digits of ASCII, whatever they are made from."""
    for word in (*folded_words(text), *query_words(text)):
        assert re.fullmatch("[a-z0-9]{1,40}", word)
    assert re.fullmatch("[a-z0-9-]{0,80}", slug(text))
    assert re.fullmatch(r"(\d{13})?", isbn13(text), re.ASCII)
    Category.parse(text)
