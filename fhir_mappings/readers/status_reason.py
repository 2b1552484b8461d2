"""Why infliximab was stopped or not given: a reaction named there is one on record."""

from __future__ import annotations

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import CodeSets, Codings, ConditionConcept, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.medication import Medicines, medicine_of
from fhir_mappings.naming import written_name
from fhir_mappings.references import Belongs, belongs_to, source_reference, text_of
from tdm.facts import SafetyConcept, SafetyFact, SafetyState
from tdm.source import Source

_REASONS = ("statusReason", "reasonNotGiven")
_DATES = ("effectiveDateTime", "authoredOn", "dateAsserted")


def read_status_reason(
    resource: Resource, context: ReadingContext, medicines: Medicines
) -> SafetyFact | None:
    """Return the reaction that stopped an order or a dose of infliximab; None where no reason names one.

    Unclear, not certain: a reason is written in passing. The gate treats it as a reaction all the same.
    """
    reasons = [reason for name in _REASONS if (reason := resource.get(name))]
    if not reasons or text_of(resource.get("status")).lower() == "entered-in-error":
        return None
    if belongs_to(resource, context.patient_id) is Belongs.OTHER:
        return None
    if not medicine_of(resource, medicines).is_infliximab:
        return None
    written = [item for reason in reasons for item in (reason if isinstance(reason, list) else [reason])]
    reactions = [concept for item in written if _is_reaction(*(concept := codings_of(item)), context.codes)]
    if not reactions:
        return None
    source = Source(text_of(resource.get("resourceType")), source_reference(resource))
    dates = (read_moment(resource.get(name), context.zone) for name in _DATES)
    recorded = next((date for date in dates if date is not None), None)
    return SafetyFact(
        SafetyConcept.INFLIXIMAB_REACTION,
        SafetyState.UNCLEAR,
        source,
        recorded=recorded,
        name=written_name(*reactions[0]),
    )


def _is_reaction(codings: Codings, text: str, codes: CodeSets) -> bool:
    return bool(codes.ids("reason", codings, text)) or ConditionConcept.REACTION in codes.conditions(
        codings, text
    )
