"""Which URLs may be fetched."""

import pytest

from previews.fetching.rules import MAX_URL, PublicInternet, UrlRefused, parse

RULES = PublicInternet()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "http or https"),
        ("example.com", "http or https"),
        ("//example.com/", "http or https"),
        ("/etc/passwd", "http or https"),
        ("file:///etc/passwd", "http or https"),
        ("ftp://example.com/", "http or https"),
        ("gopher://example.com:80/_x", "http or https"),
        ("data:text/html,x", "http or https"),
        ("javascript:alert(1)", "http or https"),
        ("http://", "http or https"),
        ("http:///path", "http or https"),
        ("http://./", "http or https"),
        ("http://user@example.com/", "user name"),
        ("http://user:pass@example.com/", "user name"),
        ("http://:@example.com/", "user name"),
        ("http://example.com@127.0.0.1/", "user name"),
        ("http://example.com:8080/", "port"),
        ("http://example.com:22/", "port"),
        ("http://example.com:0/", "port"),
        ("http://example.com:99999/", "not a URL"),
        ("http://exa mple.com/", "not a URL"),
        ("http://example.com/\r\nHost: x", "control characters"),
        ("http://exa\0mple.com/", "control characters"),
        ("http://127.0.0.1/", "not public"),
        ("http://127.1/", "not public"),
        ("http://0x7f.1/", "not public"),
        ("http://0177.0.0.1/", "not public"),
        ("http://2130706433/", "not public"),
        ("http://017700000001/", "not public"),
        ("http://0/", "not public"),
        ("http://10.0.0.1./", "not public"),
        ("https://169.254.169.254/latest/meta-data", "not public"),
        ("http://[::1]/", "not public"),
        ("http://[::]/", "not public"),
        ("http://[::ffff:127.0.0.1]/", "not public"),
        ("http://[::ffff:7f00:1]/", "not public"),
        ("http://[fe80::1]/", "not public"),
        ("http://[2606:4700::1%25eth0]/", "not public"),
        ("http://[64:ff9b::7f00:1]/", "not public"),
        ("http://example.com/" + "x" * MAX_URL, "2,048 characters"),
        ("http://example.com/" + "ы" * 1000, "2,048 characters, also once"),
    ],
)
def test_refused_urls(text: str, reason: str) -> None:
    """Each URL that will never be fetched is refused with its reason, without a look-up."""
    with pytest.raises(UrlRefused, match=reason):
        parse(text, RULES)


@pytest.mark.parametrize(
    ("text", "url", "host", "port", "target"),
    [
        ("http://example.com", "http://example.com/", "example.com", 80, "/"),
        ("http://example.com?a", "http://example.com/?a", "example.com", 80, "/?a"),
        (" HTTPS://Example.COM/A?b=c#d ", "https://example.com/A?b=c", "example.com", 443, "/A?b=c"),
        ("https://example.com:443/", "https://example.com:443/", "example.com", 443, "/"),
        ("http://example.com:443/", "http://example.com:443/", "example.com", 443, "/"),
        ("http://example.com/a b", "http://example.com/a%20b", "example.com", 80, "/a%20b"),
        ("http://книги.рф/ы", "http://xn--c1ajbfp.xn--p1ai/%D1%8B", "xn--c1ajbfp.xn--p1ai", 80, "/%D1%8B"),
        ("http://8.8.8.8/", "http://8.8.8.8/", "8.8.8.8", 80, "/"),
        ("http://[2606:4700::1]/", "http://[2606:4700::1]/", "2606:4700::1", 80, "/"),
        # The host is what urllib3 connects to, whatever others would read.
        (
            "http://example.com\\@127.0.0.1/",
            "http://example.com/%5C@127.0.0.1/",
            "example.com",
            80,
            "/%5C@127.0.0.1/",
        ),
    ],
)
def test_accepted_urls(text: str, url: str, host: str, port: int, target: str) -> None:
    """A URL is kept in one form, without its fragment."""
    parsed = parse(text, RULES)
    assert (parsed.text, parsed.host, parsed.port, parsed.target) == (url, host, port, target)
