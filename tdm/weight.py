"""The body weight that a dose per kilogram rests on."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from tdm.facts import Moment, WeightReading
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.timing import in_future, instant, is_older, same_moment

HEAVIEST_KG = 400.0


def read_weight(
    readings: Iterable[WeightReading], now: Moment, valid_days: float, policy: Policy
) -> tuple[WeightReading | None, tuple[DataIssue, ...]]:
    """The newest weight if it is recent enough for mg/kg; the lower of two of one moment that nearly agree.

    Weights that are no weight of a person, or dated in the future, are passed over.
    """
    usable = [
        one
        for one in readings
        if isfinite(one.kilograms)
        and 0 < one.kilograms <= HEAVIEST_KG
        and not in_future(one.measured, now, policy.future_tolerance_minutes)
    ]
    if not usable:
        return None, (DataIssue(IssueCode.WEIGHT_UNKNOWN, "weight"),)
    newest = lightest = usable[0]
    if len(usable) > 1:
        newest = max(usable, key=weight_order)
        group = [one for one in usable if same_moment(one.measured, newest.measured)]
        lightest = min(group, key=weight_order_by_mass)
        heaviest_kg = max(one.kilograms for one in group)
        if heaviest_kg > lightest.kilograms * (1 + policy.same_weight_fraction):
            return None, (weight_issue(IssueCode.WEIGHT_CONFLICT, newest),)
    if is_older(newest.measured, now, valid_days):
        return None, (weight_issue(IssueCode.WEIGHT_OUTDATED, newest),)
    return lightest, ()


def weight_issue(code: IssueCode, reading: WeightReading) -> DataIssue:
    """An issue of one weight, with its day."""
    return DataIssue(code, "weight", (("day", reading.measured.day.isoformat()),), reading.source)


def weight_order(reading: WeightReading) -> tuple[object, ...]:
    """A total order of weights by date; one without a time stands last of its day."""
    return (
        reading.measured.day.toordinal(),
        not reading.measured.timed,
        instant(reading.measured),
        reading.kilograms,
        reading.source.resource_type,
        reading.source.reference,
    )


def weight_order_by_mass(reading: WeightReading) -> tuple[object, ...]:
    """A total order of weights, the lightest first."""
    return (reading.kilograms, *weight_order(reading))
