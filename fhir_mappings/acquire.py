"""From prefetched values to resources: what arrived, what was empty, and what is missing and why.

Three things that look alike are kept apart: a search that found nothing, a search that was never run, and
one that failed. An absent key and a null are both "not provided": clients send null for queries that they
could not even form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState, Resource
from fhir_mappings.choosing import MEDICATION_TYPES, relevance
from fhir_mappings.codes import CodeSets
from fhir_mappings.peek import Peeked, UnreadableValueError, read_in_full, read_value
from fhir_mappings.prefetch import PUBLISHED_KEYS, READ_KEYS
from fhir_mappings.references import (
    Belongs,
    belongs_to,
    reference_text,
    relative_reference,
    source_reference,
    text_of,
)
from tdm.facts import Shortfall
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

_FAILED = frozenset({"error", "fatal"})
_ABOUT_A_SUBJECT = MEDICATION_TYPES | {"Observation", "DiagnosticReport", "Condition", "Procedure"}
_NOT_PROVIDED = {
    key: AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=Shortfall.NOT_PROVIDED) for key in READ_KEYS
}
_EMPTY = {key: AcquiredKey(key, KeyState.EMPTY) for key in READ_KEYS}


Prefetch: TypeAlias = Mapping[str, Any]
"""What came under each key: parsed, as text (`RawJson`), or split already (`RawBundle`); None for null."""


def acquire(prefetch: Prefetch, *, codes: CodeSets, patient_id: str) -> AcquiredResources:
    """Read all known prefetch keys; keys that no template names are not looked at.

    Resources that say they belong to another patient are left out, and counted in an issue. Raises
    `StrictJsonError` where something that has to be read is not strict JSON.
    """
    matters = relevance(codes)
    peeked: dict[str, Peeked] = {}
    keys: dict[str, AcquiredKey] = {}
    for key in READ_KEYS:
        raw = prefetch.get(key)
        if raw is not None:
            try:
                peeked[key] = read_value(raw, matters, patient_id)
            except UnreadableValueError:
                keys[key] = AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=Shortfall.ERROR)
                continue
            keys[key] = _NOT_PROVIDED[key]  # its place, whatever it will hold
        elif key in prefetch or key in PUBLISHED_KEYS:
            keys[key] = _NOT_PROVIDED[key]
    _follow_between(peeked, prefetch)
    for key, value in peeked.items():
        keys[key] = _acquired(key, value, patient_id)
    return AcquiredResources(keys)


def _follow_between(peeked: dict[str, Peeked], prefetch: Prefetch) -> None:
    """Read a value in full after all where something passed over in it is tied to a resource of another key.

    An order may name a Medication, or a report a result, that came in answer to another query.
    """
    for key in [key for key, value in peeked.items() if value.loose]:
        loose = peeked[key].loose
        raw = prefetch[key]
        if raw is not None and any(
            not loose.isdisjoint(_ends(other)) for name, other in peeked.items() if name != key
        ):
            peeked[key] = read_in_full(raw)


def _ends(peeked: Peeked) -> set[str]:
    """Return by what the resources of one key may be tied to those of another."""
    ends = set(peeked.full_urls)
    for resource in peeked.resources:
        ends.add(source_reference(resource))
        ends.add(relative_reference(reference_text(resource.get("specimen"))))
    return ends - {""}


def _acquired(key: str, peeked: Peeked, patient_id: str) -> AcquiredKey:
    if not peeked.resource_type:
        return _NOT_PROVIDED[key]
    shortfall = Shortfall.TRUNCATED if peeked.has_more else None
    if not peeked.seen:
        return AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=shortfall) if shortfall else _EMPTY[key]
    usual = f"Patient/{patient_id}"
    if all(is_plainly_of(resource, usual) for resource in peeked.resources):
        return AcquiredKey(
            key,
            KeyState.PREFETCHED,
            peeked.resources,
            peeked.seen,
            shortfall,
            full_urls=peeked.full_urls,
            conditions_passed_over=peeked.conditions,
        )
    types = [text_of(resource.get("resourceType")) for resource in peeked.resources]
    outcomes = 0
    if "OperationOutcome" in types:
        found = [r for r, kind in zip(peeked.resources, types, strict=True) if kind == "OperationOutcome"]
        outcomes = len(found)
        if peeked.resource_type == "OperationOutcome" or any(_says_failed(outcome) for outcome in found):
            shortfall = Shortfall.ERROR
    return _own_resources(key, peeked, types, outcomes, shortfall, patient_id)


def is_plainly_of(resource: Resource, usual: str) -> bool:
    """Say whether a resource names this patient in the usual way, which needs no further thought."""
    subject, kind = resource.get("subject"), resource.get("resourceType")
    if not isinstance(kind, str):
        return False
    if isinstance(subject, dict):
        return kind in _ABOUT_A_SUBJECT and subject.get("reference") == usual
    return kind == "Patient" and f"Patient/{resource.get('id')}" == usual


def _own_resources(
    key: str, peeked: Peeked, types: list[str], outcomes: int, shortfall: Shortfall | None, patient_id: str
) -> AcquiredKey:
    """Keep the resources of this patient. A Bundle may name its Patient by an address of its own."""
    own_urls = {f"Patient/{patient_id}"}
    if "Patient" in types:
        own_urls.update(
            url
            for resource, url, kind in zip(peeked.resources, peeked.full_urls, types, strict=True)
            if url and kind == "Patient" and text_of(resource.get("id")) == patient_id
        )
    kept = []
    urls = []
    issues: list[DataIssue] = []
    for resource, url, kind in zip(peeked.resources, peeked.full_urls, types, strict=True):
        if kind == "OperationOutcome":
            continue
        if _is_foreign(resource, kind, patient_id, own_urls):
            source = Source(kind, source_reference(resource))
            issues.append(DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", "1"),), source))
        else:
            kept.append(resource)
            urls.append(url)
    seen = peeked.seen - outcomes
    nothing = KeyState.UNAVAILABLE if shortfall else KeyState.EMPTY
    state = KeyState.PREFETCHED if seen else nothing
    return AcquiredKey(
        key, state, tuple(kept), seen, shortfall, tuple(issues), tuple(urls), peeked.conditions
    )


def _is_foreign(resource: Resource, kind: str, patient_id: str, own_urls: set[str]) -> bool:
    """Say whether a resource names a patient other than this one.

    Without a subject, or with one that cannot be compared, the resource is taken as this patient's: it came
    in answer to a query for this patient.
    """
    if kind == "Patient":
        identifier = text_of(resource.get("id"))
        return bool(identifier) and identifier != patient_id
    subject = resource.get("subject")
    written = reference_text(resource.get("patient") if subject is None else subject)
    if not written or written in own_urls:
        return False
    return belongs_to(resource, patient_id) is Belongs.OTHER


def _says_failed(outcome: Resource) -> bool:
    """Say whether an OperationOutcome reports a failure rather than a warning."""
    issues = outcome.get("issue")
    severities = [
        issue.get("severity")
        for issue in (issues if isinstance(issues, list) else [issues])
        if isinstance(issue, dict)
    ]
    return any(isinstance(severity, str) and severity.strip() in _FAILED for severity in severities)
