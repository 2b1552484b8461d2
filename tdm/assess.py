"""Joins all that is derived from the facts of one course into its assessment on the decision date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tdm.activity import ActivityReading, read_activity
from tdm.age import issues_of_age, read_age, weight_days
from tdm.changes import Change, last_change, regimen_changes
from tdm.course_history import History
from tdm.decision import AgeGroup, Assessment, LevelClass, Situation, Target
from tdm.exposure import (
    UNVERIFIED_TIMINGS,
    Exposure,
    Timing,
    candidate_values,
    choose,
    timing_of,
    unusable,
    valid_days,
)
from tdm.facts import FactGroup, Finding, LevelReading, Marker, Moment, Route, TreatmentCourse
from tdm.facts_used import facts_used
from tdm.history import read_history
from tdm.immunogenicity import Antibodies, LevelSeen, read_antibodies
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Knowledge, Policy
from tdm.phase import INDUCTION, PhaseReading, is_starting, phase_at
from tdm.plausibility import is_undetectable, samplings
from tdm.regimen import draft_regimen, is_at_cap, planned_interval, regimen_in_force, route_at
from tdm.same_day import others_of_the_day, settled
from tdm.targets import PERIANAL_ROW, is_proactive, level_class, target_of, target_row
from tdm.timing import days_between
from tdm.unread_antibodies import unread_results
from tdm.weight import fitting_doses, read_weight


def assess(course: TreatmentCourse, *, now: Moment, knowledge: Knowledge) -> Assessment:
    """What the facts amount to at `now`. Total: odd data end as issues, never as an exception.

    The newest usable trough decides; without one the decision date selects the phase. One situation for
    each reading that the data allow: both age groups where the birth date is unknown, and every value that
    a level reported as a limit may stand for.
    """
    policy = knowledge.policy
    age = read_age(course, now, policy)
    history, issues_of_history = read_history(course, now, policy)
    weight, issues_of_weight = read_weight(course.weights, now, weight_days(age, policy), policy)
    weight, contradictions = fitting_doses(weight, history, policy)
    changes = regimen_changes(history, None if weight is None else weight.kilograms, policy)
    starting = is_starting(course, history, now, policy)
    changed = last_change(changes, history)
    activity = read_activity(
        course.markers,
        now,
        policy,
        not_before=start_in_induction(history, now, policy, starting=starting),
        last_change=changed,
    )
    exposure, issues_of_levels = read_exposure(course, history, changes, activity, now, knowledge, age.groups)
    at = now if exposure.newest is None else exposure.newest.sampling.drawn
    phase = phase_at(at, history, policy, starting=starting)
    known_route = route_at(at, history, course.draft, policy)
    route = known_route or Route.INTRAVENOUS
    regimen, issues_of_regimen = regimen_in_force(now, route, history, course.draft, weight, policy)
    frame = Frame(
        route,
        phase,
        activity,
        exposure,
        starting=starting,
        at_cap=is_at_cap(regimen, policy),
        active_fistula=has_active_fistula(course),
        fistula_history=has_fistula_history(course),
        conditions_complete=FactGroup.CONDITIONS not in [group for group, _ in course.shortfalls],
    )
    targets: list[Target] = []
    situations: list[Situation] = []
    antibodies: list[Antibodies] = []
    for group in age.groups:
        target = target_for(frame, group, knowledge)
        for value in frame_values(frame, target, policy):
            found = antibodies_beside(course, exposure, value, now, knowledge)
            situations.append(situation_of(frame, group, target, value, found, knowledge))
            targets.append(target)
            antibodies.append(found)
    issues = distinct(
        course.issues,
        issues_of_age(age),
        issues_of_history,
        (*issues_of_weight, *contradictions) if route is Route.INTRAVENOUS else (),
        () if phase.issue is None else (phase.issue,),
        () if known_route is not None else (DataIssue(IssueCode.ROUTE_PRESUMED, "route"),),
        issues_of_regimen,
        issues_of_levels,
        activity.issues,
        *(found.issues for found in antibodies),
    )
    level = None if exposure.newest is None else exposure.newest.sampling.reading
    last_dose = history.last_dose
    draft = None if course.draft is None else draft_regimen(course.draft, route, weight)
    return Assessment(
        situations=tuple(situations),
        target=targets[0] if targets.count(targets[0]) == len(targets) else None,
        regimen=regimen,
        level=level,
        ati=antibodies[0].reading,
        trend=exposure.trend,
        facts=facts_used(course, regimen, exposure, antibodies[0].reading, activity, weight, last_dose),
        issues=issues,
        certainty_steps_down=steps_down(exposure, phase, antibodies),
        situation_targets=tuple(targets),
        level_conflict=exposure.conflict,
        course_start=history.start if history.start_known else None,
        last_dose=last_dose,
        gap_days=None if last_dose is None else days_between(last_dose, now),
        last_change=changed,
        age_years=age.years,
        age_years_youngest=age.youngest,
        weight=weight,
        draft_regimen=draft,
        draft_changes_route=draft is not None and known_route is not None and draft.route is not route,
        history=history,
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """What all situations of one assessment share."""

    route: Route
    phase: PhaseReading
    activity: ActivityReading
    exposure: Exposure
    starting: bool
    at_cap: bool
    active_fistula: bool
    fistula_history: bool
    conditions_complete: bool


def start_in_induction(history: History, now: Moment, policy: Policy, *, starting: bool) -> Moment | None:
    """The first infusion while the decision falls into induction; else None."""
    if not history.start_known:
        return None
    return history.start if phase_at(now, history, policy, starting=starting).phase in INDUCTION else None


def read_exposure(
    course: TreatmentCourse,
    history: History,
    changes: Sequence[Change],
    activity: ActivityReading,
    now: Moment,
    knowledge: Knowledge,
    groups: Iterable[AgeGroup],
) -> tuple[Exposure, tuple[DataIssue, ...]]:
    """The trough that decides, judged newest first, and the issues of all levels."""
    policy = knowledge.policy
    found, issues = samplings(course.levels, now, policy)
    valid_for_days = valid_days(activity.activity, policy)
    judged = []
    from_draft = False
    incomplete = FactGroup.ADMINISTRATIONS in [group for group, _ in course.shortfalls]
    for sampling in found:
        drawn = sampling.drawn
        interval, is_drafts = planned_interval(drawn, history, course.draft, policy)
        route = route_at(drawn, history, course.draft, policy) or Route.INTRAVENOUS
        phase = phase_at(drawn, history, policy, starting=False).phase
        timing = timing_of(drawn, route, phase, interval, history, policy)
        if is_drafts:
            # Named only where it made a difference: induction, say, has steps of its own.
            from_draft = from_draft or timing is not timing_of(drawn, route, phase, None, history, policy)
        if timing is Timing.TROUGH and route is Route.INTRAVENOUS and incomplete:
            timing = Timing.INCOMPLETE
        fault = unusable(sampling, timing, route, changes, history, now, valid_for_days)
        judged.append((sampling, timing, fault))
    exposure = choose(judged)
    others = others_of_the_day(exposure, policy)
    if others and exposure.newest is not None:
        newest = exposure.newest.sampling
        route = route_at(newest.drawn, history, course.draft, policy) or Route.INTRAVENOUS
        phase = phase_at(newest.drawn, history, policy, starting=False).phase
        fistula = has_active_fistula(course)
        rows = [
            (target_row(route, one, phase, activity.activity, active_fistula=fistula), one) for one in groups
        ]
        targets = [target_of(row, one, knowledge) for row, one in rows]
        exposure = settled(exposure, newest.reading, others, targets, policy)
    if from_draft:
        issues = (*issues, DataIssue(IssueCode.INTERVAL_FROM_DRAFT, "interval"))
    return exposure, (*issues, *exposure.issues)


def has_active_fistula(course: TreatmentCourse) -> bool:
    """Whether a perianal fistula with an active clinical status is on the problem list."""
    return True in [fistula.active for fistula in course.fistulas]


def has_fistula_history(course: TreatmentCourse) -> bool:
    """Whether any record, of any date, tells of a perianal fistula."""
    if course.fistulas:
        return True
    examination = Marker.FISTULA_EXAMINATION
    return Finding.ACTIVE in [one.finding for one in course.markers if one.marker is examination]


def target_for(frame: Frame, group: AgeGroup, knowledge: Knowledge) -> Target:
    """The target of one age group."""
    row = target_row(
        frame.route,
        group,
        frame.phase.phase,
        frame.activity.activity,
        active_fistula=frame.active_fistula,
    )
    return target_of(row, group, knowledge)


def frame_values(frame: Frame, target: Target, policy: Policy) -> tuple[float | None, ...]:
    """The values to evaluate: None alone where there is no usable level."""
    if frame.exposure.newest is None:
        return (None,)
    return candidate_values(frame.exposure.newest.sampling.reading, target, policy)


def undetectable_at(reading: LevelReading, value: float, policy: Policy) -> bool:
    """Whether one value that the reading may stand for is undetectable."""
    return is_undetectable(reading, policy) or value < policy.undetectable_below_ug_ml


def antibodies_beside(
    course: TreatmentCourse, exposure: Exposure, value: float | None, now: Moment, knowledge: Knowledge
) -> Antibodies:
    """The antibodies beside one value of the level."""
    seen = None
    if exposure.newest is not None and value is not None:
        sampling = exposure.newest.sampling
        undetectable = undetectable_at(sampling.reading, value, knowledge.policy)
        seen = LevelSeen(sampling.reading, sampling.drawn, value, undetectable)
    pending = IssueCode.ATI_PENDING in [issue.code for issue in course.issues]
    unread = unread_results(course.issues) if course.issues else ()
    return read_antibodies(course.atis, seen, now, knowledge, pending=pending, unread=unread)


def situation_of(
    frame: Frame,
    group: AgeGroup,
    target: Target,
    value: float | None,
    found: Antibodies,
    knowledge: Knowledge,
) -> Situation:
    """One combination of the decision table's dimensions."""
    trough = frame.exposure.newest
    level = LevelClass.NONE
    if trough is not None and value is not None:
        undetectable = undetectable_at(trough.sampling.reading, value, knowledge.policy)
        level = level_class(value, target, undetectable=undetectable)
    return Situation(
        route=frame.route,
        age_group=group,
        phase=frame.phase.phase,
        level=level,
        level_ug_ml=value,
        ati=found.ati,
        activity=frame.activity.activity,
        perianal_row=target.row == PERIANAL_ROW,
        proactive=is_proactive(group, knowledge),
        act_below_ug_ml=target.act_below_ug_ml,
        aim_ug_ml=target.aim_ug_ml,
        ceiling_ug_ml=target.ceiling_ug_ml,
        starting=frame.starting,
        at_cap=frame.at_cap,
        fistula_history=frame.fistula_history,
        deep_remission=frame.activity.deep_remission,
        timing_verified=trough is None or trough.timing is Timing.TROUGH,
        phase_presumed=frame.phase.presumed,
        active_fistula=frame.active_fistula,
        ati_unread=found.unread,
        conditions_complete=frame.conditions_complete,
    )


def steps_down(exposure: Exposure, phase: PhaseReading, antibodies: Iterable[Antibodies]) -> int:
    """Doubts that lower certainty: unverified timing, a phase for want of better, antibodies by inference."""
    unverified = exposure.newest is not None and exposure.newest.timing in UNVERIFIED_TIMINGS
    return unverified + phase.presumed + max([found.steps_down for found in antibodies])


def distinct(*groups: Sequence[DataIssue]) -> tuple[DataIssue, ...]:
    """Every doubt once, in an order that does not depend on the order of the records.

    One code of one record is one doubt, whoever noticed it first.
    """
    first: dict[tuple[object, ...], DataIssue] = {}
    for group in groups:
        if not group:
            continue
        for issue in group if len(group) == 1 else sorted(group, key=issue_order):
            source = issue.source
            record = None if source is None else (source.resource_type, source.reference)
            key = (issue.code, issue.subject, record if record is not None else issue.parameters)
            first.setdefault(key, issue)
    return tuple(sorted(first.values(), key=issue_order))


def issue_order(issue: DataIssue) -> tuple[object, ...]:
    """Issues by subject and code, then by their record."""
    source = issue.source
    return (
        issue.subject,
        issue.code,
        issue.parameters,
        "" if source is None else source.resource_type,
        "" if source is None else source.reference,
    )
