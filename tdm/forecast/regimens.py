"""The trough of each regimen in question: the one in force, and every option that names dose and interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tdm.decision import LESS_DRUG, Assessment, Option, Phase
from tdm.facts import Moment, Route
from tdm.forecast.compose import Asked, Fit, Fitted, troughs_of
from tdm.forecast.doses import INFUSION_DAYS
from tdm.forecast.result import TroughForecast
from tdm.forecast.targets import reaching, target_in, to_keep
from tdm.knowledge.model import Knowledge
from tdm.options_dose import current_mg, current_mg_per_kg
from tdm.pharmacokinetics.prediction import Plan
from tdm.phase import INDUCTION, phase_of_day
from tdm.timing import calendar_days_between

# Rounding to mg or to vials is no other dose, and orders speak of whole days.
SAME_DOSE = 0.02
SAME_DAYS = 1.0


class NextDose(NamedTuple):
    """The next dose of an induction: days from now until it, and from it until the one after."""

    due_days: float
    step_days: float | None
    phase: Phase


class Question(NamedTuple):
    """A regimen; `keeping` asks for the chance of staying above act-below instead of reaching the aim."""

    amount_mg: float | None
    interval_days: float | None
    route: Route
    keeping: bool = False


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
        found, assessment, knowledge, next_dose(assessment, now, knowledge) if in_induction else None
    )


def next_dose(assessment: Assessment, now: Moment, knowledge: Knowledge) -> NextDose | None:
    """When the next dose is due by the induction schedule, and the phase in which its trough falls."""
    policy, given = knowledge.policy, assessment.history.infusions
    steps = policy.induction_intervals_days
    if not given or len(given) > len(steps):
        return None
    since = calendar_days_between(given[-1].given, now)
    due = max(steps[len(given) - 1] - since, 0.0)
    following = steps[len(given)] if len(given) < len(steps) else assessment.regimen.interval_days
    day = calendar_days_between(given[0].given, now) + due + (following or 0.0)
    return NextDose(due, following, phase_of_day(round(day), policy))


def falls_in(course: Course) -> Phase:
    """The phase of the troughs in question: in induction of that after the next dose, else maintenance."""
    return Phase.MAINTENANCE if course.next_dose is None else course.next_dose.phase


def regimen_in_force(course: Course, *, keeping: bool = False) -> Question:
    """The regimen in force; `keeping`: asked beside options with less drug."""
    regimen = course.assessment.regimen
    return Question(current_mg(regimen), regimen.interval_days, regimen.route, keeping)


def of_option(course: Course, option: Option) -> Question:
    """What an option asks; an option gives no other route than the course has, or names no dose."""
    keeping = option.kind in LESS_DRUG
    return Question(option.dose_mg, option.interval_days, course.assessment.regimen.route, keeping)


def of_order(course: Course, options: Iterable[Option]) -> Question | None:
    """What the order in front of the clinician asks, None where that is in force, an option, or not allowed.

    In induction the schedule asks for the interval, and an order that spells it out names none.
    """
    asked, regimen, policy = (
        course.assessment.draft_regimen,
        course.assessment.regimen,
        course.knowledge.policy,
    )
    if asked is None or course.assessment.draft_changes_route or course.next_dose is not None:
        return None
    mg, per_kg, interval = current_mg(asked), current_mg_per_kg(asked), asked.interval_days
    if not mg or not interval:
        return None
    if asked.route is Route.INTRAVENOUS and (
        per_kg is None
        or per_kg > policy.maximum_dose_mg_per_kg * (1 + 1e-9)
        or interval < policy.minimum_interval_days
    ):
        return None
    known = [
        (current_mg(regimen), regimen.interval_days),
        *[(one.dose_mg, one.interval_days) for one in options],
    ]
    if any(_same(mg, interval, *one) for one in known):
        return None
    return Question(mg, interval, asked.route)


def _same(
    mg: float | None, interval_days: float | None, other_mg: float | None, other_days: float | None
) -> bool:
    if mg is None or interval_days is None or other_mg is None or other_days is None:
        return False
    return abs(mg - other_mg) <= SAME_DOSE * mg and abs(interval_days - other_days) <= SAME_DAYS


def same_regimen(one: Option, other: Option) -> bool:
    """Whether two options come to the same dose and interval, as far as both are known."""
    return _same(one.dose_mg, one.interval_days, other.dose_mg, other.interval_days)


def answers(
    course: Course, questions: Sequence[Question], models: Sequence[Fitted] = ()
) -> list[TroughForecast | None]:
    """The trough of each regimen, None where dose or interval is unknown; by the bracket unless told other.

    In induction the interval is that of the schedule, for the dose that comes next.
    """
    planned = course.next_dose
    plans = [_plan(planned, question) for question in questions]
    # Most questions are of one kind, and what is asked of a trough depends on nothing else of them.
    kinds = {(one.route, one.keeping) for one in questions}
    asked = {(route, keeping): _asked(course, route, keeping=keeping) for route, keeping in kinds}
    found = iter(
        troughs_of(
            models or course.found.bracket,
            [
                (plan, asked[one.route, one.keeping])
                for one, plan in zip(questions, plans, strict=True)
                if plan is not None
            ],
            settled=planned is None,
        )
    )
    return [None if plan is None else next(found) for plan in plans]


def _asked(course: Course, route: Route, *, keeping: bool) -> Asked:
    situation = falls_in(course), route, course.assessment, course.knowledge
    return to_keep(target_in(*situation)) if keeping else reaching(*situation)


def _plan(planned: NextDose | None, question: Question) -> Plan | None:
    first, interval = 0.0, question.interval_days
    if planned is not None:
        first, interval = planned.due_days, planned.step_days
    if not question.amount_mg or not interval:
        return None
    subcutaneous = question.route is Route.SUBCUTANEOUS
    duration = 0.0 if subcutaneous else INFUSION_DAYS
    return Plan(first, question.amount_mg, interval, subcutaneous, duration)
