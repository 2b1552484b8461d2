"""Draft orders that nothing could read or that name no medicine, and whether one of them is for infliximab.

An order in an unforeseen shape (a Bundle in a Bundle, JSON in a string, a resource of no or an older type)
is not found among the drafts. Where it names infliximab, silence would read as "all clear".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cds_service.request import HookRequest
from fhir_mappings.acquired import AcquiredResources
from fhir_mappings.codes import codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.course import build_course
from fhir_mappings.medication import names_infliximab
from fhir_mappings.references import text_of
from fhir_mappings.unnamed_drafts import may_be_infliximab, unnamed_drafts

# What is judged where drafts are sought, and what may stand beside an order without being one for a medicine.
_UNDERSTOOD: Final = frozenset(
    {
        "Appointment", "CarePlan", "Claim", "Communication", "CommunicationRequest", "Condition", "Coverage",
        "Device", "DeviceRequest", "DiagnosticReport", "DocumentReference", "Encounter", "Goal", "Location",
        "Medication", "MedicationAdministration", "MedicationDispense", "MedicationRequest",
        "MedicationStatement", "NutritionOrder", "Observation", "OperationOutcome", "Organization", "Patient",
        "Practitioner", "PractitionerRole", "Procedure", "Provenance", "Questionnaire",
        "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Specimen", "SupplyRequest", "Task",
        "VisionPrescription",
    }
)  # fmt: skip


def names_unread_infliximab(draft_orders: Any) -> bool:
    """Say whether a part of the draft orders that is read as no order names infliximab."""
    return any(names_infliximab(part) for part in _unread(draft_orders))


def holds_unnamed_infliximab(
    request: HookRequest, acquired: AcquiredResources, context: ReadingContext
) -> bool:
    """Say whether an order names no medicine and the record does not rule out that it is for infliximab."""
    unnamed = unnamed_drafts(request.draft_orders, request.selections, acquired, context)
    if not unnamed:
        return False
    course = build_course(acquired, draft=None, context=context)
    return any(may_be_infliximab(draft, course, context.codes) for draft in unnamed)


def _unread(draft_orders: Any) -> Iterator[Any]:
    """Yield what is no resource of an understood type, on the levels where orders are looked for."""
    for item in _items(draft_orders):
        resource = item.get("resource", item) if isinstance(item, dict) else item
        kind = text_of(resource.get("resourceType")) if isinstance(resource, dict) else ""
        if kind not in _UNDERSTOOD or (kind == "MedicationRequest" and not _says_what(resource)):
            yield item


def _items(draft_orders: Any) -> list[Any]:
    if isinstance(draft_orders, list):
        return draft_orders
    if isinstance(draft_orders, dict) and text_of(draft_orders.get("resourceType")) in {"", "Bundle"}:
        entries = draft_orders.get("entry")
        # A list is taken apart; anything else than one entry is looked at as a whole.
        return (
            entries
            if isinstance(entries, list)
            else [entries if isinstance(entries, dict) else [draft_orders]]
        )
    return [draft_orders]


def _says_what(order: dict[str, Any]) -> bool:
    """Say whether an order names its medicine, whichever it is, in a place where medicines are read."""
    reference = order.get("medicationReference")
    return any(codings_of(order.get("medicationCodeableConcept"))) or (
        isinstance(reference, dict)
        and bool(text_of(reference.get("reference")) or text_of(reference.get("display")))
    )
