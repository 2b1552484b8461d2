"""A stretch of infusions into two compartments, with what was there before it, in one go.

The same as `carrying`, written out for the commonest case: a course of infusions in which weight or albumin
changes again and again has many such stretches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tdm.pharmacokinetics.carrying import NOWHERE, Amount, Amounts
from tdm.pharmacokinetics.disposition import System, exchange_of, mean_decay, mean_decay_slope
from tdm.pharmacokinetics.layout import Stretch
from tdm.pharmacokinetics.parameters import Vector
from tdm.pharmacokinetics.superposition import decayed_both


def crossed(
    stretch: Stretch, system: System, values: Vector, places: Sequence[int], before: Amounts | None
) -> tuple[list[Amount], Amounts | None]:
    """The central amount at each sample of the stretch, and what is in the body where it carries on."""
    (fast, slow), (first, second) = system.rates, system.weights
    out, back, exchange = exchange_of(values, places)
    central, outer, _ = before or NOWHERE
    nothing = (0.0,) * len(places)
    central_by, outer_by = central.gradient or nothing, outer.gradient or nothing
    rows = list(zip(system.slopes, exchange, central_by, outer_by, strict=True))
    # what the amounts at the beginning put into each exponential of the centre
    quick, long = (
        first * central.value - back * outer.value,
        second * central.value + back * outer.value,
    )
    quick_by = [
        row[2] * central.value + first * one - d_back * outer.value - back * other
        for row, (_, d_back), one, other in rows
    ]
    long_by = [one - d_quick for d_quick, one in zip(quick_by, central_by, strict=True)]
    found: list[Amount] = []
    contents = _contents(stretch, fast, slow)
    for query, (here, here_by, late, late_by) in zip(stretch.queries, contents, strict=True):
        since = query.at_days - stretch.from_days
        decay, late_decay = math.exp(-fast * since), math.exp(-slow * since)
        by_fast = first * here_by - since * quick * decay
        by_slow = second * late_by - since * long * late_decay
        gradient = [
            row[2] * (here - late)
            + by_fast * row[0]
            + by_slow * row[1]
            + d_quick * decay
            + d_long * late_decay
            for row, d_quick, d_long in zip(system.slopes, quick_by, long_by, strict=True)
        ]
        found.append(Amount(first * here + second * late + quick * decay + long * late_decay, gradient))
    if not stretch.carries_on:
        return found, None
    # at the end: the same for the periphery
    end, (here, here_by, late, late_by) = found.pop(), contents[-1]
    quick, long = (
        second * outer.value - out * central.value,
        first * outer.value + out * central.value,
    )
    by_fast = -out * here_by - since * quick * decay
    by_slow = out * late_by - since * long * late_decay
    outer_end = out * (late - here) + quick * decay + long * late_decay
    gradient = []
    for row, (d_out, _), one, other in rows:
        d_quick = -d_out * central.value - out * one - row[2] * outer.value + second * other
        gradient.append(
            d_out * (late - here)
            + by_fast * row[0]
            + by_slow * row[1]
            + d_quick * decay
            + (other - d_quick) * late_decay
        )
    return found, Amounts(end, Amount(outer_end, gradient), Amount(0.0, [0.0] * len(places)))


def _contents(stretch: Stretch, fast: float, slow: float) -> list[tuple[float, float, float, float]]:
    """What the infusions of the stretch left in both exponentials at each query, with slopes by the rates."""
    (train,) = stretch.trains
    duration = train.duration_days
    share, slope = mean_decay(fast * duration), duration * mean_decay_slope(fast * duration)
    late_share, late_slope = mean_decay(slow * duration), duration * mean_decay_slope(slow * duration)
    return [
        (
            share * left,
            slope * left - share * aged,
            late_share * late,
            late_slope * late - late_share * late_aged,
        )
        for left, aged, late, late_aged in decayed_both(fast, slow, train, stretch.finished)
    ]
