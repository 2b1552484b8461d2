"""Whether opening a chart should speak up: something new, something overdue, or a safety gate."""

from __future__ import annotations

from tdm.decision import Decision, Verdict
from tdm.facts import Moment, OrderState, Route, TreatmentCourse
from tdm.knowledge.model import Knowledge


def is_actionable(course: TreatmentCourse, decision: Decision, *, now: Moment, knowledge: Knowledge) -> bool:
    """Return whether a chart that is opened should show this decision.

    Yes for a level or antibody result of the last days (site policy), and for a patient on treatment whose
    infusion is overdue or for whom a safety gate fired. S-IMM only comments on an option and does not count.
    """
    if decision.verdict is Verdict.NOT_APPLICABLE:
        return False
    if decision.verdict is Verdict.NOT_COMPLETED:
        return True
    if has_new_result(course, now, knowledge.policy.patient_view_new_result_days):
        return True
    if not is_on_treatment(course, now, knowledge.policy.new_course_gap_days):
        return False
    if any(gate.gate != "S-IMM" for gate in decision.gates):
        return True
    return is_overdue(course, decision, now=now, fraction=knowledge.policy.patient_view_overdue_fraction)


def has_new_result(course: TreatmentCourse, now: Moment, days: float) -> bool:
    """Return whether a level or antibody result was drawn within the last `days` calendar days."""
    drawn = [reading.drawn for reading in course.levels]
    drawn += [reading.drawn for reading in course.atis]
    return any(moment is not None and 0 <= (now.day - moment.day).days <= days for moment in drawn)


def is_on_treatment(course: TreatmentCourse, now: Moment, gap_days: float) -> bool:
    """Return whether infliximab is on order, or was given within `gap_days`."""
    if any(order.state is OrderState.ACTIVE for order in course.orders):
        return True
    return any(0 <= (now.day - dose.given.day).days <= gap_days for dose in course.doses)


def is_overdue(course: TreatmentCourse, decision: Decision, *, now: Moment, fraction: float) -> bool:
    """Return whether an intravenous dose is later than `fraction` of the interval in force.

    Only while an order is active: a course that was ended is not overdue.
    """
    assessment = decision.assessment
    if assessment is None or assessment.regimen.route is not Route.INTRAVENOUS:
        return False
    interval = assessment.regimen.interval_days
    days = [(now.day - dose.given.day).days for dose in course.doses]
    past = [since for since in days if since >= 0]
    if interval is None or not past:
        return False
    if not any(order.state is OrderState.ACTIVE for order in course.orders):
        return False
    return min(past) > interval * fraction
