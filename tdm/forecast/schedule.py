"""When doses were due that nobody recorded: laid along the intervals of the orders of their time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tdm.forecast.timeline import Step, value_at


class Ordered(NamedTuple):
    """What an order says of a dose: its amount in mg, and the days to the next one."""

    amount_mg: float
    interval_days: float


def times_before(intervals: Sequence[Step[float]], earliest: float, until: float) -> list[float]:
    """The times of doses, oldest first, that lead up to one at `until`, later than `earliest`."""
    times: list[float] = []
    at = until - _ending_at(intervals, until)
    while at > earliest:
        times.append(at)
        at -= _ending_at(intervals, at)
    return times[::-1]


def _ending_at(intervals: Sequence[Step[float]], at: float) -> float:
    """The interval that ends at a time: an order changes what is given after it."""
    return next((step.value for step in reversed(intervals) if step.from_days < at), intervals[0].value)


def times_from(intervals: Sequence[Step[float]], start: float, until: float) -> list[float]:
    """The times of doses from `start` on; the last at least half an interval before one known in the past."""
    times: list[float] = []
    at = start
    while at < until:
        interval = value_at(intervals, at)
        if until < 0.0 and until - at < interval / 2:
            break
        times.append(at)
        at += interval
    return times
