"""Hostile values for fields, parameters, paths, headers and bodies."""

from tests.marketplace.web.crawler import MARKER

_M = MARKER

MARKUP = {
    "script": f'"><script>{_M}()</script>',
    "image": f"'\"><img src=x onerror={_M}()>",
    "element": f"</title></textarea></script><{_M} on{_M}=1>",
    "attribute": f'{_M}" onfocus={_M} autofocus x="',
    "attribute, one quote": f"{_M}' onfocus={_M} autofocus x='",
    "comment": f"--><{_M}><!--{_M}",
    "entities": f"&lt;script&gt;{_M}&#60;{_M}&#x3e;",
    "javascript": f"javascript:{_M}()",
    "javascript with a tab": f"java\tscript:{_M}()",
    "template": f"{_M}{{{{7*7}}}}{_M}${{7*7}}{_M}<%= 7*7 %>{{% raise %}}{_M}#{{7*7}}{_M}",
    "format": f"%({_M})s %s %n %(title)s {{0.__class__}} {{{_M}}}",
}
TEXTS = {
    **MARKUP,
    "nothing": "",
    "blank": " \t ",
    "10 kB": _M + "é" * 1_500 + "A" * 7_000,
    "60 kB": _M + "A" * 60_000,
    "more than a form may have": _M + "A" * 70_000,
    "SQL, or": f"{_M}' OR 1=1 --",
    "SQL, union": f'{_M}" UNION SELECT email FROM accounts --',
    "FTS5": f'"* NEAR({_M} AND OR NOT title : ^{_M}* {{authors}} -',
    "tsquery": f"a & | ! b:* <-> {_M} \\' ::",
    "traversal": f"../../../../etc/passwd{_M}",
    "traversal, encoded": f"..%2f..%2f..%2fetc%2fpasswd%00{_M}",
    "line ends": f"/{_M}\r\nSet-Cookie: {_M}=1\r\n\r\n<{_M}>",
    "line ends, encoded": f"/%0d%0aSet-Cookie:%20{_M}=1",
    "elsewhere": f"https://evil.example/{_M}",
    "elsewhere, no scheme": f"//evil.example/{_M}",
    "elsewhere, backslash": f"/\\evil.example/{_M}",
    "elsewhere, tab": f"/\t/evil.example/{_M}",
    "elsewhere, dots": f"/..//evil.example/{_M}",
    "elsewhere, encoded": f"/%2fevil.example/{_M}",
    "characters": f"{_M}\u202e\ufeff\uffff\U0010ffff\u2028\u0000{_M}",
    "ligatures": f"{_M}" + "\ufdfa" * 300,
    "accents": f"{_M}" + "\u0301" * 900,
    "-1": "-1",
    "0": "0",
    "2**31": str(2**31),
    "2**63": str(2**63),
    "1e309": "1e309",
    "NaN": "NaN",
    "superscript": "²",
    "Arabic digit": "\u0661",
    "many digits": "9" * 5000,
    "spaced": " 1 ",
    "underscored": "1_0",
}
VALUES: dict[str, bytes] = {
    **{name: text.encode() for name, text in TEXTS.items()},
    "NUL": b"\x00",
    "NUL within": f"{_M}\x00{_M}".encode(),
    "control bytes": bytes(range(1, 32)) + b"\x7f\xc2\x85" + _M.encode(),
    "lone surrogate": b"\xed\xa0\x80" + _M.encode(),
    "not UTF-8": b"\xff\xfe\xc0\xaf" + _M.encode(),
    "half a letter": _M.encode() + b"\xe2\x82",
}

HEADERS: list[tuple[str, str]] = [
    *(("Host", value) for value in ("evil.example", "localhost@evil.example", "localhost:x", f"{_M}<b>", "[::1", "")),
    *(("Host", f"localhost:{port}") for port in ("99999999", "²", "0", "9" * 5000)),
    ("X-Forwarded-For", f"{_M}, 1.2.3.4, ::1"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "javascript"),
    ("X-Forwarded-Prefix", f"//evil.example/{_M}"),
    ("Forwarded", "for=evil.example;host=evil.example"),
    ("X-Original-URL", "/account/export"),
    ("X-HTTP-Method-Override", "DELETE"),
    *(("Accept-Encoding", value) for value in ("gzip;q=x", "gzip;q=", ";q=1", "br;q=1e309", "gzip;q=NaN,*;q=-1")),
    *(("Accept-Encoding", value) for value in ("gzip;q=1;q=2", "," * 5000, "\xff\x00", "gzip," * 5000, "*")),
    ("Referer", f'http://evil.example/"><script>{_M}</script>'),
    ("Referer", "http://["),
    *(("Origin", value) for value in ("http://[", "null", "\xff", f"http://evil.example/{_M}")),
    *(("Sec-Fetch-Site", value) for value in ("", "cross-site", _M)),
    *(("Cookie", text) for text in (_M * 16_000, "reader", "reader=", "=;=;;", "reader=\xff\xfe", "reader=.eJw.x.x")),
    ("Cookie", "; ".join(f"c{n}={n}" for n in range(3000))),
    ("User-Agent", f"<{_M}>" * 1000),
    ("Accept", "\xff;q=x,*/*;q=NaN"),
    ("Accept-Language", "xx-" * 3000),
    *(("Range", value) for value in ("bytes=-", "bytes=9-1", "bytes=0-0,1-1", f"bytes=0-{'9' * 5000}", "lines=1")),
    ("Range", f"bytes=-{10**30}"),
    *((name, date) for name in ("If-Modified-Since", "If-Range") for date in ("x", "Mon, 99 Xyz 99999999 99:99:99")),
    ("If-Modified-Since", "Mon, 01 Jan 9999999999 00:00:00 +9999"),
    *(("If-None-Match", value) for value in ("*", '"', 'W/"', "\xff" * 1000)),
    ("Content-Length", "-1"),
    ("Content-Length", "9" * 400),
    ("Content-Type", "multipart/form-data"),
    ("Content-Encoding", "gzip"),
    ("Transfer-Encoding", "chunked, chunked"),
    ("traceparent", f"00-{_M}-x-01\x85"),
    ("Authorization", "Basic \xff"),
    ("Purpose", "\xff"),
]

_PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
BODIES: list[tuple[str, str, bytes]] = [
    ("JSON", "application/json", b'{"email": {"a": [1]}, "stars": NaN}'),
    ("broken JSON", "application/json", b"{" * 5000),
    ("a text", "text/plain", b"stars=5"),
    ("no type", "", b"stars=5"),
    ("a type that is none", "\xff/;;=;charset=nope", b"stars=5"),
    ("another charset", "application/x-www-form-urlencoded; charset=utf-7", b"stars=%2BADw-"),
    ("compressed", "application/x-www-form-urlencoded; charset=zlib", b"x\x9c\x03\x00"),
    ("without boundary", "multipart/form-data", b"--b\r\n\r\nx\r\n--b--"),
    ("another boundary", "multipart/form-data; boundary=c", b"--b\r\n\r\nx\r\n--b--"),
    ("an endless boundary", f"multipart/form-data; boundary={'b' * 9000}", b"--b\r\n\r\nx"),
    ("cut off", "multipart/form-data; boundary=b", _PART % (b"stars", b"", b"5")),
    ("parts without names", "multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b\r\nX: y\r\n\r\nz\r\n--b--\r\n"),
    (
        "an odd part",
        "multipart/form-data; boundary=b",
        _PART % (b"stars\x00\xff", b"; x=\xff\x00", b"") + b"--b--\r\n",
    ),
    ("too many fields", "application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(6000))),
    ("separators", "application/x-www-form-urlencoded", b"&=" * 20_000 + b";" * 9000),
    ("percents", "application/x-www-form-urlencoded", b"%" * 30_000 + b"=%zz%u0041"),
    ("nested names", "application/x-www-form-urlencoded", b"stars[]=5&stars[a][b]=5&next.next=x&__proto__[x]=1"),
    ("more than may be sent", "application/octet-stream", b"\x00" * 70_000),
]

METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "CONNECT", "BREW", "get")


def multipart(fields: dict[str, bytes], *, as_files: bool) -> bytes:
    """The fields as parts of a multipart form, or each as a file with a hostile name."""
    named = b'; filename="../../%s\r\n.html"' % _M.encode() if as_files else b""
    return b"".join(_PART % (name.encode(), named, value) for name, value in fields.items()) + b"--b--\r\n"
