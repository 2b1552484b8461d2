"""Addresses of FHIR servers, read strictly and compared exactly: scheme, host, port and base path.

An address that two programs may read differently is refused rather than interpreted, because the check and
the connection are made by different ones. So only one plain form is understood, every part of it is compared
after reading, and what is sent is written anew from the parts that were compared. There is no list of
forbidden hosts: whatever is not an allowed base is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

_MAX_LENGTH: Final = 4096
_MAX_PORT: Final = 65535
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})

_ABSOLUTE = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?",
    re.IGNORECASE | re.ASCII,
)
_HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMBER_LIKE = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+", re.ASCII)
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_HIDDEN_IN_PATH = re.compile(r"%(?:2[eEfF5]|5[cC]|[01][0-9A-Fa-f]|7[fF])", re.ASCII)
_HIDDEN_IN_QUERY = re.compile(r"%(?:[01][0-9A-Fa-f]|7[fF])", re.ASCII)
# Servers write these plainly although they should not; each has one meaning only.
_ESCAPED_IN_QUERY = {"|": "%7C", '"': "%22", "[": "%5B", "]": "%5D", "^": "%5E", "{": "%7B", "}": "%7D"}
_TO_ESCAPE = str.maketrans(_ESCAPED_IN_QUERY)


class AddressRefusedError(ValueError):
    """An address that is not asked. `code` says why; the address itself is in no message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what a token belongs to. The host is in lower case, the port always explicit."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        shown = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{shown}"


@dataclass(frozen=True, slots=True)
class FhirBase:
    """The base of a FHIR server: its origin and the path below which its resources are ("" or "/fhir/r4")."""

    origin: Origin
    path: str

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"

    @property
    def is_loopback(self) -> bool:
        """Say whether the server is on this machine."""
        return self.origin.host in LOOPBACK_HOSTS


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """One address below a base. It may hold a patient's id, so only its origin is ever shown."""

    origin: Origin
    path: str
    query: str = ""

    def __repr__(self) -> str:
        return f"Address({self.origin}/...)"

    @property
    def text(self) -> str:
        """Return the address as it is sent, written from the parts that were compared."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.origin}{self.path}{query}"


def read_base(text: object) -> FhirBase:
    """Read the base address of a FHIR server; raises AddressRefusedError.

    https only, or http to this machine: whether the latter is allowed is decided where bases are configured.
    """
    address = read_address(text)
    if address.query or (isinstance(text, str) and text.endswith("?")):
        raise AddressRefusedError("base-with-query")
    if address.origin.scheme != "https" and address.origin.host not in LOOPBACK_HOSTS:
        raise AddressRefusedError("not-https")
    return FhirBase(address.origin, address.path.removesuffix("/"))


def read_address(text: object) -> Address:
    """Read an absolute http or https address of the one plain form; raises AddressRefusedError."""
    written = _plain_text(text)
    found = _ABSOLUTE.fullmatch(written)
    if found is None:
        raise AddressRefusedError("not-an-address")
    scheme = found["scheme"].lower()
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[scheme]
    if port > _MAX_PORT:
        raise AddressRefusedError("port")
    origin = Origin(scheme, _host(found["host"].lower()), port)
    return Address(origin, _path(found["path"] or ""), _query(found["query"] or ""))


def resolve(base: FhirBase, written: object) -> Address:
    """Return the address that a link or reference leads to, if it is below the base.

    A relative one starts at the base, one that begins with a slash at the origin. Raises AddressRefusedError
    for what leads elsewhere or could be read in two ways.
    """
    text = _plain_text(written)
    if _HAS_SCHEME.match(text) is not None:
        address = read_address(text)
    elif text.startswith("//") or not text:
        raise AddressRefusedError("not-an-address")
    else:
        path, mark, query = text.partition("?")
        if "#" in text or (mark and not query):
            raise AddressRefusedError("not-an-address")
        if not path.startswith("/"):
            path = f"{base.path}/{path}" if path else base.path
        address = Address(base.origin, _path(path), _query(query))
    if not covers(base, address):
        raise AddressRefusedError("outside-the-base")
    return address


def covers(base: FhirBase, address: Address) -> bool:
    """Say whether an address has the base's origin and is the base's path or below it."""
    within = address.path.startswith(f"{base.path}/") or address.path == base.path
    return address.origin == base.origin and within


def _plain_text(text: object) -> str:
    """Return text that every program reads alike: short, printable ASCII, no blank, no backslash."""
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_LENGTH:
        raise AddressRefusedError("not-an-address")
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise AddressRefusedError("characters")
    return text


def _host(host: str) -> str:
    """Return a host name, or an IP address in its one canonical form."""
    if host.startswith("["):
        return f"[{_canonical_v6(host[1:-1])}]"
    labels = host.split(".")
    if _NUMBER_LIKE.fullmatch(labels[-1]) is not None:
        return _canonical_v4(host)
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 (the limit of DNS)
        raise AddressRefusedError("host")
    return host


def _canonical_v4(host: str) -> str:
    try:
        return str(IPv4Address(host))
    except AddressValueError:
        raise AddressRefusedError("host") from None


def _canonical_v6(host: str) -> str:
    try:
        found = IPv6Address(host)
    except AddressValueError:
        raise AddressRefusedError("host") from None
    if found.compressed != host:
        raise AddressRefusedError("host")
    return host


def _path(path: str) -> str:
    """Return a path whose segments are plain: none empty but the last, no dots, nothing hidden by escape."""
    for segment in path.removesuffix("/").split("/")[1:]:
        plain = segment.partition(";")[0]  # some servers take "..;" for ".."
        if plain in {".", ".."} or _SEGMENT.fullmatch(segment) is None or _HIDDEN_IN_PATH.search(segment):
            raise AddressRefusedError("path")
    return path


def _query(query: str) -> str:
    escaped = query.translate(_TO_ESCAPE)
    if _QUERY.fullmatch(escaped) is None or _HIDDEN_IN_QUERY.search(escaped):
        raise AddressRefusedError("query")
    return escaped
