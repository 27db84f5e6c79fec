"""Addresses that a server listens on."""

import ipaddress
import socket

UNIX = "unix:"
"""The start of the address of a Unix socket; the path follows."""

LOOPBACK = "127.0.0.1"

_LOCAL = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104  (compared, not bound)
_PROBE_SECONDS = 1.0


def parse_host(text: str) -> str:
    """A name or an address, IPv6 without its brackets. Raises ValueError."""
    host = text.strip()
    is_bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if is_bracketed else host
    if not host or ((is_bracketed or ":" in host) and not _is_ipv6(host)):
        raise ValueError("write a name or an address, such as 127.0.0.1 or [::1], without a port")
    return host


def parse_host_or_socket(text: str) -> str:
    """A host, as `parse_host` reads it, or a Unix socket: `unix:path`. Raises ValueError."""
    if not is_unix(text.strip()):
        return parse_host(text)
    # As gRPC's clients write it too: unix:///path.
    path = text.strip().removeprefix(UNIX).removeprefix("//")
    if not path:
        raise ValueError("write the path of the Unix socket, as in unix:/run/recommendations.sock")
    if not hasattr(socket, "AF_UNIX"):
        raise ValueError("this system has no Unix sockets")
    return UNIX + path


def parse_hosts(text: str) -> tuple[str, ...]:
    """The hosts and Unix sockets in a list separated by commas, each once. Raises ValueError."""
    hosts = tuple(dict.fromkeys(parse_host_or_socket(part) for part in text.split(",")))
    if len([host for host in hosts if not is_unix(host)]) > 1 and not _LOCAL.keys().isdisjoint(hosts):
        raise ValueError("0.0.0.0 and :: each mean all addresses: write one of them, and no other address")
    return hosts


def is_unix(host: str) -> bool:
    """Whether it is a Unix socket, which has no port."""
    return host.startswith(UNIX)


def has_listener(path: str) -> bool:
    """Whether a server listens on the Unix socket with this path, or nobody can tell; not if it has died."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PROBE_SECONDS)
        try:
            probe.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True
    return True


def host_port(host: str, port: int) -> str:
    """`host:port`, with IPv6 in brackets; of a Unix socket `unix:path`."""
    if is_unix(host):
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def local_host(host: str) -> str:
    """The host by which this machine reaches a server that listens on `host`: loopback for a wildcard."""
    return _LOCAL.get(host, host)


def is_local(host: str) -> bool:
    """Whether only this machine reaches it: loopback or a Unix socket."""
    if is_unix(host) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def cannot_listen(address: str, prefix: str) -> str:
    """The error message for an address; `prefix` is that of the service's settings."""
    if is_unix(address):
        reasons = "a server listens there, or the folder is missing or not writable, or the path is too long"
        return f"cannot listen on {address}: {reasons}; see {prefix}_BIND"
    settings = f"{prefix}_BIND and {prefix}_PORT"
    return f"cannot listen on {address}: the address is in use or not of this machine; see {settings}"


def cannot_answer_health(port: int, prefix: str) -> str:
    """Likewise for the port where a server with TLS answers health checks."""
    return f"cannot listen on {LOOPBACK}:{port}: the address is in use; see {prefix}_HEALTH_PORT"


def cannot_serve_metrics(address: str, prefix: str) -> str:
    """Likewise for the address of the metrics."""
    settings = f"{prefix}_BIND and {prefix}_METRICS_PORT"
    return f"cannot listen on {address}: the address is in use or not of this machine; see {settings}"


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
