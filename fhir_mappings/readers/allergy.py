"""Allergies to infliximab or murine protein."""

from __future__ import annotations

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import TNF_BLOCKER_ALLERGY, Codings, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.naming import fold, written_name
from fhir_mappings.readers.observation import other_patient
from fhir_mappings.readers.problem_status import (
    ClinicalStatus,
    VerificationStatus,
    clinical_status,
    verification_status,
)
from fhir_mappings.readers.reading import NOTHING, Reading
from fhir_mappings.references import Belongs, belongs_to, source_reference
from tdm.facts import SafetyConcept, SafetyFact, SafetyState
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source


def read_allergy(resource: Resource, context: ReadingContext) -> Reading:
    """Return the fact of one AllergyIntolerance to infliximab; type and criticality do not soften it.

    Refuted, resolved or inactive: absent. Unconfirmed or of unreadable status: unclear, which the gate
    treats as a reaction. Unclear as well: the whole class of TNF blockers, and "tolerates with
    premedication", which tells of a reaction once. Entered in error: nothing.
    """
    substances = _substances(resource)
    named = any(context.codes.is_infliximab_allergen(*substance) for substance in substances)
    if not named and not any(
        TNF_BLOCKER_ALLERGY in context.codes.ids("allergy", *substance) for substance in substances
    ):
        return NOTHING
    source = Source("AllergyIntolerance", source_reference(resource, "AllergyIntolerance"))
    belongs = belongs_to(resource, context.patient_id)
    if belongs is Belongs.OTHER:
        return Reading(issues=(other_patient(source),))
    state = _state(resource)
    if state is None:
        return NOTHING
    if state is SafetyState.PRESENT and (not named or _is_tolerated(substances)):
        state = SafetyState.UNCLEAR
    recorded = read_moment(resource.get("recordedDate"), context.zone)
    name = next(filter(None, (written_name(*substance) for substance in substances)), "")
    fact = SafetyFact(SafetyConcept.INFLIXIMAB_REACTION, state, source, recorded=recorded, name=name)
    issues = (
        (DataIssue(IssueCode.SUBJECT_MISSING, "record", (), source),) if belongs is Belongs.UNSAID else ()
    )
    return Reading(safety=(fact,), issues=issues)


def _substances(resource: Resource) -> list[tuple[Codings, str]]:
    """Return what the allergy is to, as codings and text: its code, and the substances of its reactions."""
    reactions = resource.get("reaction")
    written = [resource.get("code"), resource.get("substance")]
    written += (
        [r.get("substance") for r in reactions if isinstance(r, dict)] if isinstance(reactions, list) else []
    )
    return [codings_of(codeable) for codeable in written if codeable]


def _is_tolerated(substances: list[tuple[Codings, str]]) -> bool:
    return any(" tolerat" in fold(text) for _, text in substances)


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
