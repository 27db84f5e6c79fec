"""Addresses that a server listens on."""

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (compared, not bound)


def host_port(bind: str, port: int) -> str:
    """`host:port`, with IPv6 in brackets."""
    return f"[{bind}]:{port}" if ":" in bind else f"{bind}:{port}"


def local_host(bind: str) -> str:
    """The host by which this machine reaches a server bound to `bind`: loopback for a wildcard."""
    return _LOOPBACK.get(bind, bind)


def cannot_listen(address: str, prefix: str) -> str:
    """The error message for an address; `prefix` is that of the service's settings."""
    settings = f"{prefix}_BIND and {prefix}_PORT"
    return f"cannot listen on {address}: the address is in use or not of this machine; see {settings}"
