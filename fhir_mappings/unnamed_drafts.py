"""Orders in front of the clinician of which nobody can say what they are for, and whether that matters here.

An order may name its medicine by a reference alone. Where the Medication did not come along and could not be
fetched, the order may be for infliximab, and no card at all would read as "nothing to do with infliximab".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fhir_mappings.acquired import AcquiredResources, Resource
from fhir_mappings.codes import CodeSets, ConditionConcept, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.drafts import selected_drafts
from fhir_mappings.medication import medicine_of, names_infliximab
from fhir_mappings.references import text_of
from tdm.facts import FactGroup, Indication, TreatmentCourse

_OF_THE_BOWEL: Final = frozenset(
    {
        ConditionConcept.CROHNS_DISEASE,
        ConditionConcept.INFLAMMATORY_BOWEL_DISEASE,
        ConditionConcept.PERIANAL_FISTULA,
    }
)
_TELLING: Final = frozenset({FactGroup.CONDITIONS, FactGroup.ORDERS, FactGroup.ADMINISTRATIONS})


def unnamed_drafts(
    draft_orders: Any, selections: Sequence[str] | None, acquired: AcquiredResources, context: ReadingContext
) -> tuple[Resource, ...]:
    """Return the orders for a medicine that is only referred to, was not sent, and bears no name."""
    drafts, medicines = selected_drafts(draft_orders, selections, acquired, context.codes)
    return tuple(
        [
            draft
            for draft in drafts
            if text_of(draft.get("resourceType")) == "MedicationRequest"
            and medicine_of(draft, medicines).unresolved
        ]
    )


def may_be_infliximab(draft: Resource, course: TreatmentCourse, codes: CodeSets) -> bool:
    """Say whether an order without a name may be for infliximab, given what else is on record.

    It may where the order or the record speaks of infliximab or of inflammatory bowel disease, or where the
    record did not arrive whole. Only a whole record without a trace of either lets the order pass in silence:
    an EHR that never sends Medications would otherwise get a card for every order of every patient.
    """
    if any(group in _TELLING for group, _ in course.shortfalls):
        return True
    if course.levels or course.atis or course.doses or course.orders:
        return True
    if course.inflammatory_bowel_disease_recorded or Indication.CROHNS_DISEASE in course.recorded_indications:
        return True
    return names_infliximab(draft) or _is_for_the_bowel(draft, codes)


def _is_for_the_bowel(draft: Resource, codes: CodeSets) -> bool:
    reasons = draft.get("reasonCode")
    return any(
        not _OF_THE_BOWEL.isdisjoint(codes.conditions(*codings_of(reason)))
        for reason in (reasons if isinstance(reasons, list) else [reasons])
    )
