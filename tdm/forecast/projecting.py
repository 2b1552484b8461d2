"""The trough that a level drawn within the interval leads to. It is shown and never decides."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tdm.decision import Phase
from tdm.exposure import planned_step
from tdm.facts import Route
from tdm.forecast.compose import Fit, trough_at
from tdm.forecast.result import Projection
from tdm.forecast.targets import target_in, to_reach
from tdm.issues import IssueCode
from tdm.phase import phase_at
from tdm.regimen import planned_interval

if TYPE_CHECKING:
    from tdm.decision import Assessment
    from tdm.facts import LevelReading, Moment, TreatmentCourse
    from tdm.knowledge.model import Knowledge


def level_within_interval(assessment: Assessment, course: TreatmentCourse) -> LevelReading | None:
    """The newest level, where it is one that was not drawn as a trough and nothing newer decides."""
    if assessment.level is not None or assessment.level_conflict:
        return None
    if assessment.regimen.route is Route.SUBCUTANEOUS:
        return None
    found = [
        reading
        for issue in assessment.issues
        if issue.code is IssueCode.LEVEL_NOT_A_TROUGH
        for reading in course.levels
        if reading.source == issue.source and reading.drawn is not None
    ]
    return max(found, key=_newest, default=None)


def _newest(reading: LevelReading) -> tuple[object, ...]:
    drawn = reading.drawn
    return () if drawn is None else (drawn.day, drawn.at, reading.source.reference)


def project(
    found: Fit,
    reading: LevelReading,
    course: TreatmentCourse,
    assessment: Assessment,
    now: Moment,
    knowledge: Knowledge,
) -> Projection | None:
    """The trough at the end of the interval in which the level was drawn; None where that is not known.

    The end is the next infusion where it was given earlier than planned.
    """
    policy, history, drawn = knowledge.policy, found.inputs.course, reading.drawn
    if drawn is None or drawn not in found.inputs.levels.drawn:
        return None
    levels = found.inputs.levels
    at = levels.samples[levels.drawn.index(drawn)].at_days
    before = [one for one in history.infusions if found.inputs.timeline.at(one.given) < at]
    if not before:
        return None
    interval, _ = planned_interval(drawn, history, course.draft, policy)
    phase = phase_at(drawn, history, policy, starting=False).phase
    step = planned_step(len(before), phase, interval, history, policy)
    if step is None:
        return None
    due = found.inputs.timeline.at(before[-1].given) + step
    following = [
        given for one in history.infusions if at <= (given := found.inputs.timeline.at(one.given)) < due
    ]
    due = following[0] if following else due
    if due <= at:
        return None
    phase = phase if history.start_known else Phase.MAINTENANCE
    target = target_in(phase, Route.INTRAVENOUS, assessment, knowledge)
    day = now.day + timedelta(days=round(due))
    return Projection(drawn.day.isoformat(), day.isoformat(), trough_at(found, to_reach(target), due))
