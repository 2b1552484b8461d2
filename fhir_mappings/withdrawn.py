"""Records that were taken back: another copy of the same record no longer counts."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_mappings.acquired import Resource
from fhir_mappings.references import text_of

_WITHDRAWN = frozenset({"entered-in-error", "cancelled"})
_USUAL = ("final", "active", "completed")


def without_withdrawn(resources: Sequence[Resource]) -> Sequence[Resource]:
    """Return the resources of one type without those whose id another one carries as taken back.

    A page that is cached or fetched twice can hold a result both as it was released and as it was taken back;
    taking back is final. The record that says so stays: it is named, and not used.
    """
    withdrawn = {
        identifier
        for resource in resources
        if resource.get("status") not in _USUAL and _is_withdrawn(resource)
        for identifier in (text_of(resource.get("id")),)
        if identifier
    }
    if not withdrawn:
        return resources
    return [r for r in resources if text_of(r.get("id")) not in withdrawn or _is_withdrawn(r)]


def _is_withdrawn(resource: Resource) -> bool:
    return text_of(resource.get("status")).lower() in _WITHDRAWN
