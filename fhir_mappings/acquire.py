"""From prefetched values to resources: what arrived, what was empty, and what is missing and why.

Three things that look alike are kept apart: a search that found nothing, a search that was never run, and
one that failed. An absent key and a null are both "not provided": clients send null for queries that they
could not even form.
"""

from __future__ import annotations

from collections.abc import Mapping

from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState, Resource
from fhir_mappings.codes import CodeSets
from fhir_mappings.peek import Peeked, Relevance, UnreadableValueError, read_value, relevance
from fhir_mappings.prefetch import PUBLISHED_KEYS, READ_KEYS
from fhir_mappings.references import Belongs, belongs_to, reference_text, source_reference, text_of
from fhir_mappings.strict_json import RawJson
from tdm.facts import Shortfall, Source
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


def _read_key(key: str, raw: RawJson | None, matters: Relevance, patient_id: str) -> AcquiredKey:
    if raw is None:
        return AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=Shortfall.NOT_PROVIDED)
    try:
        peeked = read_value(raw, matters)
    except UnreadableValueError:
        return AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=Shortfall.ERROR)
    if not peeked.resource_type:
        return AcquiredKey(key, KeyState.UNAVAILABLE, shortfall=Shortfall.NOT_PROVIDED)
    shortfall = Shortfall.TRUNCATED if peeked.has_more else None
    if not peeked.seen:
        return AcquiredKey(key, KeyState.UNAVAILABLE if shortfall else KeyState.EMPTY, shortfall=shortfall)
    types = [text_of(resource.get("resourceType")) for resource in peeked.resources]
    outcomes = 0
    if "OperationOutcome" in types:
        found = [r for r, kind in zip(peeked.resources, types, strict=True) if kind == "OperationOutcome"]
        outcomes = len(found)
        if peeked.resource_type == "OperationOutcome" or any(_says_failed(outcome) for outcome in found):
            shortfall = Shortfall.ERROR
    return _own_resources(key, peeked, types, outcomes, shortfall, patient_id)


def _own_resources(
    key: str, peeked: Peeked, types: list[str], outcomes: int, shortfall: Shortfall | None, patient_id: str
) -> AcquiredKey:
    """Keep the resources of this patient. A Bundle may name its Patient by an address of its own."""
    own_urls = {f"Patient/{patient_id}"}  # the usual way to name this patient, settled without parsing
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
    return AcquiredKey(key, state, tuple(kept), seen, shortfall, tuple(issues), tuple(urls))


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
