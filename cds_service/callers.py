"""Who calls: the client that a request was proven to come from, and what it may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import g


@dataclass(frozen=True, slots=True)
class Caller:
    """The configured client behind one request.

    `client` is its name in the configuration, `tenant` the organisation that its token names ("" for none).
    Both together scope everything that is kept. `fhir_bases` are the FHIR addresses that it may have asked.
    `names_any` is true for the sandbox only: requests to it may name any FHIR server, asked is one of these.
    """

    client: str
    tenant: str = ""
    fhir_bases: tuple[str, ...] = ()
    names_any: bool = False


SANDBOX_CALLER: Final = Caller("sandbox", names_any=True)
"""Who calls where nobody is asked who they are: the sandbox, on this machine only."""

NOBODY: Final = Caller("")
"""Who calls a route that is open to anybody, and whoever has not been asked yet."""


def current_caller() -> Caller:
    """Return who the request in hand comes from."""
    caller: Caller = g.caller
    return caller


def may_name(caller: Caller, fhir_server: str) -> bool:
    """Say whether a request of this caller may name this FHIR server: exactly one of its own tenant's.

    A slash at the end makes no difference, everything else does. The sandbox's caller may name any: whether
    it is asked is decided where it would be.
    """
    if caller.names_any:
        return True
    return fhir_server.removesuffix("/") in {base.removesuffix("/") for base in caller.fhir_bases}
