"""HTML in text."""

import time

import pytest

from bookfiles.values.markup import has_markup, without_markup


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('<meta charset="utf-8"><p>One</p>\n<p>Two</p>', "One Two"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("un<b>believ</b>able", "unbelievable"),
        ("<script>alert('<p>')</script>Hi<style>p {}</style> there", "Hi there"),
        ("<!-- a <b>comment</b> -->Hi", "Hi"),
        ("<script>never closed", ""),
        ("a <p b", "a <p b"),
        ("1 < 2 <br> 3 > 2", "1 < 2 3 > 2"),
        ("<o:p>Word</o:p><p>x</p>", "Word x"),
    ],
)
def test_tags_are_removed(text: str, meant: str) -> None:
    """Blocks are separated by a space; scripts, styles and comments are left out."""
    assert without_markup(text) == meant


def test_what_is_markup() -> None:
    """Only usual tags are, not every angle bracket."""
    assert has_markup("x<BR>")
    assert has_markup("<p class=x>")
    assert has_markup("<!-- x -->")
    assert not any(map(has_markup, ["a < b > c", "<3", "<you>", "x<y", "<prefix>"]))


def test_hostile_markup_takes_time_in_proportion() -> None:
    """Tags that are never closed are gone over once."""
    began = time.process_time()
    for text in ("<script" * 100_000, "<script>" * 100_000, "<!--" * 100_000, "<p " * 100_000, "<" * 500_000):
        has_markup(text)
        without_markup(text)
    assert time.process_time() - began < 3
