"""Which addresses are of the public internet.

Sources: the special-purpose registries of IANA (RFC 6890) as `ipaddress` has them, and what they leave out.
"""

import ipaddress

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that IANA gives out: what is outside, such as ::/96 (IPv4-compatible) and fec0::/10, is not public."""

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): an IPv6-only network reaches the IPv4 address in the last 32 bits by it."""

_NEVER_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by providers' customers; Alibaba's metadata service is in it
        "168.63.129.16/32",  # Azure's platform, from inside
        "192.0.0.0/24",  # assigned to protocols; Oracle's metadata service is in it
        "192.88.99.0/24",  # relays of 6to4, which is given up
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
    )
)
_NEVER_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # assigned to protocols, such as Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address, also a private one
        "3fff::/20",  # documentation
    )
)


def is_public(address: str) -> bool:
    """Whether an address, IPv4 or IPv6 in any form, is of the public internet; False for what is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return False
        inner = ip.ipv4_mapped
        if inner is None and ip in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is None:
            return ip.is_global and ip in _GLOBAL_UNICAST and not any(ip in network for network in _NEVER_V6)
        ip = inner
    return ip.is_global and not any(ip in network for network in _NEVER_V4)
