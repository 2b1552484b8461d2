"""Addresses in the trust configuration: plain https only, so that every parser reads them alike."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(
    r"(?P<scheme>[a-z]+)://"
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
    r"|\[[0-9A-Fa-f:]+(?:[0-9.]+)?\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&'()+,=:@-]*)*)",
    re.ASCII,
)
_HIGHEST_PORT: Final = 65535


def is_http(url: str) -> bool:
    """Say whether an address is meant to be sent in clear; such a one has its own finding."""
    return url.lower().startswith("http:")


def is_plain_https(url: str) -> bool:
    """Say whether an address is https and nothing in it could be read in two ways.

    Refused are user information, query, fragment, backslash, semicolon, percent-encoding, blanks, dots as
    path segments, empty segments but a last one, hosts that are no plain ASCII names, ports out of range.
    """
    found = _ADDRESS.fullmatch(url)
    if found is None or found["scheme"] != "https":
        return False
    if found["port"] is not None and not 0 < int(found["port"]) <= _HIGHEST_PORT:
        return False
    segments = found["path"].split("/")[1:]
    return not any(
        segment in {".", ".."} or (not segment and place < len(segments) - 1)
        for place, segment in enumerate(segments)
    )


def host_of(url: str) -> str:
    """Return host and port of a plain address in lower case ("ehr.example:8443"); "" for any other."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        return ""
    port = found["port"]
    return found["host"].lower() + (f":{port}" if port is not None else "")


def origin_of(url: str) -> str:
    """Return scheme, host and port of a plain https address, nothing else; "" for any other."""
    return f"https://{host_of(url)}" if is_plain_https(url) else ""


def without_last_slash(url: str) -> str:
    """Return an address without one slash at its end: clients and operators write both."""
    return url.removesuffix("/")
