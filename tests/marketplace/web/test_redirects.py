"""Redirects never lead out of the shop."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.web.forms import own_path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/books/42",
        "/books/42?from=list-1",
        "/?category=science-fiction#shelf",
        "/search?q=a%20b&next=//evil.org",
        "/account/",
    ],
)
def test_own_paths_are_kept(path: str) -> None:
    """Paths of the shop are returned unchanged, whatever their query."""
    assert own_path(path, "/account") == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "books/42",
        "//evil.org",
        "///evil.org",
        "/\\evil.org",
        "\\\\evil.org",
        "/\t/evil.org",
        "/\n/evil.org",
        "\t//evil.org",
        " //evil.org",
        "/ /evil.org",
        "https:evil.org",
        "https://evil.org",
        "javascript:alert(1)",
        "/%2fevil.org",
        "/%2Fevil.org",
        "/%5cevil.org",
        "/%252fevil.org",
        "/%09/evil.org",
        "/%0d%0aSet-Cookie:x",
        "/.//evil.org",
        "/..//evil.org",
        "/%2e%2e/evil.org",
        "/a/../b",
        "/a//b",
        "/é",
        "/\u2028",
        "@evil.org",
        "?//evil.org",
        "/" + "a" * 2000,
    ],
)
def test_paths_that_may_lead_out_are_rejected(text: str) -> None:
    """Every known way to another host, and everything but a plain path, gives the default."""
    assert own_path(text, "/account") == "/account"


@given(st.one_of(st.text(), st.text("/\\:@%25fcFCx.?#\t\r\n\0 ea", max_size=24).map(lambda text: "/" + text)))
def test_no_text_leads_to_another_host(text: str) -> None:
    """Read literally, and as browsers read tabs, line ends and backslashes."""
    path = own_path(text, "/account")
    as_browsers_read = "".join(letter for letter in path if letter not in "\t\r\n").replace("\\", "/").strip()
    for read in (path, as_browsers_read):
        assert read.startswith("/")
        assert not read.startswith("//")
        assert urlsplit(urljoin("https://shop.example/account/sign-in", read))[:2] == ("https", "shop.example")
