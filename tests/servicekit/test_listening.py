"""Addresses that a server listens on."""

import pytest

from servicekit.listening import cannot_listen, host_port, local_host


@pytest.mark.parametrize(("bind", "shown"), [("127.0.0.1", "127.0.0.1:1"), ("::1", "[::1]:1"), ("shop", "shop:1")])
def test_ipv6_is_in_brackets(bind: str, shown: str) -> None:
    """As in URLs."""
    assert host_port(bind, 1) == shown


@pytest.mark.parametrize(
    ("bind", "host"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.1", "10.0.0.1")],
)
def test_a_wildcard_is_reached_by_loopback(bind: str, host: str) -> None:
    """A client cannot call a wildcard."""
    assert local_host(bind) == host


def test_the_error_for_an_address() -> None:
    """It names the address and the settings."""
    assert cannot_listen("[::1]:5", "SHOP") == (
        "cannot listen on [::1]:5: the address is in use or not of this machine; see SHOP_BIND and SHOP_PORT"
    )
