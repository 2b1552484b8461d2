"""MedicationStatement: infliximab or another medicine that is reported to be taken."""

from __future__ import annotations

from fhir_mappings.acquired import Resource
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import read_moment
from fhir_mappings.dosage import read_dosages
from fhir_mappings.medication import Medicines
from fhir_mappings.readers.medication_record import (
    NO_MEDICATION,
    MedicationReading,
    Record,
    period_end,
    period_start,
    record_of,
    settled_order_route,
)
from tdm.facts import Dose, MedicationUse, Order, OrderState

_TAKEN = {
    "active": OrderState.ACTIVE,
    "completed": OrderState.ENDED,
    "stopped": OrderState.STOPPED,
    "on-hold": OrderState.STOPPED,
}


def read_medication_statement(
    resource: Resource, context: ReadingContext, medicines: Medicines
) -> MedicationReading:
    """Read one statement: a single completed date is a reported dose, a period is a regimen."""
    record = record_of(resource, medicines, context)
    match = record.medicine.match
    if match is None:
        return MedicationReading(issues=record.issues) if record.issues else NO_MEDICATION
    state = _TAKEN.get(record.status)
    if state is None:
        return NO_MEDICATION
    if match.concept is not None:
        taken = state is OrderState.ACTIVE and not _is_over(resource, context)
        return (
            MedicationReading(uses=(MedicationUse(match.concept, record.source),)) if taken else NO_MEDICATION
        )
    return _read_infliximab(record, context, state)


def _read_infliximab(record: Record, context: ReadingContext, state: OrderState) -> MedicationReading:
    resource = record.resource
    dosage = read_dosages(resource.get("dosage"), record.setting)
    route, route_issues = settled_order_route(record.setting, dosage)
    issues = record.issues + dosage.issues + route_issues
    moment = read_moment(resource.get("effectiveDateTime"), context.zone)
    if moment is not None and state is OrderState.ENDED:
        dose = Dose(moment, record.source, route, dosage.amount_mg, dosage.amount_mg_per_kg, reported=True)
        return MedicationReading(doses=(dose,), issues=issues)
    ended = period_end(resource.get("effectivePeriod"), context)
    if state is OrderState.ACTIVE and _is_over(resource, context):
        state = OrderState.ENDED
    order = Order(
        state=state,
        source=record.source,
        authored=moment
        or period_start(resource.get("effectivePeriod"), context)
        or read_moment(resource.get("dateAsserted"), context.zone),
        route=route,
        amount_mg=dosage.amount_mg,
        amount_mg_per_kg=dosage.amount_mg_per_kg,
        interval_days=dosage.interval_days,
        loading_schedule=dosage.loading_schedule,
        ended=ended if state is not OrderState.ACTIVE else None,
        label=record.medicine.label,
    )
    return MedicationReading(orders=(order,), issues=issues)


def _is_over(resource: Resource, context: ReadingContext) -> bool:
    ended = period_end(resource.get("effectivePeriod"), context)
    return ended is not None and ended.day < context.now.day
