"""Addresses that a server listens on."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from servicekit.listening import (
    cannot_listen,
    has_listener,
    host_port,
    local_host,
    parse_host,
    parse_host_or_socket,
    parse_hosts,
)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        (" shop ", "shop"),
        ("fe80::1%e0", "fe80::1%e0"),
    ],
)
def test_a_host(text: str, host: str) -> None:
    """IPv6 may be in brackets."""
    assert parse_host(text) == parse_host_or_socket(text) == host


@pytest.mark.parametrize("text", ["", " ", "127.0.0.1:80", "[::1]:80", "shop:80", "[shop]", "[]", "http://shop"])
def test_what_is_no_host(text: str) -> None:
    """It is refused, above all with a port; the error says what to write."""
    for parse in (parse_host, parse_host_or_socket, parse_hosts):
        with pytest.raises(ValueError, match=r"such as 127\.0\.0\.1 or \[::1\], without a port"):
            parse(text)


@pytest.mark.parametrize("text", ["unix:/run/a.sock", "unix:///run/a.sock", " unix:/run/a.sock "])
def test_a_unix_socket(text: str) -> None:
    """It may be written as gRPC's clients write it; only a path is one."""
    assert parse_host_or_socket(text) == "unix:/run/a.sock"
    with pytest.raises(ValueError, match="write the path of the Unix socket"):
        parse_host_or_socket("unix:")


def test_several_hosts() -> None:
    """Each counts once, in the order given; what means all addresses stands alone, but for a Unix socket."""
    assert parse_hosts("127.0.0.1, [::1],unix:/a,::1") == ("127.0.0.1", "::1", "unix:/a")
    assert parse_hosts("0.0.0.0,unix:/a") == ("0.0.0.0", "unix:/a")
    for text in ("0.0.0.0,[::]", "127.0.0.1,::"):
        with pytest.raises(ValueError, match="each mean all addresses"):
            parse_hosts(text)
    with pytest.raises(ValueError, match="without a port"):
        parse_hosts("127.0.0.1,")


def test_the_listener_of_a_unix_socket(tmp_path: Path) -> None:
    """There is one while a server listens, not before, nor after it has died and left the file; a path that cannot
    be a socket's counts as taken."""
    path = str(tmp_path / "a.sock")
    assert not has_listener(path)
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(path)
        server.listen()
        assert has_listener(path)
    assert not has_listener(path)
    assert has_listener("x" * 200)


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1:1"), ("::1", "[::1]:1"), ("shop", "shop:1"), ("unix:/a.sock", "unix:/a.sock")],
)
def test_ipv6_is_in_brackets(host: str, shown: str) -> None:
    """As in URLs; a Unix socket has no port."""
    assert host_port(host, 1) == shown


@pytest.mark.parametrize(
    ("bind", "host"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.1", "10.0.0.1"), ("unix:/a.sock", "unix:/a.sock")],
)
def test_a_wildcard_is_reached_by_loopback(bind: str, host: str) -> None:
    """A client cannot call a wildcard."""
    assert local_host(bind) == host


def test_the_error_for_an_address() -> None:
    """It names the address and the settings."""
    assert cannot_listen("[::1]:5", "SHOP") == (
        "cannot listen on [::1]:5: the address is in use or not of this machine; see SHOP_BIND and SHOP_PORT"
    )
    message = cannot_listen("unix:/a.sock", "SHOP")
    assert message.startswith("cannot listen on unix:/a.sock: a server listens there")
    assert message.endswith("see SHOP_BIND")
