"""Addresses of pictures."""

import pytest

from bookfiles.errors import Unreadable
from bookfiles.values.pictures import picture


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("", ""),
        ("NULL", ""),
        ("n/a", ""),
        ("https://e.com/a.jpg", "https://e.com/a.jpg"),
        ("//e.com/a.jpg", "https://e.com/a.jpg"),
        ("HTTPS://E.COM/A.JPG", "HTTPS://E.COM/A.JPG"),
        ("https://e.com/a.jpg, https://e.com/b.jpg", "https://e.com/a.jpg"),
        ("https://e.com/a.jpg,https://e.com/b.jpg", "https://e.com/a.jpg"),
        ("https://e.com/a.jpg;https://e.com/b.jpg", "https://e.com/a.jpg"),
        ("https://e.com/a.jpg | https://e.com/b.jpg", "https://e.com/a.jpg"),
        ("https://e.com/a.jpg https://e.com/b.jpg", "https://e.com/a.jpg"),
        ("https://e.com/a.jpg\nhttps://e.com/b.jpg", "https://e.com/a.jpg"),
        ("a.jpg; https://e.com/b.jpg", "https://e.com/b.jpg"),
        ("https://e.com/a,b;c.jpg", "https://e.com/a,b;c.jpg"),
        ("https://e.com/a b.jpg", "https://e.com/a%20b.jpg"),
        ("https://e.com/x?a=1&amp;b=2", "https://e.com/x?a=1&b=2"),
        ("['https://e.com/a.jpg', 'https://e.com/b.jpg']", "https://e.com/a.jpg"),
        ('[{"url": "https://e.com/a.jpg"}]', "https://e.com/a.jpg"),
        ("https://e.com/д.jpg", "https://e.com/д.jpg"),
    ],
)
def test_pictures(field: str, meant: str) -> None:
    """The first address of several, however they are separated."""
    assert picture(field) == meant


@pytest.mark.parametrize(
    "field",
    [
        "images/a.jpg",
        r"C:\covers\a.jpg",
        "ftp://e.com/a.jpg",
        "javascript:alert(1)",
        "data:image/png;base64,AAA",
        "www.e.com/a.jpg",
        "http://",
        "http://[::1",
        "/a.jpg",
    ],
)
def test_not_a_picture(field: str) -> None:
    """Other schemes and paths are unreadable."""
    with pytest.raises(Unreadable, match="is not an http or https address"):
        picture(field)
