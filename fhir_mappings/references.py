"""References between resources, and whose record a resource is."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Any

_MAX_ID = 200


class Belongs(StrEnum):
    """Whether a resource is about the patient of the request."""

    YES = "yes"
    UNSAID = "unsaid"  # no subject, or one that names nobody by reference
    OTHER = "other"


def text_of(value: Any) -> str:
    """Return trimmed text, "" for anything else."""
    return value.strip() if isinstance(value, str) else ""


def reference_text(value: Any) -> str:
    """Return the reference of a Reference (or of a list's first), "" when there is none."""
    if isinstance(value, list):
        value = value[0] if value else None
    return text_of(value.get("reference")) if isinstance(value, dict) else text_of(value)


def relative_reference(reference: str) -> str:
    """Return "Type/id" of a relative or absolute reference, without version; others as they are."""
    text = reference.strip().partition("?")[0].partition("/_history")[0].rstrip("/")
    if text.startswith(("#", "urn:")):
        return text
    parts = text.split("/")
    return "/".join(parts[-2:])


def source_reference(resource: Mapping[str, Any], fallback: str = "") -> str:
    """Return "Type/id" of a resource for display, only the type (or the fallback) without an id."""
    kind, identifier = resource.get("resourceType"), resource.get("id")
    shown = kind.strip() if isinstance(kind, str) else ""
    if isinstance(identifier, str) and (trimmed := identifier.strip()):
        return f"{shown}/{trimmed[:_MAX_ID]}"
    return fallback or shown


def belongs_to(resource: Mapping[str, Any], patient_id: str) -> Belongs:
    """Return whether the subject (or patient) of a resource is this patient.

    A reference to another patient, or to something that is no patient, is OTHER. A urn that differs is OTHER
    too (see `with_usual_subject`). A contained or a merely logical or displayed subject is UNSAID.
    """
    subject = resource.get("subject")
    if subject is None:
        subject = resource.get("patient")
    reference = reference_text(subject)
    if reference == f"Patient/{patient_id}":  # the usual way, first
        return Belongs.YES
    if not reference or reference.startswith("#"):
        return Belongs.UNSAID
    wanted = patient_id.strip().rpartition("/")[2]
    if reference.startswith("urn:"):
        return Belongs.YES if reference.rpartition(":")[2] == wanted else Belongs.OTHER
    kind, slash, identifier = relative_reference(reference).rpartition("/")
    if slash and kind != "Patient":
        return Belongs.OTHER
    return Belongs.YES if identifier == wanted else Belongs.OTHER


def with_usual_subject(
    resource: dict[str, Any], own_addresses: AbstractSet[str], patient_id: str
) -> dict[str, Any]:
    """Return a resource whose subject is named as the readers know it: "Patient/id".

    A Bundle may hold the Patient under an address of its own ("urn:uuid:...") and refer to that. Resources
    with any other subject are returned as they are; none is changed.
    """
    changed: dict[str, Any] = {
        name: {"reference": f"Patient/{patient_id}"}
        for name in ("subject", "patient")
        if reference_text(resource.get(name)) in own_addresses
    }
    contained = resource.get("contained")
    if isinstance(contained, list):
        changed["contained"] = [
            with_usual_subject(inner, own_addresses, patient_id)
            if isinstance(inner, dict) and not inner.get("contained")  # FHIR contains nothing in contained
            else inner
            for inner in contained
        ]
    return {**resource, **changed} if changed else resource
