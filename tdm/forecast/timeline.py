"""The axis of the forecast: days from now, negative in the past, and values that hold from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Generic, NamedTuple, TypeVar

from tdm.facts import Moment
from tdm.timing import SECONDS_PER_DAY, instant

Value = TypeVar("Value")

MOST_STEPS = 24
"""How many steps of one covariate are followed; a record that has more of them is no better for it."""

NOON_DAYS = 0.5
"""Where in its day something without a time of day is placed."""


class Step(NamedTuple, Generic[Value]):
    """A value that holds from a time on, until the next step; before the first step the first value holds."""

    from_days: float
    value: Value


class Timeline:
    """Days from `now` on the axis of one forecast."""

    __slots__ = ("_now", "now")

    def __init__(self, now: Moment) -> None:
        self.now = now
        self._now = instant(now)

    def at(self, moment: Moment) -> float:
        """Days from now; what has no time of day is placed at noon, and never in the future."""
        days = (instant(moment) - self._now) / SECONDS_PER_DAY
        return days if moment.timed else min(days + NOON_DAYS, 0.0)

    def day(self, at_days: float) -> date:
        """The calendar day of a time on the axis, as days from that of now."""
        return self.now.day + timedelta(days=round(at_days))

    def moment(self, at_days: float) -> Moment:
        """A time on the axis as a moment, for what goes by days."""
        return Moment(self.now.at + timedelta(days=at_days), self.day(at_days))


def value_at(steps: Sequence[Step[Value]], at_days: float) -> Value:
    """The value in force at a time. `steps` are oldest first and at least one."""
    value = steps[0].value
    for step in steps[1:]:
        if step.from_days > at_days:
            break
        value = step.value
    return value
