"""Signing keys that anybody can have: those of the public CDS Hooks sandbox, private halves included.

A token signed with one of them proves nothing. They are recognised by their points and by their ids, wherever
they turn up: in the configuration or in a fetched key set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SANDBOX_ISSUER: Final = "https://sandbox.cds-hooks.org"

_KEY_IDS: Final = frozenset(
    {
        "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
        "d9cd3c4f-eb08-4304-b973-44f352fd2ca2",
    }
)
# The x coordinates of the sandbox's three published keys (P-384, and two older ones on P-256).
_X_COORDINATES: Final = frozenset(
    {
        "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
        "QWI9fI8TcNtdikhVs_M1N_Szb7BOj19etvIKfrQMa9k",
        "q8Ftr50G2k2OPdge05jBkc6gC12Fq3Y-HyT21lEOty4",
    }
)


def is_published_key(jwk: Mapping[str, Any]) -> bool:
    """Say whether a JSON Web Key is one whose private half is public, under whatever id it is given."""
    return jwk.get("kid") in _KEY_IDS or jwk.get("x") in _X_COORDINATES
