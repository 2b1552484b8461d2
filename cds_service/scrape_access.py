"""Who may read `/metrics`: a scraper that comes straight from one of the configured networks."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Final, TypeAlias

from flask import Request

Network: TypeAlias = IPv4Network | IPv6Network

_WIDEST_PREFIX: Final = {4: 8, 6: 7}  # 10.0.0.0/8 and fc00::/7

LOOPBACK_NETWORKS: Final = ("127.0.0.0/8", "::1/128")

# A scraper sends none of these. A proxy adds the first ones, so that what it lets through does not count as
# coming from the proxy's own, perhaps trusted, address; a browser adds the last.
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via", "Origin")


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks; raises ValueError for a text that is none, or for too much."""
    networks = tuple(ip_network(text) for text in texts)
    # Together too: two halves are the whole. What is private is no wider than this.
    joined: list[Network] = [
        *collapse_addresses(one for one in networks if isinstance(one, IPv4Network)),
        *collapse_addresses(one for one in networks if isinstance(one, IPv6Network)),
    ]
    if any(one.prefixlen < _WIDEST_PREFIX[one.version] for one in joined):
        raise ValueError("a network wider than any private one")
    return networks


def may_scrape(request: Request, networks: tuple[Network, ...]) -> bool:
    """Return whether the request comes straight from one of the networks."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:  # a Unix socket has no address
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
