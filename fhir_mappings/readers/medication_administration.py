"""MedicationAdministration: infusions and injections of infliximab that were given."""

from __future__ import annotations

from fhir_mappings.acquired import Resource
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.dosage import combined_amount, dosage_text
from fhir_mappings.dosage_text import read_dosage_text
from fhir_mappings.dose_amount import dose_and_rate_amount
from fhir_mappings.medication import Medicines
from fhir_mappings.readers.medication_record import (
    NO_MEDICATION,
    MedicationReading,
    period_end,
    period_start,
    record_of,
    settled_route,
)
from fhir_mappings.routes import route_of
from tdm.facts import Dose, Moment
from tdm.issues import DataIssue, IssueCode

_GIVEN = frozenset({"completed", "in-progress"})
_NOT_GIVEN = frozenset({"not-done", "entered-in-error", "on-hold", "cancelled"})
_FLAGS_OF_NOT_GIVEN = ("notGiven", "wasNotGiven")  # STU3, DSTU2


def read_medication_administration(
    resource: Resource, context: ReadingContext, medicines: Medicines
) -> MedicationReading:
    """Read one administration. One that was stopped, or whose status is unknown, counts with an issue."""
    record = record_of(resource, medicines, context)
    if not record.medicine.is_infliximab:
        return MedicationReading(issues=record.issues) if record.issues else NO_MEDICATION
    if record.status in _NOT_GIVEN or any(resource.get(name) is True for name in _FLAGS_OF_NOT_GIVEN):
        return NO_MEDICATION
    given = given_at(resource, context)
    if given is None:
        issue = DataIssue(IssueCode.DOSE_UNDATED, "dose", (), record.source)
        return MedicationReading(issues=(*record.issues, issue))
    issues = record.issues
    if record.status not in _GIVEN:
        day = (("day", given.day.isoformat()),)
        issues += (DataIssue(IssueCode.DOSE_STATUS_UNKNOWN, "dose", day, record.source),)
    dosage = resource.get("dosage")
    if isinstance(dosage, list):
        dosage = dosage[0] if len(dosage) == 1 else None
    dosage = dosage if isinstance(dosage, dict) else {}
    amount, amount_issues = combined_amount(
        dose_and_rate_amount(dosage, record.medicine), read_dosage_text(dosage_text(dosage)), record.setting
    )
    if record.status == "stopped":  # how much of it was given is not known
        amount, amount_issues = type(amount)(), ()
    route, route_issues = settled_route(record.medicine, route_of(dosage.get("route")), record.source)
    dose = Dose(given, record.source, route, amount.mg, amount.mg_per_kg)
    return MedicationReading(doses=(dose,), issues=issues + amount_issues + route_issues)


def given_at(resource: Resource, context: ReadingContext) -> Moment | None:
    """Return when a dose was given: the moment, or the start (else the end) of the period."""
    for name in ("effectiveDateTime", "effectiveInstant", "effectiveTimeDateTime"):
        moment = read_moment(resource.get(name), context.zone)
        if moment is not None:
            return moment
    for name in ("effectivePeriod", "effectiveTimePeriod"):
        moment = period_start(resource.get(name), context) or period_end(resource.get(name), context)
        if moment is not None:
            return moment
    return None
