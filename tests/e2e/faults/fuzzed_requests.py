"""Hostile HTTP requests as bytes, the same for the same seed."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from tests.marketplace.web.hostile import BODIES, HEADERS, METHODS, VALUES, multipart

BOOKS = 477
ADDRESS = ("name", "street", "city", "region", "postal_code", "country")
BOOK = tuple(
    f"{prefix}{name}"
    for prefix in ("", "shown-")
    for name in (
        "title",
        "authors",
        "categories",
        "subjects",
        "price",
        "currency",
        "stock",
        "year",
        "isbn",
        "picture",
    )
)
FORMS: dict[str, Sequence[str]] = {
    "/books/{book}/rating": ("stars", "next", "from"),
    "/books/{book}/cart": ("quantity", "next", "from"),
    "/books/{book}/wish": ("next", "from"),
    "/books/{book}/unwish": ("next",),
    "/books/{book}/not-interested": ("next", "from"),
    "/undo": ("interaction", "next"),
    "/cart/{book}": ("quantity", "next"),
    "/cart/adjust": ("next",),
    "/cart/empty": ("next",),
    "/checkout": ("key", "line", "line", *ADDRESS),
    "/account/sign-in": ("email", "password", "next"),
    "/account/sign-up": ("email", "password", "next"),
    "/account/password": ("old", "password"),
    "/account/forget": ("password",),
    "/orders/{text}/cancel": ("next",),
    "/webhooks/payments/{text}": ("outcome",),
    "/moderator/books/new": BOOK,
    "/moderator/books/{book}": BOOK,
    "/moderator/books/{book}/hide": ("next",),
    "/moderator/books/{book}/show": ("next",),
    "/moderator/books/import": ("books",),
    "/moderator/orders/{text}": ("to", "next"),
    "/moderator/events/{book}/retry": ("next",),
    "/moderator/events/retry": ("next",),
}
"""The shop's forms that end no session, and their fields."""
PAGES = (
    *(
        "/",
        "/account",
        "/account/export",
        "/account/forget",
        "/account/password",
        "/account/sign-in",
        "/account/sign-up",
    ),
    *("/authors/{text}", "/books/{book}", "/books/{text}", "/cart", "/categories", "/categories/{text}", "/checkout"),
    *("/covers/{book}-{text}.svg", "/healthz", "/history", "/orders", "/orders/{text}", "/orders/{text}/state"),
    *(
        "/readyz",
        "/robots.txt",
        "/search",
        "/search/suggest",
        "/static/{text}",
        "/static/shop.css",
        "/wishlist",
        "/{text}",
    ),
    *("/moderator", "/moderator/audit", "/moderator/books", "/moderator/books/{book}", "/moderator/books/import"),
    *("/moderator/books/new", "/moderator/events", "/moderator/orders", "/moderator/orders/{text}"),
    *(
        "/static/../{text}",
        "/static/{text}/../shop.css",
        "//{text}",
        "/./cart",
        "*",
        "http://localhost/{text}",
        "{text}",
    ),
)
PARAMETERS = ("q", "page", "sort", "from", "next", "state", "category", "book", "hidden", "v", "x")
_VALUES = tuple(VALUES.values())
_RAW = (
    b"%00",
    b"%",
    b"%zz",
    b"%ff%fe",
    b"%2e%2e%2f",
    b"%c0%af",
    b"%e2%82",
    b"%F0%9F%92%A9",
    b"..;/",
    b"\xc3\xa9",
    b"\xff",
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """The value of a session's cookie, and its CSRF token."""

    cookie: bytes
    token: bytes


def fuzzed_requests(seed: int, visitors: Sequence[Visitor]) -> Iterator[tuple[bytes, bool]]:
    """Endless requests, and whether each is complete; others need not be answered, and some are not HTTP."""
    chance = random.Random(seed)
    while True:
        kind = chance.choice(_KINDS)
        yield kind(chance, chance.choice(visitors)), kind not in _INCOMPLETE


def _page(chance: random.Random, visitor: Visitor) -> bytes:
    names = chance.choices(PARAMETERS, k=chance.choice((0, 1, 1, 2, 6)))
    query = b"&".join(name.encode() + b"=" + _encoded(chance) for name in names)
    return _request(chance.choice((b"GET", b"GET", b"HEAD")), _path(chance) + b"?" + query, [_cookie(visitor.cookie)])


def _form(chance: random.Random, visitor: Visitor) -> bytes:
    path, names = chance.choice(list(FORMS.items()))
    fields = [(name.encode(), _encoded(chance)) for name in names if chance.random() < 0.9]
    body = b"&".join(name + b"=" + value for name, value in [*_token(chance, visitor), *fields])
    return _post(_filled(chance, path), visitor, b"application/x-www-form-urlencoded", body)


def _multipart(chance: random.Random, visitor: Visitor) -> bytes:
    path, names = chance.choice(list(FORMS.items()))
    fields = {name: chance.choice(_VALUES) for name in names} | {"csrf_token": visitor.token}
    body = multipart(fields, as_files=chance.random() < 0.5)
    return _post(_filled(chance, path), visitor, b"multipart/form-data; boundary=b", _damaged(chance, body))


def _odd_body(chance: random.Random, visitor: Visitor) -> bytes:
    _, kind, body = chance.choice(BODIES)
    return _post(_filled(chance, chance.choice(list(FORMS))), visitor, kind.encode("latin-1"), body)


def _odd_headers(chance: random.Random, visitor: Visitor) -> bytes:
    headers = [
        name.encode() + b": " + value.encode("latin-1").replace(b"\n", b" ")
        for name, value in chance.choices(HEADERS, k=chance.choice((1, 1, 2, 5)))
    ]
    if chance.random() < 0.2:
        headers += headers
    return _request(chance.choice((b"GET", b"POST")), _path(chance), [_cookie(visitor.cookie), *headers])


def _odd_cookie(chance: random.Random, visitor: Visitor) -> bytes:
    cookie = _damaged(chance, visitor.cookie).replace(b"\r", b"").replace(b"\n", b"")
    fields = b"csrf_token=" + quote_from_bytes(_damaged(chance, visitor.token)).encode() + b"&stars=4"
    if chance.random() < 0.5:
        return _request(b"GET", _path(chance), [_cookie(cookie)])
    return _post(
        _filled(chance, "/books/{book}/rating"), Visitor(cookie, b""), b"application/x-www-form-urlencoded", fields
    )


def _odd_method(chance: random.Random, visitor: Visitor) -> bytes:
    return _request(chance.choice(METHODS).encode(), _path(chance), [_cookie(visitor.cookie), b"Content-Length: 0"])


def _odd_framing(chance: random.Random, visitor: Visitor) -> bytes:
    """Lengths and codings that are wrong, twice there, or contradict each other."""
    lengths = (b"0", b"5", b"-1", b"+5", b"5,5", b"0x5", b"five", b" ", b"9" * 30, b"1000000000", b"5\x00")
    headers = [b"Content-Length: " + length for length in chance.choices(lengths, k=chance.choice((0, 1, 1, 2)))]
    codings = (
        b"chunked",
        b"gzip, chunked",
        b"chunked, chunked",
        b"identity",
        b"\x0bchunked",
        b"xchunked",
        b"Chunked",
    )
    headers += [b"Transfer-Encoding: " + coding for coding in chance.choices(codings, k=chance.choice((0, 1, 1, 2)))]
    bodies = (
        b"hello",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"zz\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello",
        b"5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n",
    )
    path = _filled(chance, chance.choice(list(FORMS)))
    return _request(
        b"POST", path, [_cookie(visitor.cookie), *headers], chance.choice((*bodies, b"f" * 300 + b"\r\n"))
    )


def _not_http(chance: random.Random, visitor: Visitor) -> bytes:
    return _damaged(chance, chance.choice(_KINDS[:-1])(chance, visitor))


_KINDS: tuple[Callable[[random.Random, Visitor], bytes], ...] = (
    *(_page, _form, _form, _form, _multipart, _odd_body, _odd_headers, _odd_cookie, _odd_method, _odd_framing),
    _not_http,
)

_INCOMPLETE = (_odd_headers, _odd_framing, _not_http)


def _damaged(chance: random.Random, content: bytes) -> bytes:
    """With flipped bits, cut off, a part twice, random bytes in between, or as it is."""
    position = chance.randrange(len(content) + 1)
    match chance.randrange(6):
        case 0 if content:
            flipped = bytearray(content)
            for _ in range(chance.randint(1, 8)):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            return bytes(flipped)
        case 1:
            return content[:position]
        case 2:
            return content[:position] + content
        case 3:
            return content[:position] + chance.randbytes(chance.choice((1, 20, 3_000))) + content[position:]
        case 4:
            return content + b"A" * chance.choice((1, 5_000, 70_000))
    return content


def _path(chance: random.Random) -> bytes:
    return _filled(chance, chance.choice(PAGES))


def _filled(chance: random.Random, path: str) -> bytes:
    book = chance.choice(
        (str(chance.randint(1, BOOKS)), str(chance.randint(1, BOOKS)), "0", "-1", "2147483647", "9" * 30)
    )
    text = chance.choice((*_RAW, _encoded(chance), b"mystery", b"a" * 10_000))
    return path.encode().replace(b"{book}", book.encode()).replace(b"{text}", text)


def _token(chance: random.Random, visitor: Visitor) -> list[tuple[bytes, bytes]]:
    return [(b"csrf_token", visitor.token if chance.random() < 0.9 else _encoded(chance))]


def _encoded(chance: random.Random) -> bytes:
    value = chance.choice(_VALUES)[: chance.choice((20, 400, 60_000))]
    return quote_from_bytes(value, safe="").encode()


def _cookie(value: bytes) -> bytes:
    return b"Cookie: reader=" + value


def _post(path: bytes, visitor: Visitor, kind: bytes, body: bytes) -> bytes:
    headers = [_cookie(visitor.cookie), b"Content-Type: " + kind, b"Content-Length: %d" % len(body)]
    return _request(b"POST", path, headers, body)


def _request(method: bytes, path: bytes, headers: Sequence[bytes], body: bytes = b"") -> bytes:
    lines = [method + b" " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
