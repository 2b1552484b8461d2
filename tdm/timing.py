"""Differences and order of moments: instants where both have a time of day, else the site's calendar days.

Every moment carries its calendar day in the one zone of the site, so an earlier day is an earlier instant:
the calendar is asked first, since converting instants is what an assessment would spend its time on.
"""

from __future__ import annotations

from datetime import date

from tdm.facts import Moment

SECONDS_PER_DAY = 86400.0
SECONDS_PER_MINUTE = 60.0
# Calendar days and elapsed days differ by one day and an hour of daylight saving at most.
CLOSE_CALL_DAYS = 2


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
    if moment.day != reference.day:
        return moment.day > reference.day
    return moment.timed and reference.timed and instant(moment) > instant(reference)


def same_moment(one: Moment, other: Moment) -> bool:
    """Whether nothing tells the two apart: one instant, or one calendar day where a time is missing."""
    if one.day != other.day:
        return False
    return not (one.timed and other.timed) or instant(one) == instant(other)


def in_future(moment: Moment, now: Moment, tolerance_minutes: float) -> bool:
    """Whether `moment` lies after `now` by more than the tolerated clock skew, in minutes."""
    if moment.day < now.day:
        return False
    return instant(moment) > instant(now) + tolerance_minutes * SECONDS_PER_MINUTE


def is_older(moment: Moment, now: Moment, days: float) -> bool:
    """Whether more than so many days have passed since `moment`; the calendar answers all but close calls."""
    calendar = (now.day - moment.day).days
    if abs(calendar - days) > CLOSE_CALL_DAYS:
        return calendar > days
    return days_between(moment, now) > days


def age_in_years(born: date, today: date) -> int:
    """Completed years of age; someone born on 29 February completes a year on 1 March."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
