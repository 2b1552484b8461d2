"""A token before it is believed: cut to size and shape, so that the library never meets a surprise.

What is read here only chooses which client's keys and rules apply; nothing of it counts before the signature.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cds_service.trust.keys import LONGEST_KEY_ID
from cds_service.trust.reasons import RefusalReason, TokenRefusedError
from fhir_mappings.strict_json import StrictJsonError, loads_strict

LARGEST_TOKEN_BYTES: Final = 8192
_LONGEST_TEXT: Final = 2048

_BEARER: Final = re.compile(r"Bearer +(?P<token>[^ \t,]+)", re.IGNORECASE | re.ASCII)
_COMPACT: Final = re.compile(
    r"(?P<header>[A-Za-z0-9_-]+)\.(?P<payload>[A-Za-z0-9_-]+)\.(?P<signature>[A-Za-z0-9_-]+)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """The text of a token, and what it claims of itself: all of it hearsay."""

    text: str
    algorithm: str
    key_id: str
    jku: str | None
    issuer: str


def read_token(authorization: Sequence[str]) -> UnverifiedToken:
    """Return the token of the Authorization headers; raises TokenRefusedError. Never another error."""
    text = _bearer(authorization)
    parts = _COMPACT.fullmatch(text)
    if parts is None:
        raise TokenRefusedError(RefusalReason.TOKEN_MALFORMED)
    header, payload = _object(parts["header"]), _object(parts["payload"])
    if header.keys() & {"crit", "b64"}:
        raise TokenRefusedError(RefusalReason.HEADER_CRITICAL)
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise TokenRefusedError(RefusalReason.TYPE_REFUSED)
    return UnverifiedToken(
        text=text,
        algorithm=_text(header, "alg", RefusalReason.ALGORITHM_REFUSED),
        key_id=_text(header, "kid", RefusalReason.KEY_UNKNOWN, longest=LONGEST_KEY_ID),
        jku=_text(header, "jku", RefusalReason.JKU_REFUSED) if "jku" in header else None,
        issuer=_text(payload, "iss", RefusalReason.ISSUER_UNKNOWN),
    )


def _bearer(authorization: Sequence[str]) -> str:
    if not authorization:
        raise TokenRefusedError(RefusalReason.AUTHORIZATION_MISSING)
    if len(authorization) > 1:
        raise TokenRefusedError(RefusalReason.AUTHORIZATION_MALFORMED)
    if len(authorization[0]) > LARGEST_TOKEN_BYTES:
        raise TokenRefusedError(RefusalReason.TOKEN_TOO_LARGE)
    found = _BEARER.fullmatch(authorization[0])
    if found is None:
        raise TokenRefusedError(RefusalReason.AUTHORIZATION_MALFORMED)
    return found["token"]


def _object(segment: str) -> dict[str, Any]:
    """Decode one segment into a JSON object, strictly: a name that occurs twice could mean two things.

    Depth is bounded here too, before the library parses the same text without a bound of its own.
    """
    try:
        text = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        value = loads_strict(text)
    except (Base64Error, StrictJsonError):
        raise TokenRefusedError(RefusalReason.TOKEN_MALFORMED) from None
    if not isinstance(value, dict):
        raise TokenRefusedError(RefusalReason.TOKEN_MALFORMED)
    return value


def _text(members: dict[str, Any], name: str, reason: RefusalReason, longest: int = _LONGEST_TEXT) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise TokenRefusedError(reason)
    return value
