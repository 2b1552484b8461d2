"""Why a call was not believed: closed codes for metrics and the log line; a caller is never told."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias


class RefusalReason(StrEnum):
    """Why a request was answered with 401. Codes are a contract with those who read the metrics."""

    AUTHORIZATION_MISSING = "authorization-missing"
    AUTHORIZATION_MALFORMED = "authorization-malformed"
    TOKEN_TOO_LARGE = "token-too-large"  # noqa: S105 (a code, not a password)
    TOKEN_MALFORMED = "token-malformed"  # noqa: S105 (as above)
    HEADER_CRITICAL = "header-critical"
    TYPE_REFUSED = "type-refused"
    ISSUER_UNKNOWN = "issuer-unknown"
    JKU_REFUSED = "jku-refused"
    ALGORITHM_REFUSED = "algorithm-refused"
    KEY_UNKNOWN = "key-unknown"
    KEYS_UNAVAILABLE = "keys-unavailable"
    SIGNATURE_INVALID = "signature-invalid"
    CLAIM_MALFORMED = "claim-malformed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    LIFETIME_TOO_LONG = "lifetime-too-long"
    TENANT_UNKNOWN = "tenant-unknown"
    SUBJECT_WRONG = "subject-wrong"
    AUDIENCE_WRONG = "audience-wrong"
    REPLAYED = "replayed"
    FHIR_SERVER_REFUSED = "fhir-server-refused"


class TrustEvent(StrEnum):
    """What operators should hear of although no call was refused for it."""

    KEYS_FETCHED = "keys-fetched"
    KEYS_FETCH_FAILED = "keys-fetch-failed"
    REPLAY_STORE_UNAVAILABLE = "replay-store-unavailable"
    REPLAY_MEMORY_FULL = "replay-memory-full"


Count: TypeAlias = Callable[[RefusalReason | TrustEvent], None]
"""What the metrics hand in: called once for each refusal and event, from any thread, and never raises."""


def count_nothing(_what: RefusalReason | TrustEvent) -> None:
    """Count where nobody listens: in commands and tests."""


class TokenRefusedError(Exception):
    """A call that is not believed; carries the code and nothing of what was sent."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class TrustError(ValueError):
    """A trust configuration that must not be used; the message names the key and what is wrong with it."""
