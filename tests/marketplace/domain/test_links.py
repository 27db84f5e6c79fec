"""Links in texts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.links import (
    KEEP,
    KEEP_FAILURES,
    MAX_URL_LENGTH,
    Link,
    LinkState,
    first_link,
    is_picture_path,
    parse_link,
    picture_path,
    text_parts,
)
from tests.marketplace.fakes import NOON

SECOND = timedelta(seconds=1)
PATHS = st.text("abcÄ0-_/?=&%#,.;:!'()[]~ \n", max_size=40)
AROUND = st.text(" \n\"'()[]<>.,;!?„“«»*_x看", max_size=8)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Look: https://a.example/x.", "https://a.example/x"),
        ("https://a.example, https://b.example", "https://a.example"),
        ("(https://a.example/Dune_(novel))", "https://a.example/Dune_(novel)"),
        ("[https://a.example/x]!", "https://a.example/x"),
        ("<https://a.example/?q=1&r=2#top>", "https://a.example/?q=1&r=2#top"),
        ("„https://a.example/x“", "https://a.example/x"),
        ("“https://a.example/x…”", "https://a.example/x"),
        ("看https://a.example/书。", "https://a.example/书"),
        ("HTTPS://Bücher.example/ä", "HTTPS://Bücher.example/ä"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("http://a.example:8080/", "http://a.example:8080/"),
        ("https://a.example/x\u202egnp.exe", "https://a.example/x"),
        ("first http://user:secret@a.example/ then https://b.example/", "https://b.example/"),
        ("https://user@a.example/", None),
        ("https://", None),
        ("https://.,", None),
        ("http://a.example:99999/", None),
        ("http://[::1/", None),
        ("ftp://a.example/", None),
        ("www.a.example", None),
        ("javascript:alert(1)//https:", None),
        ("xhttps://a.example", None),
        ("", None),
    ],
)
def test_the_first_link_as_people_write_it(text: str, found: str | None) -> None:
    """Without the punctuation, quotes and brackets around it; none with a user name, a password or a broken host."""
    assert first_link(text) == found


@pytest.mark.parametrize(("length", "is_one"), [(MAX_URL_LENGTH, True), (MAX_URL_LENGTH + 1, False)])
def test_a_link_has_a_longest_length(length: int, is_one: bool) -> None:
    """A longer one stays plain text."""
    url = "https://a.example/".ljust(length, "x")
    assert (first_link(url) == parse_link(url) == url) is is_one


@given(AROUND, PATHS, AROUND)
def test_parts_are_the_text_and_links_can_be_followed(before: str, path: str, after: str) -> None:
    """Nothing of a text is lost, and what is a link is one by itself."""
    text = f"{before}https://a.example/{path}{after}"
    parts = text_parts(text)
    assert "".join(part.text for part in parts) == text
    links = [part for part in parts if part.url]
    assert [part.url for part in links] == [part.text for part in links]
    assert all(parse_link(part.url) == part.url for part in links)
    assert first_link(text) == (links[0].url if links else None)


@given(st.text(max_size=200))
def test_any_text_has_parts(text: str) -> None:
    """Whatever is written, nothing of it is lost or raised."""
    assert "".join(part.text for part in text_parts(text)) == text


def test_many_brackets_are_read_once() -> None:
    """A long text that is made to be slow takes no longer than another: it would take seconds otherwise."""
    assert first_link("https://a.example/" + ")" * 500_000) == "https://a.example/"


def test_what_a_moderator_types() -> None:
    """White space around it is ignored; words around it are not a link."""
    assert parse_link(" https://a.example/x \n") == "https://a.example/x"
    for text in ("see https://a.example/x", "https://a b.example", "a.example", "https://u:p@a.example", "\ud800"):
        assert parse_link(text) is None


@pytest.mark.parametrize(
    ("state", "error", "keep"),
    [(LinkState.ASKED, "", KEEP), (LinkState.READY, "", KEEP), (LinkState.FAILED, "NOT_FOUND", KEEP_FAILURES)],
)
def test_how_long_a_link_is_fresh(state: LinkState, error: str, keep: timedelta) -> None:
    """A day; a failure for minutes, also while another try is due."""
    link = Link(url="https://a.example", state=state, error=error, asked_at=NOON)
    assert link.is_fresh(NOON + keep - SECOND)
    assert not link.is_fresh(NOON + keep)
    assert not Link(url="https://a.example", error="UNAVAILABLE", asked_at=NOON).is_fresh(NOON + KEEP_FAILURES)


def test_only_paths_of_pictures_are_such() -> None:
    """Nothing else of the shop can be made a book's cover."""
    assert is_picture_path(picture_path("0a" * 32))
    for path in ("/pictures/", picture_path("0A" * 32), picture_path("0a" * 32) + "/", "/covers/" + "0a" * 32):
        assert not is_picture_path(path)
