"""Fetches over the wire, from sites that the tests serve."""

import gzip
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from previews.domain import (
    AnswerRefused,
    Document,
    FetchError,
    HostNotPublic,
    PageNotFound,
    RedirectRefused,
    SiteTooSlow,
    SiteUnavailable,
    TimeTooShort,
    TooLarge,
    UnsupportedContent,
)
from previews.fetching.fetcher import PAGE, PICTURE, Fetcher
from previews.fetching.resolving import Address
from previews.fetching.rules import PublicInternet
from servicekit.deadline import deadline
from tests.http_server import Answer, HttpServer, Request, answer
from tests.notices.mail_server import certificate
from tests.previews.site import LOOPBACK, Loopback, addresses, endless, fetcher, html, pages, port_of

CHUNKED = b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"


def fetched(site: HttpServer, path: str = "/", *, host: str = LOOPBACK, by: Fetcher | None = None) -> Document:
    """What a fetcher that may fetch from the site gets."""
    by = by or fetcher(site)
    return by.fetch(by.url(f"http://{host}:{port_of(site)}{path}"), PAGE)


def redirect(location: str, status: int = 302) -> Answer:
    return answer(status, b"", Location=location)


def test_a_page(site: HttpServer) -> None:
    """The body, the header and the address; the request introduces the service and has no cookies and no referrer."""
    site.answer = html("<title>A</title>", "Text/HTML; Charset=UTF-8")
    document = fetched(site, "/a?b=c")
    assert document == Document(
        url=f"{site.url}/a?b=c", content_type="text/html; charset=utf-8", body=b"<title>A</title>"
    )
    (request,) = site.requests
    assert (request.method, request.path) == ("GET", "/a?b=c")
    assert request.headers == {
        "Host": site.url.removeprefix("http://"),
        "User-Agent": "test",
        "Accept": "application/xhtml+xml, text/html",
        "Accept-Encoding": "gzip, deflate",
    }


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_pages(site: HttpServer, encoding: str, compress: "type[bytes]") -> None:
    """They are decompressed."""
    site.answer = answer(200, compress(b"<p>" * 1000), Content_Type="text/html", Content_Encoding=encoding)
    assert fetched(site).body == b"<p>" * 1000


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, PageNotFound),
        (410, PageNotFound),
        (401, AnswerRefused),
        (403, AnswerRefused),
        (206, AnswerRefused),
        (304, AnswerRefused),
        (302, AnswerRefused),
        (429, SiteUnavailable),
        (500, SiteUnavailable),
        (503, SiteUnavailable),
    ],
)
def test_statuses(site: HttpServer, status: int, error: type[FetchError]) -> None:
    """Only 200 is a page; a redirect without a location is none."""
    site.answer = answer(status, b"<p>", Content_Type="text/html")
    with pytest.raises(error):
        fetched(site)


@pytest.mark.parametrize(
    "kind", ["application/pdf", "image/svg+xml", "text/plain", "application/json", "text/htmlx", ""]
)
def test_only_html(site: HttpServer, kind: str) -> None:
    """Anything else is refused by its header, before it is read."""
    head = f"Content-Type: {kind}\r\nContent-Length: 1000000\r\n\r\n".encode()
    site.answer = endless(site, head, b"x" * 1000)
    with pytest.raises(UnsupportedContent):
        fetched(site)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(site: HttpServer, status: int) -> None:
    """Three are followed, relative ones too, and the document has the last address."""
    site.answer = pages(
        {
            "/1": redirect("/2", status),
            "/2": redirect("3?x=1", status),
            "/3": redirect(f"{site.url}/4#part", status),
            "/4": html("end"),
        }
    )
    assert fetched(site, "/1").url == f"{site.url}/4"


def test_a_redirect_in_utf_8(site: HttpServer) -> None:
    """Sites send what they should escape."""
    site.answer = lambda request: (
        html("end")(request)
        if request.path != "/"
        else [b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /\xd1\x8b\r\n\r\n"]
    )
    assert fetched(site).url == f"{site.url}/%D1%8B"


@pytest.mark.parametrize("path", ["/loop", "/long"])
def test_too_many_redirects(site: HttpServer, path: str) -> None:
    """A loop ends after the fourth request, and so does a longer way."""
    site.answer = lambda request: redirect("/loop" if path == "/loop" else request.path + "g")(request)
    with pytest.raises(RedirectRefused):
        fetched(site, path)
    assert len(site.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        *("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data", "http://2130706433/"),
        *("file:///etc/passwd", "ftp://example.com/", "http://user@example.com/", "http://example.com:22/"),
        *("javascript:alert(1)", "http://[", "http://exa mple.com/", "http://"),
    ],
)
def test_redirects_to_urls_that_would_be_refused(site: HttpServer, location: str) -> None:
    """Each redirect is judged like the first URL, and no error tells where it leads."""
    site.answer = redirect(location)
    with pytest.raises(RedirectRefused) as caught:
        fetched(site)
    assert str(caught.value) == RedirectRefused.text


def test_a_redirect_to_another_server_of_this_machine(site: HttpServer, secret: HttpServer) -> None:
    """A site that may be fetched cannot lead to one that may not, neither by address nor by name."""
    for host in (LOOPBACK, "localhost"):
        site.answer = redirect(f"http://{host}:{port_of(secret)}/")
        with pytest.raises(RedirectRefused):
            fetched(site)


@pytest.mark.parametrize("texts", [("10.0.0.1",), ("::1",), ("8.8.8.8", "10.0.0.1"), ("::ffff:127.0.0.1",), ()])
def test_names_with_private_addresses(secret: HttpServer, texts: tuple[str, ...]) -> None:
    """One address that is not public is enough, whatever the others are; so is none."""
    with pytest.raises(HostNotPublic) as caught:
        fetched(secret, host="inside.example", by=fetcher(secret, look_up=addresses(*texts)))
    assert str(caught.value) == HostNotPublic.text


def test_the_system_s_name_of_this_machine() -> None:
    """`localhost` is refused by its address, and connected to never."""
    by = Fetcher(user_agent="test")
    with pytest.raises(HostNotPublic):
        by.fetch(by.url("http://localhost/"), PAGE)


def test_a_name_that_changes(site: HttpServer, secret: HttpServer) -> None:
    """DNS rebinding: what was judged is connected to, without a second look-up, and a redirect is judged anew."""
    asked = []

    def changing(host: str, port: int) -> list[Address]:
        asked.append(host)
        address = LOOPBACK if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    site.answer = html("first")
    by = fetcher(site, look_up=changing)
    assert fetched(site, host="rebinding.example", by=by).body == b"first"
    assert asked == ["rebinding.example"]
    with pytest.raises(HostNotPublic):
        fetched(site, host="rebinding.example", by=by)
    asked.clear()
    site.answer = redirect("/again")
    with pytest.raises(HostNotPublic):
        fetched(site, host="rebinding.example", by=by)
    assert len(asked) == 2


class Recording(PublicInternet):
    """Allows all addresses, and records which it was asked about."""

    def __init__(self) -> None:
        self.judged: list[tuple[str, int]] = []

    def allows_port(self, port: int) -> bool:
        return True

    def allows_address(self, address: str, port: int) -> bool:
        self.judged.append((address, port))
        return True


def test_every_address_is_judged(site: HttpServer) -> None:
    """Also those that are not needed; the next one is tried when one does not answer."""
    site.answer = html("end")
    rules, look_up = Recording(), addresses("127.0.0.3", LOOPBACK, "127.0.0.4")
    assert fetched(site, host="many.example", by=fetcher(look_up=look_up, rules=rules)).body == b"end"
    assert [address for address, _ in rules.judged] == ["127.0.0.3", LOOPBACK, "127.0.0.4"]


def test_an_endless_page(site: HttpServer) -> None:
    """It is left after 1 MiB, long before its time is over; so is one whose header says that it is larger."""
    site.answer = endless(site, b"Content-Type: text/html\r\n\r\n", b"<p>" * 10_000)
    with pytest.raises(TooLarge):
        fetched(site)


@pytest.mark.parametrize("size", [PAGE.max_bytes, PAGE.max_bytes + 1])
def test_the_largest_page(site: HttpServer, size: int) -> None:
    """1 MiB is accepted, a byte more is not."""
    site.answer = html(b"x" * size)
    if size == PAGE.max_bytes:
        assert len(fetched(site).body) == size
    else:
        with pytest.raises(TooLarge):
            fetched(site)


@pytest.mark.parametrize("times", [1, 2])
def test_a_decompression_bomb(site: HttpServer, times: int) -> None:
    """100 MiB in 100 KB, and the same compressed again, are left after 1 MiB: the memory stays small."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(100)) + compressor.flush()
    for _ in range(times - 1):
        bomb = gzip.compress(bomb)
    encodings = ", ".join(["gzip"] * times)
    site.answer = answer(200, bomb, Content_Type="text/html", Content_Encoding=encodings)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            fetched(site)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"Content-Type: text/html\r\n\r\n", b"x"),  # the end of its connection would be the end of the page
        (b"Content-Type: text/html\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        (CHUNKED, b"1\r\nx\r\n"),
        (b"", b"X-Header: x\r\n"),
        (b"X-Header: ", b"x"),
    ],
)
def test_a_dripping_site(site: HttpServer, head: bytes, part: bytes) -> None:
    """The total time counts, not the time between bytes: of the body as of the header."""
    site.answer = endless(site, head, part, pause=0.02)
    with pytest.raises(SiteTooSlow):
        fetched(site, by=fetcher(site, seconds=0.3))


def test_a_site_that_says_nothing(site: HttpServer) -> None:
    """It is left when its time is over."""
    site.answer = site.hang
    with pytest.raises(SiteTooSlow):
        fetched(site, by=fetcher(site, seconds=0.1))


def test_redirects_have_one_time(site: HttpServer) -> None:
    """A redirect does not begin a new one."""

    def slowly(request: Request) -> Iterator[bytes]:
        site.closing.wait(0.15)
        yield from redirect(request.path + "g")(request)

    site.answer = slowly
    with pytest.raises(SiteTooSlow):
        fetched(site, by=fetcher(site, seconds=0.25))
    assert len(site.requests) <= 2


def test_a_deadline_of_the_caller(site: HttpServer) -> None:
    """If it is shorter than the site's time, that is no fault of the site."""
    site.answer = site.hang
    with deadline(0.1), pytest.raises(TimeTooShort):
        fetched(site)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\nno gzip",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
def test_broken_http(site: HttpServer, sent: bytes) -> None:
    """Whatever it is, the site is unavailable."""
    site.answer = lambda _request: [sent]
    with pytest.raises(SiteUnavailable):
        fetched(site)


def test_nobody_listens() -> None:
    """A port that refuses the connection."""
    with socket.create_server((LOOPBACK, 0)) as closed:
        port = closed.getsockname()[1]
    by = fetcher(rules=Loopback(port))
    with pytest.raises(SiteUnavailable):
        by.fetch(by.url(f"http://{LOOPBACK}:{port}/"), PAGE)


def test_one_fetch_at_a_time_for_a_host(site: HttpServer) -> None:
    """Calls for the same host follow each other, and all are answered."""
    running, most = [], []

    def watched(request: Request) -> Iterator[bytes]:
        running.append(request.path)
        most.append(len(running))
        site.closing.wait(0.02)
        running.remove(request.path)
        yield from html("end")(request)

    site.answer = watched
    by = fetcher(site)
    with ThreadPoolExecutor(4) as pool:
        documents = list(pool.map(lambda i: fetched(site, f"/{i}", by=by), range(4)))
    assert len(documents) == 4
    assert max(most) == 1


def test_a_host_that_is_fetched_from_is_free_after_an_error(site: HttpServer) -> None:
    """Also when a redirect leads to the same host."""
    by = fetcher(site, seconds=2)
    site.answer = redirect("/loop")
    for _ in range(2):
        with pytest.raises(RedirectRefused):
            fetched(site, by=by)


def test_tls(tmp_path: Path) -> None:
    """A certificate that is trusted and of this name is needed; the name is the URL's, not the address."""
    served, trusting = certificate(tmp_path, "books.example")
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve() -> None:
            for _ in range(3):
                connection, _peer = listener.accept()
                try:
                    with served.wrap_socket(connection, server_side=True) as tls:
                        tls.recv(10_000)
                        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx")
                except OSError:
                    connection.close()

        thread = Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]

        def get(host: str, tls: ssl.SSLContext | None) -> bytes:
            by = Fetcher(user_agent="test", rules=Loopback(port), look_up=addresses(LOOPBACK), tls=tls)
            return by.fetch(by.url(f"https://{host}:{port}/"), PAGE).body

        assert get("books.example", trusting) == b"x"
        for host, tls in (("other.example", trusting), ("books.example", None)):
            with pytest.raises(SiteUnavailable):
                get(host, tls)
        thread.join()


def test_the_proxy_of_the_environment_is_ignored(site: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would connect to what nobody has judged."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.answer = html("end")
    assert fetched(site).body == b"end"


def test_pictures_have_a_limit_of_their_own(site: HttpServer) -> None:
    """Pages are no pictures, SVG neither, and 5 MiB are accepted."""
    by = fetcher(site)
    url = by.url(site.url)
    site.answer = html(bytes(PICTURE.max_bytes), "image/png")
    assert len(by.fetch(url, PICTURE).body) == PICTURE.max_bytes
    for kind in ("text/html", "image/svg+xml"):
        site.answer = html("<svg>", kind)
        with pytest.raises(UnsupportedContent):
            by.fetch(url, PICTURE)
