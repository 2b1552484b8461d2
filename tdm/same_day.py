"""Levels of one day: two samples a few hours apart, without an infusion between them, should say the same.

The protocol names two values at one instant only. Infliximab leaves the body within weeks, so a level that
changes its class within hours is an error of one of the two samples, and the newer one is not surely the
right one: then neither decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tdm.decision import LevelClass, Target
from tdm.exposure import Exposure, candidate_values
from tdm.facts import LevelReading
from tdm.issues import IssueCode
from tdm.knowledge.model import Policy
from tdm.plausibility import level_issue, level_text, same_result
from tdm.targets import level_class
from tdm.timing import days_between


def others_of_the_day(exposure: Exposure, policy: Policy) -> tuple[LevelReading, ...]:
    """Return the other usable troughs of less than a day before the newest that differ from it.

    A sample after an infusion is no trough, so an infusion never lies between two of them.
    """
    if exposure.newest is None or not exposure.trend:
        return ()
    newest = exposure.newest.sampling
    return tuple(
        [
            reading
            for reading in exposure.trend
            if reading.drawn is not None
            and days_between(reading.drawn, newest.drawn) < 1
            and not same_result(reading, newest.reading, policy)
        ]
    )


def settled(
    exposure: Exposure,
    newest: LevelReading,
    others: Sequence[LevelReading],
    targets: Iterable[Target],
    policy: Policy,
) -> Exposure:
    """Return the exposure with each of the others named; where the class of any differs, nothing decides.

    `targets` are the rows that the newest sample would be judged against.
    """
    named = []
    for reading in others:
        issue = level_issue(IssueCode.LEVEL_DIFFERS_WITHIN_A_DAY, reading)
        named.append(replace(issue, parameters=(*issue.parameters, ("newer", level_text(newest)))))
    issues = (*exposure.issues, *named)
    if differ_in_class(others, newest, targets, policy):
        older = tuple([reading for reading in exposure.trend if reading not in others])
        return Exposure(None, older, issues, conflict=True)
    return replace(exposure, issues=issues)


def differ_in_class(
    others: Iterable[LevelReading], newest: LevelReading, targets: Iterable[Target], policy: Policy
) -> bool:
    """Whether any of the others stands in another class than the newest against any of the target rows."""
    return any(
        classes(reading, target, policy) != classes(newest, target, policy)
        for reading in others
        for target in targets
    )


def classes(reading: LevelReading, target: Target, policy: Policy) -> frozenset[LevelClass]:
    """Return every class that a reported level may stand in."""
    return frozenset(
        [
            level_class(value, target, undetectable=value < policy.undetectable_below_ug_ml)
            for value in candidate_values(reading, target, policy)
        ]
    )
