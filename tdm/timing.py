"""Differences and order of moments: instants where both have a time of day, else the site's calendar days."""

from __future__ import annotations

from datetime import date

from tdm.facts import Moment

SECONDS_PER_DAY = 86400.0
SECONDS_PER_MINUTE = 60.0


def instant(moment: Moment) -> float:
    """Seconds since the epoch. Aware times of one zone subtract by wall clock in Python; these do not."""
    return moment.at.timestamp()


def days_between(earlier: Moment, later: Moment) -> float:
    """Days from `earlier` to `later`, negative where the order is the other way round."""
    if earlier.timed and later.timed:
        return (instant(later) - instant(earlier)) / SECONDS_PER_DAY
    return float((later.day - earlier.day).days)


def calendar_days_between(earlier: Moment, later: Moment) -> int:
    """Calendar days of the site from `earlier` to `later`: the count behind "day 14" and "week 6"."""
    return (later.day - earlier.day).days


def is_after(moment: Moment, reference: Moment) -> bool:
    """Whether `moment` is surely later than `reference`; on one calendar day only if both times say so."""
    if moment.timed and reference.timed:
        return instant(moment) > instant(reference)
    return moment.day > reference.day


def same_moment(one: Moment, other: Moment) -> bool:
    """Whether nothing tells the two apart: one instant, or one calendar day where a time is missing."""
    if one.timed and other.timed:
        return instant(one) == instant(other)
    return one.day == other.day


def in_future(moment: Moment, now: Moment, tolerance_minutes: float) -> bool:
    """Whether `moment` lies after `now` by more than the tolerated clock skew, in minutes."""
    return instant(moment) > instant(now) + tolerance_minutes * SECONDS_PER_MINUTE


def age_in_years(born: date, today: date) -> int:
    """Completed years of age; someone born on 29 February completes a year on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
