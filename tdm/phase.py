"""Phase of the course by days since its first infusion, and what is presumed where that day is unknown."""

from __future__ import annotations

from dataclasses import dataclass

from tdm.course_history import History
from tdm.decision import Phase
from tdm.facts import FactGroup, Moment, TreatmentCourse
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.timing import calendar_days_between, is_older

INDUCTION = frozenset({Phase.INDUCTION_WEEK_2, Phase.INDUCTION_WEEK_6})

# A level that could not be used is a level all the same: such a course is not just starting.
# A level that could not be read is a level; records of somebody else say that the wrong chart was asked for.
NOT_A_BLANK_RECORD = frozenset(
    {
        IssueCode.LEVEL_UNIT_UNKNOWN,
        IssueCode.LEVEL_UNIT_MISSING,
        IssueCode.LEVEL_VALUE_UNREADABLE,
        IssueCode.LEVEL_NAMED_NOT_TROUGH,
        IssueCode.OTHER_PATIENT,
    }
)
DECISIVE_FOR_START = frozenset({FactGroup.LABORATORY, FactGroup.ORDERS, FactGroup.ADMINISTRATIONS})


@dataclass(frozen=True, slots=True)
class PhaseReading:
    """A phase, and whether it is evaluated for want of anything better (`presumed`: one step down)."""

    phase: Phase
    presumed: bool = False
    issue: DataIssue | None = None


# One phase each, made once: a phase is read for every sample.
PLAIN = {phase: PhaseReading(phase) for phase in Phase}
BY_COUNT = PhaseReading(Phase.MAINTENANCE, issue=DataIssue(IssueCode.MAINTENANCE_PRESUMED, "course"))
FOR_WANT_OF_BETTER = PhaseReading(
    Phase.MAINTENANCE, presumed=True, issue=DataIssue(IssueCode.FIRST_INFUSION_UNKNOWN, "course")
)


def is_starting(course: TreatmentCourse, history: History, now: Moment, policy: Policy) -> bool:
    """No dose on record, no order older than a fortnight, no infliximab level, and all of it asked for.

    An order without a date may be old: it speaks against a start. Where laboratory, orders or
    administrations were not provided completely, absence proves nothing.
    """
    if history.infusions or course.levels:
        return False
    if course.shortfalls and any(group in DECISIVE_FOR_START for group, _ in course.shortfalls):
        return False
    if course.issues and any(issue.code in NOT_A_BLANK_RECORD for issue in course.issues):
        return False
    return all(
        order.authored is not None and not is_older(order.authored, now, policy.starting_order_days)
        for order in history.orders
    )


def phase_at(moment: Moment, history: History, policy: Policy, *, starting: bool) -> PhaseReading:
    """The phase at the sample's date (or the decision's, where there is no sample).

    Days are calendar days of the site: day 14 is day 14 at any hour. Where the first infusion is unknown,
    the first recorded one still is the latest day on which the course can have begun.
    """
    if starting:
        return PLAIN[Phase.INDUCTION_WEEK_2]
    start = history.start
    days = None if start is None else calendar_days_between(start, moment)
    if days is not None and (history.start_known or days >= policy.maintenance_from_day):
        return PLAIN[phase_of_day(days, policy)]
    if len(history.infusions) >= policy.maintenance_presumed_infusions or any(
        order.authored is not None
        and is_older(order.authored, moment, policy.maintenance_presumed_order_days)
        for order in history.orders
    ):
        return BY_COUNT
    return FOR_WANT_OF_BETTER


def phase_of_day(days: int, policy: Policy) -> Phase:
    """The phase on a day of the course; day 0 is the day of the first infusion."""
    if days >= policy.maintenance_from_day:
        return Phase.MAINTENANCE
    if days >= policy.post_induction_from_day:
        return Phase.POST_INDUCTION
    if days >= policy.week_6_from_day:
        return Phase.INDUCTION_WEEK_6
    return Phase.INDUCTION_WEEK_2
