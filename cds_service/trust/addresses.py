"""Addresses in the trust configuration: plain https only, so that every parser reads them alike."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from fhir_mappings.acquisition.addresses import Address, AddressRefusedError, read_address

_READ_IN_TWO_WAYS: Final = frozenset("?%;*")
"""What an address of a FHIR record may hold, and one that is compared as text may not."""


def is_http(url: str) -> bool:
    """Say whether an address is meant to be sent in clear; such a one has its own finding."""
    return url.lower().startswith("http:")


def is_plain_https(url: str) -> bool:
    """Say whether an address is https and nothing in it could be read in two ways.

    Refused are user information, query, fragment, backslash, semicolon, percent-encoding, blanks, dots as
    path segments, empty segments but a last one, hosts that are no plain ASCII names, ports out of range.
    """
    return url.startswith("https://") and _read(url) is not None


def host_of(url: str) -> str:
    """Return host and port of a plain address in lower case ("ehr.example:8443"); "" for any other."""
    address = _read(url)
    return "" if address is None else str(address.origin).partition("://")[2]


def origin_of(url: str) -> str:
    """Return scheme, host and port of a plain https address, nothing else; "" for any other."""
    return f"https://{host_of(url)}" if is_plain_https(url) else ""


def is_local(url: str) -> bool:
    """Say whether an address leads to the machine itself, by number or by a name that is kept for it."""
    address = _read(url)
    if address is None:
        return False
    host = address.origin.host.strip("[]")
    try:
        number = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    number = getattr(number, "ipv4_mapped", None) or number
    return number.is_loopback or number.is_unspecified


def without_last_slash(url: str) -> str:
    """Return an address without one slash at its end: clients and operators write both."""
    return url.removesuffix("/")


def _read(url: str) -> Address | None:
    if not _READ_IN_TWO_WAYS.isdisjoint(url):
        return None
    try:
        return read_address(url)
    except AddressRefusedError:
        return None
