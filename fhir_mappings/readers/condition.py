"""Conditions: the indication, perianal fistulas, and what the safety gates look for."""

from __future__ import annotations

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import SEVERITY_MILD, ConditionConcept, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.naming import written_name
from fhir_mappings.readers.observation import other_patient
from fhir_mappings.readers.problem_status import (
    ClinicalStatus,
    VerificationStatus,
    clinical_status,
    verification_status,
)
from fhir_mappings.readers.reading import NOTHING, Reading
from fhir_mappings.readers.safety_labs import PREGNANCY_COUNTS
from fhir_mappings.references import Belongs, belongs_to, source_reference
from tdm.facts import (
    HeartFailureSeverity,
    Indication,
    Moment,
    PerianalFistula,
    SafetyConcept,
    SafetyFact,
    SafetyState,
)
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

_SAFETY = {
    ConditionConcept.SERIOUS_INFECTION: SafetyConcept.SERIOUS_INFECTION,
    ConditionConcept.TUBERCULOSIS_ACTIVE: SafetyConcept.TUBERCULOSIS_ACTIVE,
    ConditionConcept.TUBERCULOSIS_LATENT: SafetyConcept.TUBERCULOSIS_LATENT,
    ConditionConcept.HEPATITIS_B: SafetyConcept.HEPATITIS_B,
    ConditionConcept.HEART_FAILURE: SafetyConcept.HEART_FAILURE,
    ConditionConcept.JAUNDICE: SafetyConcept.JAUNDICE,
    ConditionConcept.DEMYELINATING_DISEASE: SafetyConcept.DEMYELINATING_DISEASE,
    ConditionConcept.LYMPHOMA: SafetyConcept.LYMPHOMA,
    ConditionConcept.PREGNANCY: SafetyConcept.PREGNANCY,
    ConditionConcept.INFLIXIMAB_REACTION: SafetyConcept.INFLIXIMAB_REACTION,
    ConditionConcept.REACTION: SafetyConcept.INFLIXIMAB_REACTION,
}
# What has once been there matters for good: a remission does not undo it.
_LASTING = frozenset(
    {SafetyConcept.DEMYELINATING_DISEASE, SafetyConcept.LYMPHOMA, SafetyConcept.INFLIXIMAB_REACTION}
)
# There until resolved: "inactive" heart failure, hepatitis B or latent tuberculosis still counts.
_UNTIL_RESOLVED = frozenset(
    {SafetyConcept.HEART_FAILURE, SafetyConcept.HEPATITIS_B, SafetyConcept.TUBERCULOSIS_LATENT}
)
_INDICATIONS = {
    ConditionConcept.CROHNS_DISEASE: Indication.CROHNS_DISEASE,
    ConditionConcept.OTHER_INDICATION: Indication.OTHER_DISEASE,
}
_FISTULAS = frozenset({ConditionConcept.PERIANAL_FISTULA, ConditionConcept.FISTULA_HISTORY})
_BOWEL_DISEASE = frozenset(
    {
        ConditionConcept.CROHNS_DISEASE,
        ConditionConcept.INFLAMMATORY_BOWEL_DISEASE,
        ConditionConcept.PERIANAL_FISTULA,
        ConditionConcept.FISTULA_HISTORY,
    }
)
_DATES = ("recordedDate", "onsetDateTime", "assertedDate", "dateRecorded")


def read_condition(resource: Resource, context: ReadingContext) -> Reading:
    """Return indication, fistula and safety facts of one Condition; errors and other patients' give none."""
    codings, text = codings_of(resource.get("code"))
    concepts = context.codes.conditions(codings, text)
    if not concepts:
        return NOTHING
    source = Source("Condition", source_reference(resource, "Condition"))
    belongs = belongs_to(resource, context.patient_id)
    if belongs is Belongs.OTHER:
        return Reading(issues=(other_patient(source),))
    clinical, verification = clinical_status(resource), verification_status(resource)
    if verification is VerificationStatus.ERROR:
        return NOTHING
    recorded = _recorded(resource, context)
    facts = [
        SafetyFact(
            _SAFETY[concept],
            _state(concept, clinical, verification, recorded, context),
            source,
            recorded=recorded,
            severity=_severity(resource, context) if concept is ConditionConcept.HEART_FAILURE else None,
            name=written_name(codings, text),
        )
        for concept in concepts
        if concept in _SAFETY
    ]
    issues = (
        (DataIssue(IssueCode.SUBJECT_MISSING, "record", (), source),) if belongs is Belongs.UNSAID else ()
    )
    return Reading(
        safety=tuple(facts),
        fistulas=_fistulas(concepts, clinical, verification, source),
        indications=_indications(concepts, clinical, verification),
        issues=issues,
        bowel_disease=not _BOWEL_DISEASE.isdisjoint(concepts),
    )


def _recorded(resource: Resource, context: ReadingContext) -> Moment | None:
    for key in _DATES:
        found = read_moment(resource.get(key), context.zone)
        if found is not None:
            return found
    return None


def _state(
    concept: ConditionConcept,
    clinical: ClinicalStatus,
    verification: VerificationStatus,
    recorded: Moment | None,
    context: ReadingContext,
) -> SafetyState:
    """Return what the statuses say. No clinical status at all is read as there: the safe side.

    A reaction whose cause is not named may have been to infliximab: unclear.
    """
    safety = _SAFETY[concept]
    if verification is VerificationStatus.REFUTED:
        return SafetyState.ABSENT
    if verification in {VerificationStatus.DOUBTFUL, VerificationStatus.UNREADABLE}:
        return SafetyState.UNCLEAR
    if safety in _LASTING:
        return SafetyState.UNCLEAR if concept is ConditionConcept.REACTION else SafetyState.PRESENT
    if clinical is ClinicalStatus.UNREADABLE:
        return SafetyState.UNCLEAR
    if clinical is ClinicalStatus.RESOLVED:
        return SafetyState.ABSENT
    if clinical is ClinicalStatus.INACTIVE and safety not in _UNTIL_RESOLVED:
        return SafetyState.ABSENT
    if safety is SafetyConcept.PREGNANCY and recorded is not None:
        over = context.now.at - recorded.at > PREGNANCY_COUNTS
        return SafetyState.ABSENT if over else SafetyState.PRESENT
    return SafetyState.PRESENT


def _severity(resource: Resource, context: ReadingContext) -> HeartFailureSeverity | None:
    """Return the severity from severity, stage or the name; the worse of several."""
    stages = resource.get("stage")
    summaries = [s.get("summary") for s in stages if isinstance(s, dict)] if isinstance(stages, list) else []
    found = {
        context.codes.severity(*codings_of(codeable))
        for codeable in (resource.get("severity"), resource.get("code"), *summaries)
    } - {None}
    if not found:
        return None
    return HeartFailureSeverity.MILD if found == {SEVERITY_MILD} else HeartFailureSeverity.MODERATE_OR_SEVERE


def _fistulas(
    concepts: tuple[ConditionConcept, ...],
    clinical: ClinicalStatus,
    verification: VerificationStatus,
    source: Source,
) -> tuple[PerianalFistula, ...]:
    """Return the fistula: active only by a status that says so, otherwise history.

    A fistula that is past by its name, or that is elsewhere, is history whatever its status.
    """
    if verification is VerificationStatus.REFUTED or _FISTULAS.isdisjoint(concepts):
        return ()
    active = (
        ConditionConcept.PERIANAL_FISTULA in concepts
        and clinical is ClinicalStatus.ACTIVE
        and verification is VerificationStatus.HOLDS
    )
    return (PerianalFistula(active, source),)


def _indications(
    concepts: tuple[ConditionConcept, ...], clinical: ClinicalStatus, verification: VerificationStatus
) -> frozenset[Indication]:
    """Return the indications: a disease in remission is one, a resolved, refuted or doubtful one is not."""
    if clinical is ClinicalStatus.RESOLVED or verification is not VerificationStatus.HOLDS:
        return frozenset()
    return frozenset([_INDICATIONS[concept] for concept in concepts if concept in _INDICATIONS])
