"""From resources to one treatment course: all readers, a canonical order, nothing counted twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields, replace
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

from fhir_mappings.acquired import AcquiredResources, Resource
from fhir_mappings.codes import CodeSets
from fhir_mappings.context import ReadingContext
from fhir_mappings.drafts import DraftOrder
from fhir_mappings.medication import Medicines, medicines_of
from fhir_mappings.prefetch import group_of
from fhir_mappings.readers.allergy import read_allergy
from fhir_mappings.readers.condition import read_condition
from fhir_mappings.readers.diagnostic_report import collection_times, read_diagnostic_report
from fhir_mappings.readers.medication_administration import read_medication_administration
from fhir_mappings.readers.medication_dispense import read_medication_dispense
from fhir_mappings.readers.medication_record import MedicationReading
from fhir_mappings.readers.medication_request import read_medication_request
from fhir_mappings.readers.medication_statement import read_medication_statement
from fhir_mappings.readers.observation import read_observation
from fhir_mappings.readers.patient import PatientFacts, read_patient
from fhir_mappings.readers.reading import Reading, merge, merge_issues
from fhir_mappings.references import text_of
from tdm.facts import Dose, MedicationUse, Order, SafetyConcept, TreatmentCourse
from tdm.issues import DataIssue

_SAME_DOSE = timedelta(days=3)
"""A reported dose this close to an administered one is the same dose."""

_Fact = TypeVar("_Fact", Order, Dose, MedicationUse)
_CONTENT: dict[type, Callable[[Any], Hashable]] = {
    kind: attrgetter(*(field.name for field in fields(kind) if field.name != "source"))
    for kind in (Order, Dose, MedicationUse)
}
_MedicationReader: TypeAlias = Callable[[Resource, ReadingContext, Medicines], MedicationReading]
_MEDICATION_READERS: dict[str, _MedicationReader] = {
    "MedicationRequest": read_medication_request,
    "MedicationAdministration": read_medication_administration,
    "MedicationDispense": read_medication_dispense,
    "MedicationStatement": read_medication_statement,
}


def build_course(
    acquired: AcquiredResources, *, draft: DraftOrder | None, context: ReadingContext
) -> TreatmentCourse:
    """Read all acquired resources. Nothing depends on their order, nor on how often one was sent."""
    by_type = _by_type(acquired)
    results = merge(_results(by_type, context))
    medicines = medicines_of(acquired, context.codes)
    records = [
        reader(resource, context, medicines)
        for name, reader in _MEDICATION_READERS.items()
        for resource in by_type.get(name, ())
    ]
    patient = _patient(by_type.get("Patient", ()), context)
    issues: list[DataIssue] = [issue for key in acquired.keys.values() for issue in key.issues]
    issues += [*patient.issues, *results.issues, *(issue for record in records for issue in record.issues)]
    if draft is not None:
        issues += draft.issues
    return TreatmentCourse(
        draft=draft.order if draft is not None else None,
        levels=results.levels,
        atis=results.atis,
        markers=results.markers,
        weights=results.weights,
        doses=_doses(dose for record in records for dose in record.doses),
        orders=_unique(order for record in records for order in record.orders),
        medications=_unique(
            [
                *(use for record in records for use in record.uses),
                *(draft.medications if draft is not None else ()),
            ]
        ),
        safety=results.safety,
        fistulas=results.fistulas,
        birth_earliest=patient.birth_earliest,
        birth_latest=patient.birth_latest,
        sex=patient.sex,
        order_indication=draft.indication if draft is not None else None,
        recorded_indications=results.indications,
        evaluable=_evaluable(context.codes),
        shortfalls=tuple(
            (group, key.shortfall)
            for name, key in sorted(acquired.keys.items())
            if key.shortfall is not None and (group := group_of(name)) is not None
        ),
        issues=merge_issues(issues),
    )


def _by_type(acquired: AcquiredResources) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for key in acquired.keys.values():
        for resource in key.resources:
            found.setdefault(text_of(resource.get("resourceType")), []).append(resource)
    return found


def _results(by_type: dict[str, list[Resource]], context: ReadingContext) -> Iterable[Reading]:
    observations = by_type.get("Observation", ())
    reports = by_type.get("DiagnosticReport", ())
    times = collection_times([*observations, *reports, *by_type.get("Specimen", ())], context)
    for observation in observations:
        yield read_observation(observation, context, times)
    for report in reports:
        yield read_diagnostic_report(report, context)
    for condition in by_type.get("Condition", ()):
        yield read_condition(condition, context)
    for allergy in by_type.get("AllergyIntolerance", ()):
        yield read_allergy(allergy, context)


def _patient(resources: Iterable[Resource], context: ReadingContext) -> PatientFacts:
    """Return the patient's facts; where two resources of the patient disagree, nothing is known."""
    readings = {read_patient(resource, context) for resource in resources}
    known = {replace(reading, issues=()) for reading in readings if not reading.issues}
    issues = tuple(issue for reading in readings for issue in reading.issues)
    return replace(known.pop(), issues=issues) if len(known) == 1 else PatientFacts(issues=issues)


def _doses(doses: Iterable[Dose]) -> tuple[Dose, ...]:
    """Return each dose once; one that is only reported gives way to an administered one of about that day."""
    every = _unique(doses)
    given = [dose.given.at for dose in every if not dose.reported]
    return tuple(
        dose
        for dose in every
        if not dose.reported or not any(abs(dose.given.at - at) <= _SAME_DOSE for at in given)
    )


def _unique(facts: Iterable[_Fact]) -> tuple[_Fact, ...]:
    """Return facts in canonical order; of those that differ only in their source, the first."""
    ordered = sorted(facts, key=_reference)
    if len({fact.source.reference for fact in ordered}) < len(ordered):
        ordered.sort(key=_order)
    kept: dict[Hashable, _Fact] = {}
    for fact in ordered:
        kept.setdefault(_CONTENT[type(fact)](fact), fact)
    return tuple(kept.values())


def _reference(fact: Order | Dose | MedicationUse) -> str:
    return fact.source.reference


def _order(fact: Order | Dose | MedicationUse) -> tuple[str, str]:
    """Order facts that share a reference by all they say; writing them out is slow, so only then."""
    return fact.source.reference, repr(fact)


@lru_cache(maxsize=8)
def _evaluable(codes: CodeSets) -> frozenset[SafetyConcept]:
    return codes.evaluable()
