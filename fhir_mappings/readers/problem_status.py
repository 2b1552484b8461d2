"""Clinical and verification status of conditions and allergies, coded or as plain strings."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from fhir_mappings.codes import codings_of


class ClinicalStatus(StrEnum):
    """Whether a problem is there now."""

    ACTIVE = "active"
    INACTIVE = "inactive"  # inactive or in remission: it may come back
    RESOLVED = "resolved"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class VerificationStatus(StrEnum):
    """How sure the record is."""

    HOLDS = "holds"  # confirmed, provisional, or not said
    DOUBTFUL = "doubtful"  # unconfirmed, differential
    REFUTED = "refuted"
    ERROR = "error"
    UNREADABLE = "unreadable"


_BLANK = frozenset({""})
_CLINICAL = {
    "active": ClinicalStatus.ACTIVE,
    "recurrence": ClinicalStatus.ACTIVE,
    "relapse": ClinicalStatus.ACTIVE,
    "inactive": ClinicalStatus.INACTIVE,
    "remission": ClinicalStatus.INACTIVE,
    "resolved": ClinicalStatus.RESOLVED,
}
_VERIFICATION = {
    "confirmed": VerificationStatus.HOLDS,
    "provisional": VerificationStatus.HOLDS,
    "unconfirmed": VerificationStatus.DOUBTFUL,
    "differential": VerificationStatus.DOUBTFUL,
    "presumed": VerificationStatus.HOLDS,
    "unknown": VerificationStatus.HOLDS,
    "refuted": VerificationStatus.REFUTED,
    "entered-in-error": VerificationStatus.ERROR,
}


def clinical_status(resource: dict[str, Any]) -> ClinicalStatus:
    """Return the clinical status; an abatement without a status, or beside "active", is a resolution."""
    words = _words(resource.get("clinicalStatus"))
    statuses = {_CLINICAL.get(word, ClinicalStatus.UNREADABLE) for word in words}
    abatements = [resource[key] for key in resource if key.startswith("abatement")]
    abated = any(map(_says_something, abatements))
    if not statuses:
        return ClinicalStatus.RESOLVED if abated else ClinicalStatus.MISSING
    if len(statuses) > 1:
        return ClinicalStatus.UNREADABLE
    status = statuses.pop()
    return ClinicalStatus.RESOLVED if abated and status is ClinicalStatus.ACTIVE else status


def _says_something(value: Any) -> bool:
    return value not in (None, False, "", {})


def verification_status(resource: dict[str, Any]) -> VerificationStatus:
    """Return the verification status; none at all holds, two that differ cannot be read."""
    words = _words(resource.get("verificationStatus"))
    statuses = {_VERIFICATION.get(word, VerificationStatus.UNREADABLE) for word in words}
    if VerificationStatus.ERROR in statuses:
        return VerificationStatus.ERROR
    if not statuses:
        return VerificationStatus.HOLDS
    return statuses.pop() if len(statuses) == 1 else VerificationStatus.UNREADABLE


def _words(value: Any) -> set[str]:
    """Return the codes, else the text, in lower case."""
    codings, text = codings_of(value)
    codes = {code.strip().lower() for _, code, _ in codings} - _BLANK
    return codes or {text.strip().lower()} - _BLANK
