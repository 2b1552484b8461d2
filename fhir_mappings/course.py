"""From resources to one treatment course: all readers, a canonical order, nothing counted twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

from fhir_mappings.acquired import AcquiredResources, Resource
from fhir_mappings.codes import CodeSets
from fhir_mappings.context import ReadingContext
from fhir_mappings.copies import without_copies
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
from fhir_mappings.readers.plain import read_plain
from fhir_mappings.readers.reading import Findings, in_order, merge_issues
from fhir_mappings.readers.status_reason import read_status_reason
from fhir_mappings.references import relative_reference, source_reference, text_of, with_usual_subject
from fhir_mappings.withdrawn import without_withdrawn
from tdm.facts import Dose, FactGroup, MedicationUse, Order, SafetyConcept, Shortfall, TreatmentCourse
from tdm.issues import DataIssue

_SAME_DOSE = timedelta(days=3)
"""A reported dose this close to an administered one is the same dose."""

_reference: Callable[[Order | Dose | MedicationUse], str] = attrgetter("source.reference")
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
    by_type = _by_type(acquired, context.patient_id)
    found = _results(by_type, context, acquired)
    medicines = (
        medicines_of(acquired, context.codes) if "Medication" in by_type else Medicines(context.codes, {})
    )
    records: list[MedicationReading] = []
    for name, reader in _MEDICATION_READERS.items():
        resources = without_withdrawn(by_type.get(name, ()))
        for resource in without_copies(resources) if name == "MedicationAdministration" else resources:
            records.append(reader(resource, context, medicines))
            reaction = read_status_reason(resource, context, medicines)
            if reaction is not None:
                found.safety.append(reaction)
    results = found.facts()
    patient = _patient(by_type.get("Patient", ()), context)
    issues: list[DataIssue] = []
    for key in acquired.keys.values():
        issues += key.issues
    issues += [*patient.issues, *found.issues]
    orders: list[Order] = []
    doses: list[Dose] = []
    uses: list[MedicationUse] = []
    for record in records:
        orders += record.orders
        doses += record.doses
        uses += record.uses
        issues += record.issues
    if draft is not None:
        issues += draft.issues
        uses += draft.medications
    return TreatmentCourse(
        draft=draft.order if draft is not None else None,
        levels=results.levels,
        atis=results.atis,
        markers=results.markers,
        weights=results.weights,
        doses=_doses(doses),
        dispensed=_unique([dose for dose in doses if dose.interval_days]),
        orders=_unique(orders),
        medications=_unique(uses),
        safety=results.safety,
        fistulas=results.fistulas,
        birth_earliest=patient.birth_earliest,
        birth_latest=patient.birth_latest,
        sex=patient.sex,
        order_indication=draft.indication if draft is not None else None,
        recorded_indications=results.indications,
        inflammatory_bowel_disease_recorded=results.bowel_disease,
        evaluable=_evaluable(context.codes),
        shortfalls=_shortfalls(acquired),
        issues=merge_issues(issues),
    )


def _shortfalls(acquired: AcquiredResources) -> tuple[tuple[FactGroup, Shortfall], ...]:
    """Return the groups of facts that did not arrive completely, in the order of their keys' names."""
    short = sorted(
        [(name, key.shortfall) for name, key in acquired.keys.items() if key.shortfall is not None]
    )
    groups = [(group_of(name), shortfall) for name, shortfall in short]
    return tuple([(group, shortfall) for group, shortfall in groups if group is not None])


def _by_type(acquired: AcquiredResources, patient_id: str) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    own_addresses: set[str] = set()
    for key in acquired.keys.values():
        urls = key.full_urls
        for index, resource in enumerate(key.resources):
            kind = text_of(resource.get("resourceType"))
            if kind in found:
                found[kind].append(resource)
            else:
                found[kind] = [resource]
            if kind == "Patient" and index < len(urls):
                own_addresses |= _own_address(resource, urls[index], patient_id)
    if own_addresses:
        return {
            kind: [with_usual_subject(resource, own_addresses, patient_id) for resource in resources]
            for kind, resources in found.items()
        }
    return found


def _own_address(patient: Resource, full_url: str, patient_id: str) -> set[str]:
    """Return the address under which a Bundle holds this patient, where "Patient/id" is not in it."""
    usual = f"Patient/{patient_id}"
    if not full_url or source_reference(patient) != usual or relative_reference(full_url) == usual:
        return set()
    return {full_url}


def _results(
    by_type: dict[str, list[Resource]], context: ReadingContext, acquired: AcquiredResources
) -> Findings:
    """Return what results, problems and allergies say."""
    found = Findings()
    observations = without_withdrawn(by_type.get("Observation", ()))
    reports = without_withdrawn(by_type.get("DiagnosticReport", ()))
    panels = [observation for observation in observations if observation.get("hasMember")]
    times = collection_times([*panels, *reports, *by_type.get("Specimen", ())], context)
    for observation in observations:
        if not read_plain(observation, context, found):
            found.add(read_observation(observation, context, times))
    if reports:
        arrived = _arrived(acquired, by_type.get("Observation", ()))
        for report in reports:
            found.add(read_diagnostic_report(report, context, arrived))
    for condition in by_type.get("Condition", ()):
        found.add(read_condition(condition, context))
    for allergy in by_type.get("AllergyIntolerance", ()):
        found.add(read_allergy(allergy, context))
    return found


def _arrived(acquired: AcquiredResources, observations: Iterable[Resource]) -> frozenset[str]:
    """Return under which references and addresses results arrived."""
    addresses = frozenset(url for key in acquired.keys.values() for url in key.full_urls if url)
    return addresses.union(map(source_reference, observations))


def _patient(resources: Sequence[Resource], context: ReadingContext) -> PatientFacts:
    """Return the patient's facts; where two resources of the patient disagree, nothing is known."""
    if len(resources) == 1:
        return read_patient(resources[0], context)
    readings = {read_patient(resource, context) for resource in resources}
    known = {replace(reading, issues=()) for reading in readings if not reading.issues}
    issues = tuple(issue for reading in readings for issue in reading.issues)
    return replace(known.pop(), issues=issues) if len(known) == 1 else PatientFacts(issues=issues)


def _doses(doses: list[Dose]) -> tuple[Dose, ...]:
    """Return each dose once; one that is only reported gives way to an administered one of about that day.

    Administrations that differ in their id only all stay: they may be the bags of one infusion.
    """
    administered = [dose for dose in doses if not dose.reported]
    reported = _unique([dose for dose in doses if dose.reported])
    every = tuple(in_order([*dict.fromkeys(administered), *reported], _reference, repr))
    given = [dose.given.at for dose in every if not dose.reported]
    if len(given) == len(every):
        return every
    return tuple(
        dose
        for dose in every
        if not dose.reported or not any(abs(dose.given.at - at) <= _SAME_DOSE for at in given)
    )


def _unique(facts: list[_Fact]) -> tuple[_Fact, ...]:
    """Return facts in canonical order; of those that differ only in their source, the first."""
    if len(facts) < 2:  # noqa: PLR2004 - nothing to order
        return tuple(facts)
    kept: dict[Hashable, _Fact] = {}
    for fact in in_order(facts, _reference, repr):
        kept.setdefault(_CONTENT[type(fact)](fact), fact)
    return tuple(kept.values())


@lru_cache(maxsize=8)
def _evaluable(codes: CodeSets) -> frozenset[SafetyConcept]:
    return codes.evaluable()
