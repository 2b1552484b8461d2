"""The trough that a level drawn within the interval leads to. It is shown and never decides."""

from __future__ import annotations

from datetime import timedelta

from tdm.decision import Assessment, Phase
from tdm.exposure import planned_step
from tdm.facts import LevelReading, Moment, Route, TreatmentCourse
from tdm.forecast.compose import Fit, trough_at
from tdm.forecast.result import Projection
from tdm.forecast.targets import target_in, to_reach
from tdm.issues import IssueCode
from tdm.knowledge.model import Knowledge, Policy
from tdm.phase import phase_at, phase_of_day
from tdm.regimen import planned_interval

NOTHING_TO_PROJECT_DAYS = 1.0
"""A sample this shortly before the end of its interval is the trough itself."""


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


def day_within_interval(found: Fit, assessment: Assessment, policy: Policy) -> int | None:
    """The day after a dose on which the deciding level was drawn, where that is well before the next one.

    Of injections a level of any day decides, so it may be far above the trough that is predicted. None where
    it is about the end of its interval, or not known.
    """
    level, levels, interval = assessment.level, found.inputs.levels, assessment.regimen.interval_days
    if level is None or not interval or level.drawn not in levels.drawn:
        return None
    at = levels.samples[levels.drawn.index(level.drawn)].at_days
    before = [dose.at_days for dose in found.inputs.doses if dose.at_days < at]
    if not before or at - before[-1] >= interval * policy.trough_earliest_fraction:
        return None
    return round(at - before[-1])


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
    policy, history, drawn = knowledge.policy, assessment.history, reading.drawn
    if drawn is None or drawn not in found.inputs.levels.drawn:
        return None
    levels = found.inputs.levels
    at = levels.samples[levels.drawn.index(drawn)].at_days
    times = [found.inputs.timeline.at(one.given) for one in history.infusions]
    before = [given for given in times if given < at]
    interval, _ = planned_interval(drawn, history, course.draft, policy, Route.INTRAVENOUS)
    phase = phase_at(drawn, history, policy, starting=False).phase
    step = planned_step(len(before), phase, interval, history, policy) if before else None
    if step is None:
        return None
    due = min([before[-1] + step, *[given for given in times if given >= at]])
    if due - at < NOTHING_TO_PROJECT_DAYS:
        return None
    falls = phase_of_day(round(due - times[0]), policy) if history.start_known else Phase.MAINTENANCE
    target = target_in(falls, Route.INTRAVENOUS, assessment, knowledge)
    day = now.day + timedelta(days=round(due))
    trough = trough_at(found, to_reach(target), due)
    level = found.inputs.measured(drawn)
    return Projection(drawn.day.isoformat(), level, day.isoformat(), trough, past=day < now.day)
