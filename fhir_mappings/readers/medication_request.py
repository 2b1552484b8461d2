"""MedicationRequest: infliximab orders, and other medicines that are in use by an active order."""

from __future__ import annotations

from typing import Any

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
    record_of,
    settled_order_route,
)
from tdm.facts import MedicationConcept, MedicationUse, Moment, Order, OrderState
from tdm.issues import DataIssue, IssueCode

# Not part of the course: what was never in force, and drafts, which only count where they are signed.
_NEVER_IN_FORCE = frozenset({"cancelled", "entered-in-error", "draft"})
_NOT_AN_ORDER = frozenset({"proposal", "option"})
_STATES = {
    "active": OrderState.ACTIVE,
    "on-hold": OrderState.STOPPED,
    "stopped": OrderState.STOPPED,
    "completed": OrderState.ENDED,
}


def read_medication_request(
    resource: Resource, context: ReadingContext, medicines: Medicines
) -> MedicationReading:
    """Read one order on record.

    An active order whose own schedule has ended counts as ended. A status that is not recognised counts as
    ended with an issue: it is history, but not the regimen in force.
    """
    record = record_of(resource, medicines, context)
    match = record.medicine.match
    intent = resource.get("intent")
    if match is None:
        return MedicationReading(issues=record.issues) if record.issues else NO_MEDICATION
    if (
        record.status in _NEVER_IN_FORCE
        or resource.get("doNotPerform") is True
        or (isinstance(intent, str) and intent.strip().lower() in _NOT_AN_ORDER)
    ):
        return NO_MEDICATION
    if match.concept is not None:
        active = record.status == "active" and not _is_over(_last_end(resource, context), context)
        # A treatment of tuberculosis still counts when it was taken to its end; no other medicine does.
        treatment = match.concept is MedicationConcept.TUBERCULOSIS_TREATMENT
        completed = record.status == "completed" and treatment
        if not (active or completed):
            return NO_MEDICATION
        return MedicationReading(uses=(MedicationUse(match.concept, record.source, completed=completed),))
    state = _STATES.get(record.status)
    issues: tuple[DataIssue, ...] = ()
    if state is None:
        issues = (DataIssue(IssueCode.ORDER_STATUS_UNKNOWN, "order", (), record.source),)
    order, order_issues = read_order(record, context, state or OrderState.ENDED)
    return MedicationReading(orders=(order,), issues=record.issues + issues + order_issues)


def read_order(
    record: Record, context: ReadingContext, state: OrderState
) -> tuple[Order, tuple[DataIssue, ...]]:
    """Read dose, interval, route and dates of an infliximab order whose state is known."""
    dosage = read_dosages(record.resource.get("dosageInstruction"), record.setting)
    route, route_issues = settled_order_route(record.setting, dosage)
    ended = _last_end(record.resource, context)
    over = _is_over(ended, context)
    if state is OrderState.ACTIVE and over:
        state = OrderState.ENDED
    order = Order(
        state=state,
        source=record.source,
        authored=read_moment(record.resource.get("authoredOn"), context.zone),
        route=route,
        amount_mg=dosage.amount_mg,
        amount_mg_per_kg=dosage.amount_mg_per_kg,
        interval_days=dosage.interval_days,
        loading_schedule=dosage.loading_schedule,
        ended=ended if over and state in (OrderState.STOPPED, OrderState.ENDED) else None,
        label=record.medicine.label,
    )
    return order, dosage.issues + route_issues


def _is_over(ended: Moment | None, context: ReadingContext) -> bool:
    return ended is not None and ended.day < context.now.day


def _last_end(resource: Resource, context: ReadingContext) -> Moment | None:
    """Return when the last dosage instruction ends; None if one of them has no end."""
    instructions = resource.get("dosageInstruction")
    ends = [
        _bounds_end(instruction, context)
        for instruction in (instructions if isinstance(instructions, list) else [instructions])
        if isinstance(instruction, dict)
    ]
    known = [end for end in ends if end is not None]
    return max(known, key=lambda end: end.at) if known and len(known) == len(ends) else None


def _bounds_end(instruction: dict[str, Any], context: ReadingContext) -> Moment | None:
    timing = instruction.get("timing")
    repeat = timing.get("repeat") if isinstance(timing, dict) else None
    return period_end(repeat.get("boundsPeriod"), context) if isinstance(repeat, dict) else None
