"""Whether a sample is a usable trough, and which values a reported level may stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from tdm.changes import Change, is_superseded
from tdm.course_history import History, Infusion
from tdm.decision import Activity, Phase, Target
from tdm.facts import Comparator, LevelReading, Moment, ResultStatus, Route
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.phase import INDUCTION
from tdm.plausibility import Sampling, is_undetectable, level_issue
from tdm.timing import days_between, is_after, is_older


class Timing(StrEnum):
    """What is known of a sample's place in the infusion interval."""

    TROUGH = "trough"
    UNTIMED = "untimed"  # on the day of an infusion, no time known: taken as before it
    UNVERIFIED = "unverified"  # no infusion or no interval to check it against
    INCOMPLETE = "incomplete"  # fits the infusions sent, but not all were: one before it may be missing
    NOT_A_TROUGH = "not-a-trough"


UNVERIFIED_TIMINGS = frozenset({Timing.UNVERIFIED, Timing.INCOMPLETE})
"""Timings that nothing on record confirms; they cost certainty, where a missing time of day does not."""


@dataclass(frozen=True, slots=True)
class Trough:
    """A sample that may decide, with what is known of its timing."""

    sampling: Sampling
    timing: Timing


@dataclass(frozen=True, slots=True)
class Exposure:
    """The newest usable trough and the older ones as its trend, newest first.

    `conflict`: two different values stand where the newest usable trough would be; then nothing decides.
    """

    newest: Trough | None
    trend: tuple[LevelReading, ...]
    issues: tuple[DataIssue, ...]
    conflict: bool = False


def timing_of(
    drawn: Moment, route: Route, phase: Phase, interval_days: float | None, history: History, policy: Policy
) -> Timing:
    """Where the sample lies between infusions. `interval_days` is the planned one in force at the sample."""
    if route is Route.SUBCUTANEOUS:
        return Timing.TROUGH
    before, same_day, surely_after = around(drawn, history.infusions)
    if surely_after:
        return Timing.NOT_A_TROUGH
    if not before:
        # Before the first dose of a course whose start is known there is no interval to be at the end of.
        return Timing.NOT_A_TROUGH if history.start_known or history.restarted else Timing.UNVERIFIED
    planned = planned_step(len(before), phase, interval_days, history, policy)
    if planned is None:
        return Timing.UNVERIFIED
    fraction = days_between(before[-1].given, drawn) / planned
    if not policy.trough_earliest_fraction <= fraction <= policy.trough_latest_fraction:
        return Timing.NOT_A_TROUGH
    return Timing.UNTIMED if same_day else Timing.TROUGH


def around(drawn: Moment, infusions: Sequence[Infusion]) -> tuple[list[Infusion], bool, bool]:
    """Infusions of earlier days; whether one of the same day may precede the sample; whether one does.

    Equal times tell no order, like missing ones.
    """
    before: list[Infusion] = []
    unclear = False
    after = False
    for infusion in infusions:
        if infusion.given.day < drawn.day:
            before.append(infusion)
        elif infusion.given.day == drawn.day:
            after = is_after(drawn, infusion.given)
            unclear = not after and not is_after(infusion.given, drawn)
    return before, unclear, after


def planned_step(
    doses_before: int, phase: Phase, interval_days: float | None, history: History, policy: Policy
) -> float | None:
    """Days planned from the last dose to the next: the steps of induction first, then the interval.

    The third step (56 days) reaches past the induction phase into week 14; a fourth dose ends it, as does
    the beginning of maintenance.
    """
    steps = policy.induction_intervals_days
    if history.start_known and not history.restarted:
        if phase in INDUCTION:
            return steps[min(doses_before, len(steps)) - 1]
        if phase is Phase.POST_INDUCTION and doses_before <= len(steps):
            return steps[doses_before - 1]
    return interval_days


def valid_days(activity: Activity, policy: Policy) -> float:
    """How long a trough counts, in days: less while the disease is active."""
    active = activity in (Activity.ACTIVE_CONFIRMED, Activity.ACTIVE_UNCONFIRMED)
    return policy.level_valid_days_active if active else policy.level_valid_days_otherwise


def unusable(
    sampling: Sampling,
    timing: Timing,
    route: Route,
    changes: Sequence[Change],
    history: History,
    now: Moment,
    valid_for_days: float,
) -> IssueCode | None:
    """Why a plausible sample cannot decide, or None."""
    if timing is Timing.NOT_A_TROUGH:
        return IssueCode.LEVEL_NOT_A_TROUGH
    if is_superseded(sampling.drawn, route, changes, history):
        return IssueCode.LEVEL_SUPERSEDED
    if is_older(sampling.drawn, now, valid_for_days):
        return IssueCode.LEVEL_OUTDATED
    return None


def choose(
    judged: Iterable[tuple[Sampling, Timing, IssueCode | None]],
) -> Exposure:
    """The newest usable trough of samples given newest first; what is newer and unusable is named.

    Of older samples only usable ones without a conflict become trend; they need no issue of their own.
    """
    newest: Trough | None = None
    conflict = False
    trend: list[LevelReading] = []
    issues: list[DataIssue] = []
    for sampling, timing, fault in judged:
        decided = newest is not None or conflict
        if fault is not None:
            if not decided:
                issues.append(level_issue(fault, sampling.reading))
        elif sampling.conflict:
            conflict = conflict or not decided
        elif decided:
            trend.append(sampling.reading)
        else:
            newest = Trough(sampling, timing)
            issues.extend(doubts(newest))
    return Exposure(newest, tuple(trend), tuple(issues), conflict)


def doubts(trough: Trough) -> list[DataIssue]:
    """Issues of the trough that decides."""
    reading = trough.sampling.reading
    codes: list[IssueCode] = []
    if reading.status is ResultStatus.PRELIMINARY:
        codes.append(IssueCode.LEVEL_PRELIMINARY)
    if reading.status is ResultStatus.UNKNOWN:
        codes.append(IssueCode.LEVEL_STATUS_UNKNOWN)
    if not reading.coded:
        codes.append(IssueCode.LEVEL_BY_TEXT)
    if trough.timing is Timing.UNTIMED:
        codes.append(IssueCode.LEVEL_UNTIMED)
    if trough.timing is Timing.UNVERIFIED:
        codes.append(IssueCode.LEVEL_TIMING_UNVERIFIED)
    if trough.timing is Timing.INCOMPLETE:
        codes.append(IssueCode.LEVEL_INFUSIONS_INCOMPLETE)
    return [level_issue(code, reading) for code in codes]


def candidate_values(reading: LevelReading, target: Target, policy: Policy) -> tuple[float, ...]:
    """Values that stand for every answer the reported level may lead to, lowest first.

    One value where the level is a number or undetectable (0.0). For other limits: every number at which a
    rule may turn that lies in the possible range, and one value between each two of them.
    """
    if is_undetectable(reading, policy):
        exact = reading.detected and reading.comparator is Comparator.EXACT
        return (reading.value_ug_ml or 0.0,) if exact else (0.0,)
    value = reading.value_ug_ml or 0.0
    if reading.comparator is Comparator.EXACT:
        return (value,)
    edges = sorted(
        {
            edge
            for edge in (
                policy.undetectable_below_ug_ml,
                policy.immunogenic_low_below_ug_ml,
                policy.deescalation_fistula_history_above_ug_ml,
                target.act_below_ug_ml,
                target.aim_ug_ml,
                target.ceiling_ug_ml,
                target.grey_limit_ug_ml,
            )
            if edge is not None
        }
    )
    if reading.comparator in (Comparator.BELOW, Comparator.AT_MOST):
        bounds = [0.0, *(edge for edge in edges if edge < value), value]
    else:
        bounds = [value, *(edge for edge in edges if edge > value)]
        bounds.append(max(bounds[-1] + 1.0, policy.level_implausible_above_ug_ml))
    values: list[float] = []
    for low, high in pairwise(bounds):
        values.extend((low, (low + high) / 2))
    values.append(bounds[-1])
    if reading.comparator is Comparator.BELOW:
        values.pop()
    if reading.comparator is Comparator.ABOVE:
        values.pop(0)
    return tuple(values)
