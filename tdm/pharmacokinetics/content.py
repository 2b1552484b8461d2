"""What the doses of one stretch left in each exponential, at every moment asked about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.disposition import System, mean_decay, mean_decay_slope
from tdm.pharmacokinetics.layout import Stretch
from tdm.pharmacokinetics.parameters import ABSORPTION, BIOAVAILABILITY, Vector
from tdm.pharmacokinetics.superposition import absorbed, decayed


class Content(NamedTuple):
    """What doses left in one exponential: the amount in mg, its slopes, and what is still in the depot.

    `by_rate` is the derivative by the exponential's own rate. `injected` is the part of the amount that came
    from subcutaneous doses, which is also its derivative by log F; `by_absorption` that by log ka. `d_depot`
    is the derivative of the depot by log ka.
    """

    amount: float
    by_rate: float
    injected: float = 0.0
    by_absorption: float = 0.0
    depot: float = 0.0
    d_depot: float = 0.0


def contents_of(stretch: Stretch, system: System, values: Vector) -> list[list[Content]]:
    """For each exponential the content at each moment of the stretch."""
    return [_of_rate(stretch, rate, values) for rate in system.rates]


def _of_rate(stretch: Stretch, rate: float, values: Vector) -> list[Content]:
    if stretch.plain:
        return _of_train(stretch, rate)
    found = [[0.0, 0.0] for _ in stretch.queries]
    for number, train in enumerate(stretch.trains):
        share = mean_decay(rate * train.duration_days)
        slope = train.duration_days * mean_decay_slope(rate * train.duration_days)
        moments = [query.finished[number] for query in stretch.queries]
        for place, (left, aged) in enumerate(decayed(rate, train, moments)):
            found[place][0] += share * left
            found[place][1] += slope * left - share * aged
    for place, query in enumerate(stretch.queries):
        for amount, run in query.running:
            found[place][0] += amount * mean_decay(rate * run)
            found[place][1] += amount * run * mean_decay_slope(rate * run)
    if not stretch.injections.links or values[ABSORPTION] <= 0.0:  # a model of infusions sees no injection
        return [Content(amount, by_rate) for amount, by_rate in found]
    return _with_injections(stretch, rate, values, found)


def _of_train(stretch: Stretch, rate: float) -> list[Content]:
    """The common case: infusions of one duration, none under way."""
    train = stretch.trains[0]
    share = mean_decay(rate * train.duration_days)
    slope = train.duration_days * mean_decay_slope(rate * train.duration_days)
    return [
        Content(share * left, slope * left - share * aged)
        for left, aged in decayed(rate, train, [query.finished[0] for query in stretch.queries])
    ]


def _with_injections(
    stretch: Stretch, rate: float, values: Vector, infused: Sequence[Sequence[float]]
) -> list[Content]:
    """What infusions and injections left together."""
    share, absorption = values[BIOAVAILABILITY], values[ABSORPTION]
    through = absorbed(rate, absorption, stretch.injections, [query.injected for query in stretch.queries])
    return [
        Content(
            amount + share * one.amount,
            by_rate + share * one.d_rate,
            share * one.amount,
            share * absorption * one.d_absorption,
            share * one.depot,
            share * absorption * one.d_depot,
        )
        for (amount, by_rate), one in zip(infused, through, strict=True)
    ]
