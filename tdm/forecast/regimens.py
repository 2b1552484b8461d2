"""The trough of each regimen in question: the one in force, and every option that names dose and interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tdm.decision import Phase
from tdm.facts import Route
from tdm.forecast.compose import Asked, Fit, trough_of
from tdm.forecast.targets import LESS_DRUG, target_in, to_keep, to_reach
from tdm.options_dose import current_mg
from tdm.phase import INDUCTION, phase_of_day
from tdm.timing import calendar_days_between

if TYPE_CHECKING:
    from tdm.decision import Assessment, Option
    from tdm.facts import Moment
    from tdm.forecast.compose import Fitted
    from tdm.forecast.result import TroughForecast
    from tdm.knowledge.model import Knowledge


class NextDose(NamedTuple):
    """The next dose of an induction: days from now until it, and from it until the one after."""

    due_days: float
    step_days: float | None
    phase: Phase


class Course(NamedTuple):
    """One patient's question: the fit, and in induction the next dose that everything is asked for."""

    found: Fit
    assessment: Assessment
    knowledge: Knowledge
    next_dose: NextDose | None


def course_of(found: Fit, assessment: Assessment, now: Moment, knowledge: Knowledge) -> Course:
    """The question at a moment; in induction it is the trough after the next dose, else the settled one."""
    in_induction = assessment.situations[0].phase in INDUCTION
    return Course(
        found, assessment, knowledge, next_dose(found, assessment, now, knowledge) if in_induction else None
    )


def next_dose(found: Fit, assessment: Assessment, now: Moment, knowledge: Knowledge) -> NextDose | None:
    """When the next dose is due by the induction schedule, and the phase in which its trough falls."""
    policy, given = knowledge.policy, found.inputs.course.infusions
    steps = policy.induction_intervals_days
    if not given or len(given) > len(steps):
        return None
    since = calendar_days_between(given[-1].given, now)
    due = max(steps[len(given) - 1] - since, 0.0)
    following = steps[len(given)] if len(given) < len(steps) else assessment.regimen.interval_days
    day = calendar_days_between(given[0].given, now) + due + (following or 0.0)
    return NextDose(due, following, phase_of_day(round(day), policy))


def in_force(course: Course, *, keeping: bool) -> TroughForecast | None:
    """The trough of the regimen in force, None where unknown; `keeping`: beside options with less drug."""
    regimen = course.assessment.regimen
    return of_regimen(course, current_mg(regimen), regimen.interval_days, regimen.route, keeping=keeping)


def of_option(course: Course, option: Option) -> TroughForecast | None:
    """The trough that an option leads to; None where it names no dose, or in maintenance no interval."""
    route = course.assessment.regimen.route
    keeping = option.kind in LESS_DRUG
    return of_regimen(course, option.dose_mg, option.interval_days, route, keeping=keeping)


def opinion(course: Course, model: Fitted) -> TroughForecast | None:
    """What a further model expects of the regimen in force."""
    regimen = course.assessment.regimen
    return of_regimen(course, current_mg(regimen), regimen.interval_days, regimen.route, of=model)


def of_regimen(
    course: Course,
    amount_mg: float | None,
    interval_days: float | None,
    route: Route,
    *,
    keeping: bool = False,
    of: Fitted | None = None,
) -> TroughForecast | None:
    """The trough of any regimen, None where dose or interval is unknown.

    In induction the interval is that of the schedule, for the dose that comes next.
    """
    planned = course.next_dose
    phase = Phase.MAINTENANCE
    first = 0.0
    if planned is not None:
        phase, first, interval_days = planned.phase, planned.due_days, planned.step_days
    if not amount_mg or not interval_days:
        return None
    target = target_in(phase, route, course.assessment, course.knowledge)
    asked: Asked = to_keep(target) if keeping else to_reach(target)
    return trough_of(
        course.found,
        asked,
        amount_mg,
        interval_days,
        subcutaneous=route is Route.SUBCUTANEOUS,
        first_dose_days=first,
        settled=planned is None,
        of=None if of is None else (of,),
    )
