"""MedicationDispense: infliximab handed out, taken as a reported dose on that day.

How many doses one dispense covers is not told reliably, so that only the first is taken: enough to see that
treatment went on. The interval is that of its instruction; without one, the days that the supply is for are
shared among the doses, where the quantity says how many these are (see `fhir_mappings.supply`).
"""

from __future__ import annotations

from fhir_mappings.acquired import Resource
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.dosage import read_dosages
from fhir_mappings.medication import Medicines
from fhir_mappings.readers.medication_record import (
    NO_MEDICATION,
    MedicationReading,
    record_of,
    settled_order_route,
)
from fhir_mappings.supply import supply_interval
from tdm.facts import Dose
from tdm.issues import DataIssue, IssueCode


def read_medication_dispense(
    resource: Resource, context: ReadingContext, medicines: Medicines
) -> MedicationReading:
    """Read one dispense; only a completed one was handed out."""
    record = record_of(resource, medicines, context)
    if not record.medicine.is_infliximab:
        return MedicationReading(issues=record.issues) if record.issues else NO_MEDICATION
    if record.status != "completed":
        return NO_MEDICATION
    given = read_moment(resource.get("whenHandedOver"), context.zone) or read_moment(
        resource.get("whenPrepared"), context.zone
    )
    if given is None:
        issue = DataIssue(IssueCode.DOSE_UNDATED, "dose", (), record.source)
        return MedicationReading(issues=(*record.issues, issue))
    dosage = read_dosages(resource.get("dosageInstruction"), record.setting)
    route, route_issues = settled_order_route(record.setting, dosage)
    dose = Dose(
        given,
        record.source,
        route,
        dosage.amount_mg,
        dosage.amount_mg_per_kg,
        reported=True,
        interval_days=dosage.interval_days or supply_interval(resource, dosage, route),
    )
    return MedicationReading(doses=(dose,), issues=record.issues + dosage.issues + route_issues)
