"""What is asked outside of a decision: the forecast of any course, and what a regimen would give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tdm.decision import Assessment, Decision, Regimen
from tdm.facts import Moment, Route, TreatmentCourse
from tdm.forecast.compose import NoFit, fit
from tdm.forecast.deciding import absent_for, forecast_of, reason_against, where
from tdm.forecast.projecting import level_within_interval, project
from tdm.forecast.regimens import Question, answers, course_of, falls_in, regimen_in_force
from tdm.forecast.result import Absence, Forecast, Note, TroughForecast
from tdm.forecast.targets import counted
from tdm.issues import IssueCode
from tdm.knowledge.model import Knowledge


class WhatIf(NamedTuple):
    """A regimen in question: an amount in mg, or in mg/kg of the weight on record, every so many days."""

    interval_days: float
    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    route: Route = Route.INTRAVENOUS

    def milligrams(self, regimen: Regimen) -> float | None:
        """The amount in mg; None where it is per kilogram and no weight is known."""
        if self.amount_mg is not None or self.amount_mg_per_kg is None or regimen.weight_kg is None:
            return self.amount_mg
        return self.amount_mg_per_kg * regimen.weight_kg


class Answered(NamedTuple):
    """The forecast of the regimen in force, and the trough of each regimen in question, None where absent.

    `route` is that of the regimens in question.
    """

    route: Route
    forecast: Forecast
    troughs: tuple[TroughForecast | None, ...]


def ask(
    course: TreatmentCourse,
    decision: Decision,
    regimens: Sequence[WhatIf],
    *,
    now: Moment,
    knowledge: Knowledge,
) -> tuple[Answered, ...]:
    """The answer for each route that is asked about, the route of the course first.

    Never throws: a failure is an absence with its code. A decision without an assessment has no forecast.
    """
    assessment = decision.assessment
    if assessment is None:
        return ()
    own = assessment.regimen.route
    routes = dict.fromkeys([own, *[one.route for one in regimens]])
    return tuple(
        _ask(
            course,
            assessment,
            decision,
            [one for one in regimens if one.route is route],
            route,
            now=now,
            knowledge=knowledge,
        )
        for route in routes
    )


def _ask(
    course: TreatmentCourse,
    assessment: Assessment,
    decision: Decision,
    regimens: Sequence[WhatIf],
    route: Route,
    *,
    now: Moment,
    knowledge: Knowledge,
) -> Answered:
    none = (None,) * len(regimens)
    against = speaks_against(decision, assessment, knowledge)
    if against is not None:
        return Answered(route, Forecast(against), none)
    try:
        found = fit(course, assessment, now, knowledge, subcutaneous=route is Route.SUBCUTANEOUS)
        if isinstance(found, NoFit):
            return Answered(route, absent_for(found), none)
        question = course_of(found, assessment, now, knowledge)
        reading = level_within_interval(assessment, course)
        projection = None
        if reading is not None and route is assessment.regimen.route:
            projection = project(found, reading, course, assessment, now, knowledge)
        in_force, *troughs = answers(
            question,
            [
                regimen_in_force(question),
                *[Question(one.milligrams(assessment.regimen), one.interval_days, route) for one in regimens],
            ],
        )
        said: tuple[Note, ...] = ()
        if regimens and route is assessment.regimen.route:
            said = counted(falls_in(question), assessment, knowledge, keeping=False)
        return Answered(route, forecast_of(question, in_force, projection, said), tuple(troughs))
    except Exception as error:  # noqa: BLE001 (a question that fails is answered with its reason)
        return Answered(route, Forecast(Absence.INTERNAL, failed_at=where(error)), none)


def speaks_against(decision: Decision, assessment: Assessment, knowledge: Knowledge) -> Absence | None:
    """Why no forecast may be made: the site, or what stands against one on the card too."""
    if not knowledge.policy.forecast_enabled:
        return Absence.OFF
    return reason_against(
        assessment,
        pregnant=any(gate.gate == "S-PREG" for gate in decision.gates),
        dose_slip=any(remark.startswith("dose-slip") for remark, _ in decision.rationale)
        or IssueCode.DOSES_BESIDE_ORDER in [issue.code for issue in decision.issues],
    )
