"""The encodings of pages."""

import codecs

import pytest

from previews.domain import UnsupportedContent
from previews.parsing.encodings import _CODECS, decode


@pytest.mark.parametrize(
    ("body", "header", "text"),
    [
        (codecs.BOM_UTF8 + "ы".encode(), "text/html; charset=koi8-r", "ы"),
        (codecs.BOM_UTF16_BE + "ы".encode("utf-16-be"), "text/html", "ы"),
        ("ы".encode("koi8-r"), 'text/html; Charset="KOI8-R"', "ы"),
        ("<meta charset=utf-8>ы".encode("cp1251"), "text/html; charset=windows-1251", "<meta charset=utf-8>ы"),
        ("<meta charset='cp1251'>ы".encode("cp1251"), "text/html", "<meta charset='cp1251'>ы"),
        ("<!-- <meta charset=koi8-r> --><meta charset=cp1251>ы".encode("cp1251"), "text/html", ">ы"),
        ("<meta charset=utf-16>ы".encode(), "text/html", "<meta charset=utf-16>ы"),
        ("<meta charset=x-unknown>ы".encode(), "text/html", ">ы"),
        ("<meta charset=cp1251>ы".encode("cp1251"), "text/html; charset=x-unknown", ">ы"),
        ("ы".encode(), "text/html; charset=", "ы"),
        ("ы".encode(), "text/html", "ы"),
        ("é€".encode("cp1252"), "text/html", "é€"),
        (b"+ADw-script+AD4-", "text/html; charset=utf-7", "+ADw-script+AD4-"),
        (b"a\xffb", "text/html; charset=utf-8", "a\ufffdb"),
    ],
)
def test_which_source_counts(body: bytes, header: str, text: str) -> None:
    """The byte order mark before the header before the meta tag; unknown names are passed over, as in browsers."""
    assert decode(body, header).endswith(text)


@pytest.mark.parametrize("label", ["utf-7", "rot13", "base64", "hex", "idna", "unicode_escape", "x-unknown", "zip"])
def test_unknown_encodings(label: str) -> None:
    """Codecs of Python that are no encoding of the web are never used, whatever a page calls for."""
    with pytest.raises(UnsupportedContent):
        decode(b"\xff", f"text/html; charset={label}")
    with pytest.raises(UnsupportedContent):
        decode(f"<meta charset={label}>".encode() + b"\xff", "text/html")


def test_every_codec_exists() -> None:
    """Each label leads to a codec of Python for text, which replaces what it cannot read."""
    for codec in set(_CODECS.values()):
        assert isinstance(bytes(range(256)).decode(codec, "replace"), str)
