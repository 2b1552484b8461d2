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
    newest = max(usable, key=weight_order)
    group = [one for one in usable if same_moment(one.measured, newest.measured)]
    lightest = min(group, key=weight_order_by_mass)
    day = (("day", newest.measured.day.isoformat()),)
    heaviest_kg = max(one.kilograms for one in group)
    if heaviest_kg > lightest.kilograms * (1 + policy.same_weight_fraction):
        return None, (DataIssue(IssueCode.WEIGHT_CONFLICT, "weight", day, newest.source),)
    if is_older(newest.measured, now, valid_days):
        return None, (DataIssue(IssueCode.WEIGHT_OUTDATED, "weight", day, newest.source),)
    return lightest, ()


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
