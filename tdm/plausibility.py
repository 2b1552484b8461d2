"""Which levels can be used at all, and what stands at one instant: duplicate, correction or conflict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import isclose

from tdm.facts import Comparator, LevelReading, Moment, ResultStatus
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.timing import in_future, instant

# Equal values that went through different units differ in the last digits only.
SAME_VALUE = 1e-6

STATUS_RANK = {
    ResultStatus.CORRECTED: 2,
    ResultStatus.AMENDED: 2,
    ResultStatus.FINAL: 1,
    ResultStatus.PRELIMINARY: 0,
    ResultStatus.UNKNOWN: 0,
}


LIMIT_WORDS = {
    Comparator.BELOW: "below",
    Comparator.AT_MOST: "at most",
    Comparator.AT_LEAST: "at least",
    Comparator.ABOVE: "above",
}


@dataclass(frozen=True, slots=True)
class Sampling:
    """All that is reported of one sample: the reading that speaks for it, and whether others contradict."""

    reading: LevelReading
    drawn: Moment
    conflict: bool = False


def is_undetectable(reading: LevelReading, policy: Policy) -> bool:
    """Not detected, "< x" with x up to the policy's limit, or an exact value below the policy's bound."""
    value = reading.value_ug_ml
    if value is None or not reading.detected:
        return not reading.detected
    if reading.comparator is Comparator.EXACT:
        return value < policy.undetectable_below_ug_ml
    below = reading.comparator in (Comparator.BELOW, Comparator.AT_MOST)
    return below and value <= policy.undetectable_limit_at_most_ug_ml


def samplings(
    levels: Iterable[LevelReading], now: Moment, policy: Policy
) -> tuple[tuple[Sampling, ...], tuple[DataIssue, ...]]:
    """The usable samples, newest first, and an issue for every reading that is not usable."""
    usable: list[tuple[Moment, LevelReading]] = []
    issues: list[DataIssue] = []
    for reading in levels:
        if reading.drawn is None:
            issues.append(level_issue(IssueCode.LEVEL_UNDATED, reading))
        elif (fault := implausibility(reading, reading.drawn, now, policy)) is not None:
            issues.append(level_issue(fault, reading))
        else:
            usable.append((reading.drawn, reading))
    found = [one_sampling(group, policy) for group in by_moment(usable)]
    issues += [
        level_issue(IssueCode.LEVEL_CONFLICT, sampling.reading) for sampling in found if sampling.conflict
    ]
    return tuple(found), tuple(issues)


def implausibility(reading: LevelReading, drawn: Moment, now: Moment, policy: Policy) -> IssueCode | None:
    """Why a dated reading cannot be used, or None. A number beside "not detected" is not judged."""
    if in_future(drawn, now, policy.future_tolerance_minutes):
        return IssueCode.LEVEL_IN_FUTURE
    if not reading.detected:
        return None
    if reading.value_ug_ml is None:
        return IssueCode.LEVEL_VALUE_UNREADABLE
    if not 0 < reading.value_ug_ml <= policy.level_implausible_above_ug_ml:
        return IssueCode.LEVEL_IMPLAUSIBLE
    return None


def by_moment(dated: list[tuple[Moment, LevelReading]]) -> list[list[tuple[Moment, LevelReading]]]:
    """Readings of one moment together, newest first. A reading without a time joins its whole day."""
    if len(dated) == 1:
        return [dated]
    untimed_days = {drawn.day for drawn, _ in dated if not drawn.timed}
    groups: dict[tuple[date, float], list[tuple[Moment, LevelReading]]] = {}
    for drawn, reading in dated:
        at = 0.0 if drawn.day in untimed_days else instant(drawn)
        groups.setdefault((drawn.day, at), []).append((drawn, reading))
    return [groups[key] for key in sorted(groups, reverse=True)]


def one_sampling(group: list[tuple[Moment, LevelReading]], policy: Policy) -> Sampling:
    """The reading that speaks for one moment.

    Equal values are duplicates. A corrected or amended result replaces an earlier one only where both carry
    the same source reference: nothing else shows that they are two states of one result. Any other
    difference is a conflict, also between a preliminary and a final result of different references.
    """
    if len(group) == 1:
        drawn, reading = group[0]
        return Sampling(reading, drawn)
    current: dict[str, int] = {}
    for _, reading in group:
        rank = STATUS_RANK[reading.status]
        reference = reading.source.reference
        current[reference] = max(rank, current.get(reference, rank))
    standing = sorted(
        (pair for pair in group if STATUS_RANK[pair[1].status] == current[pair[1].source.reference]),
        key=preference,
    )
    drawn, reading = standing[0]
    conflict = any(not same_result(reading, other, policy) for _, other in standing[1:])
    return Sampling(reading, drawn, conflict)


def same_result(one: LevelReading, other: LevelReading, policy: Policy) -> bool:
    """Whether two readings say the same of the level."""
    if is_undetectable(one, policy) or is_undetectable(other, policy):
        return is_undetectable(one, policy) and is_undetectable(other, policy)
    # Both are detected here, so both have a number.
    return one.comparator is other.comparator and isclose(
        one.value_ug_ml or 0.0, other.value_ug_ml or 0.0, rel_tol=SAME_VALUE
    )


def preference(dated: tuple[Moment, LevelReading]) -> tuple[object, ...]:
    """A total order of readings of one moment: the best documented first."""
    drawn, reading = dated
    return (
        -STATUS_RANK[reading.status],
        not reading.coded,
        not drawn.timed,
        instant(drawn),
        -1.0 if reading.value_ug_ml is None else reading.value_ug_ml,
        reading.comparator,
        reading.detected,
        reading.status,
        reading.source.resource_type,
        reading.source.reference,
        reading.laboratory,
        reading.method,
        reading.original,
    )


def level_text(reading: LevelReading) -> str:
    """The level as reported; rebuilt from its parts where the report's own text is not kept."""
    if reading.original:
        return reading.original
    if reading.value_ug_ml is None or not reading.detected:
        return "not detected"
    sign = "" if reading.comparator is Comparator.EXACT else f"{reading.comparator} "
    return f"{sign}{amount_text(reading.value_ug_ml)} µg/mL"


def amount_text(value_ug_ml: float) -> str:
    """A concentration with up to six decimals, all that a level is read with.

    A shorter number may stand on the other side of a cut-off than the one that was compared with it.
    """
    return f"{value_ug_ml:.6f}".rstrip("0").rstrip(".")


def limit_text(reading: LevelReading, policy: Policy) -> str | None:
    """A level that is known as a limit only, in words ("above 9 µg/mL"); None for a number or undetectable.

    A sentence about such a level must not name one of the values that it may stand for.
    """
    value = reading.value_ug_ml
    if reading.comparator is Comparator.EXACT or value is None or is_undetectable(reading, policy):
        return None
    return f"{LIMIT_WORDS[reading.comparator]} {amount_text(value)} µg/mL"


def level_issue(code: IssueCode, reading: LevelReading) -> DataIssue:
    """An issue of one reading, with its day and its value as reported."""
    day = "" if reading.drawn is None else reading.drawn.day.isoformat()
    return DataIssue(code, "level", (("day", day), ("value", level_text(reading))), reading.source)
