"""Allergies to infliximab or murine protein."""

from __future__ import annotations

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.readers.observation import other_patient
from fhir_mappings.readers.problem_status import (
    ClinicalStatus,
    VerificationStatus,
    clinical_status,
    verification_status,
)
from fhir_mappings.readers.reading import NOTHING, Reading
from fhir_mappings.references import Belongs, belongs_to, source_reference
from tdm.facts import SafetyConcept, SafetyFact, SafetyState, Source
from tdm.issues import DataIssue, IssueCode


def read_allergy(resource: Resource, context: ReadingContext) -> Reading:
    """Return the fact of one AllergyIntolerance to infliximab; type and criticality do not soften it.

    Refuted, resolved or inactive: absent. Unconfirmed or of unreadable status: unclear, which the gate
    treats as a reaction. Entered in error: nothing.
    """
    if not _names_infliximab(resource, context):
        return NOTHING
    source = Source("AllergyIntolerance", source_reference(resource, "AllergyIntolerance"))
    belongs = belongs_to(resource, context.patient_id)
    if belongs is Belongs.OTHER:
        return Reading(issues=(other_patient(source),))
    state = _state(resource)
    if state is None:
        return NOTHING
    recorded = read_moment(resource.get("recordedDate"), context.zone)
    fact = SafetyFact(SafetyConcept.INFLIXIMAB_REACTION, state, source, recorded=recorded)
    issues = (
        (DataIssue(IssueCode.SUBJECT_MISSING, "record", (), source),) if belongs is Belongs.UNSAID else ()
    )
    return Reading(safety=(fact,), issues=issues)


def _names_infliximab(resource: Resource, context: ReadingContext) -> bool:
    reactions = resource.get("reaction")
    substances = (
        [r.get("substance") for r in reactions if isinstance(r, dict)] if isinstance(reactions, list) else []
    )
    return any(
        context.codes.is_infliximab_allergen(*codings_of(codeable))
        for codeable in (resource.get("code"), resource.get("substance"), *substances)
    )


def _state(resource: Resource) -> SafetyState | None:
    """Return None for a record entered in error."""
    clinical, verification = clinical_status(resource), verification_status(resource)
    if verification is VerificationStatus.ERROR:
        return None
    if verification is VerificationStatus.REFUTED:
        return SafetyState.ABSENT
    if clinical in {ClinicalStatus.INACTIVE, ClinicalStatus.RESOLVED}:
        return SafetyState.ABSENT
    if verification is VerificationStatus.HOLDS and clinical is not ClinicalStatus.UNREADABLE:
        return SafetyState.PRESENT
    return SafetyState.UNCLEAR
