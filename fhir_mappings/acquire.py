"""From prefetched values to resources: what arrived, what was empty, and what is missing and why.

Three things that look alike are kept apart: a search that found nothing, a search that was never run, and
one that failed. An absent key and a null are both "not provided": clients send null for queries that they
could not even form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState, Resource
from fhir_mappings.codes import CodeSets
from fhir_mappings.peek import (
    Matters,
    Peeked,
    UnreadableValueError,
    read_value,
    relative_reference,
    relevance,
)
from fhir_mappings.prefetch import PUBLISHED_KEYS, READ_KEYS
from fhir_mappings.strict_json import RawJson
from tdm.facts import Shortfall
from tdm.issues import DataIssue, IssueCode

_FAILED = frozenset({"error", "fatal"})


def acquire(prefetch: Mapping[str, RawJson | None], *, codes: CodeSets, patient_id: str) -> AcquiredResources:
    """Read all known prefetch keys; keys that no template names are not looked at.

    Resources that say they belong to another patient are left out, and counted in an issue. Raises
    `StrictJsonError` where something that has to be read is not strict JSON.
    """
    matters = relevance(codes)
    keys = {}
    for key in READ_KEYS:
        if key in prefetch or key in PUBLISHED_KEYS:
            keys[key] = _read_key(key, prefetch.get(key), matters, patient_id)
    return AcquiredResources(keys)


def _read_key(key: str, raw: RawJson | None, matters: Matters, patient_id: str) -> AcquiredKey:
    if raw is None:
        return AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=Shortfall.NOT_PROVIDED)
    try:
        peeked = read_value(raw, matters)
    except UnreadableValueError:
        return AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=Shortfall.ERROR)
    if not peeked.resource_type:
        return AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=Shortfall.NOT_PROVIDED)
    outcomes = [r for r in peeked.resources if _type(r) == "OperationOutcome"]
    shortfall = Shortfall.TRUNCATED if peeked.has_more else None
    if peeked.resource_type == "OperationOutcome" or any(_says_failed(outcome) for outcome in outcomes):
        shortfall = Shortfall.ERROR
    return _own_resources(key, peeked, len(outcomes), shortfall, patient_id)


def _own_resources(
    key: str, peeked: Peeked, outcomes: int, shortfall: Shortfall | None, patient_id: str
) -> AcquiredKey:
    """Keep the resources of this patient. A Bundle may name its Patient by an address of its own."""
    own_urls = {
        url
        for resource, url in zip(peeked.resources, peeked.full_urls, strict=True)
        if url and _type(resource) == "Patient" and resource.get("id") == patient_id
    }
    kept = []
    urls = []
    others = 0
    for resource, url in zip(peeked.resources, peeked.full_urls, strict=True):
        if _type(resource) == "OperationOutcome":
            continue
        if belongs_to_another(resource, patient_id, own_urls):
            others += 1
        else:
            kept.append(resource)
            urls.append(url)
    seen = peeked.seen - outcomes
    nothing = KeyState.UNAVAILABLE if shortfall else KeyState.EMPTY
    state = KeyState.PREFETCHED if seen else nothing
    issues: tuple[DataIssue, ...] = ()
    if others:
        issues = (DataIssue(IssueCode.OTHER_PATIENT, "patient", (("count", str(others)), ("key", key))),)
    return AcquiredKey(key, state, tuple(kept), seen, shortfall, issues, tuple(urls))


def belongs_to_another(resource: Resource, patient_id: str, own_urls: set[str] | frozenset[str]) -> bool:
    """Say whether a resource names a patient other than this one.

    Without a subject, or with one that cannot be compared (an identifier only, a contained patient), the
    resource is taken as this patient's: it came in answer to a query for this patient.
    """
    if _type(resource) == "Patient":
        identifier = resource.get("id")
        return isinstance(identifier, str) and identifier.strip() != patient_id
    for name in ("subject", "patient"):
        reference = resource.get(name)
        written = reference.get("reference") if isinstance(reference, dict) else None
        if isinstance(written, str) and _names_another(written.strip(), patient_id, own_urls):
            return True
    return False


def _names_another(written: str, patient_id: str, own_urls: set[str] | frozenset[str]) -> bool:
    if written in own_urls:
        return False
    if written.startswith("urn:"):
        return bool(own_urls)
    resource_type, _, identifier = relative_reference(written).rpartition("/")
    if resource_type == "Patient":
        return identifier != patient_id
    return bool(resource_type)  # a group, a device or a location is not this patient


def _type(resource: Resource) -> str:
    resource_type: Any = resource.get("resourceType")
    return resource_type.strip() if isinstance(resource_type, str) else ""


def _says_failed(outcome: Resource) -> bool:
    """Say whether an OperationOutcome reports a failure rather than a warning."""
    issues = outcome.get("issue")
    severities = [
        issue.get("severity")
        for issue in (issues if isinstance(issues, list) else [issues])
        if isinstance(issue, dict)
    ]
    return any(isinstance(severity, str) and severity.strip() in _FAILED for severity in severities)
