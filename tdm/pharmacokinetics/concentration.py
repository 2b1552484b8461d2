"""Levels at given moments from a history: the exact solution, with its derivatives by the random parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.carrying import Amount, Amounts, add_absorption, amount_in, ended, started
from tdm.pharmacokinetics.content import Content, contents_of
from tdm.pharmacokinetics.disposition import System, mean_decay, mean_decay_slope, system_of
from tdm.pharmacokinetics.layout import Stretch
from tdm.pharmacokinetics.parameters import CENTRAL_VOLUME, Vector
from tdm.pharmacokinetics.superposition import decayed


class Level(NamedTuple):
    """A level in µg/mL, and its derivative by the logarithm of each random parameter."""

    value_ug_ml: float
    gradient: list[float]


def levels(found: Sequence[Stretch], parameters: Sequence[Vector], places: Sequence[int]) -> list[Level]:
    """The level at every moment asked about; one set of individual parameters for each stretch.

    Levels are never negative; before the first dose they are 0. `places` are those of the random parameters.
    """
    answers: list[Level] = []
    carried: Amounts | None = None
    for stretch, values in zip(found, parameters, strict=True):
        system = system_of(values, places)
        if carried is None and stretch.plain and not stretch.carries_on and len(system.rates) > 1:
            answers += _plain(stretch, system, values, places)
            continue
        contents = list(zip(*contents_of(stretch, system, values), strict=True))
        if carried is None and not stretch.carries_on:
            answers += [level_of(central(system, one, places), values, places) for one in contents]
            continue
        start = started(carried, system, values, places)
        for query, one in zip(stretch.queries, contents, strict=True):
            since = query.at_days - stretch.from_days
            if stretch.carries_on and query is stretch.queries[-1]:
                carried = ended(start, system, one, values, places, since)
            else:
                amount = amount_in(start.centre, start.depot, system, one, values, places, since)
                answers.append(level_of(amount, values, places))
    return answers


def _plain(stretch: Stretch, system: System, values: Vector, places: Sequence[int]) -> list[Level]:
    """The common case in one go: infusions of one duration into two compartments, nothing carried."""
    (train,), volume = stretch.trains, values[CENTRAL_VOLUME]
    moments = [query.finished[0] for query in stretch.queries]
    (fast, slow), duration, rows = system.rates, train.duration_days, system.slopes
    first, second = (weight / volume for weight in system.weights)
    fast_share, slow_share = mean_decay(fast * duration), mean_decay(slow * duration)
    fast_slope, slow_slope = (
        duration * mean_decay_slope(fast * duration),
        duration * mean_decay_slope(slow * duration),
    )
    own = places.index(CENTRAL_VOLUME) if CENTRAL_VOLUME in places else None
    answers = []
    for (left, aged), (late, late_aged) in zip(
        decayed(fast, train, moments), decayed(slow, train, moments), strict=True
    ):
        quick, long = fast_share * left, slow_share * late
        by_fast = first * (fast_slope * left - fast_share * aged)
        by_slow = second * (slow_slope * late - slow_share * late_aged)
        by_weight = (quick - long) / volume
        gradient = [by_fast * a + by_slow * b + by_weight * c for a, b, c in rows]
        value = first * quick + second * long
        if own is not None:
            gradient[own] -= value
        answers.append(Level(value, gradient))
    return answers


def central(system: System, contents: Sequence[Content], places: Sequence[int]) -> Amount:
    """The amount in the central compartment from the doses of one stretch, and nothing before."""
    if len(contents) == 1:
        content = contents[0]
        amount = Amount(content.amount, [content.by_rate * row[0] for row in system.slopes])
        add_absorption(amount.gradient, places, content.injected, content.by_absorption)
        return amount
    fast, slow = contents
    first, second = system.weights
    by_fast, by_slow, by_weight = first * fast[1], second * slow[1], fast[0] - slow[0]
    gradient = [by_fast * row[0] + by_slow * row[1] + by_weight * row[2] for row in system.slopes]
    if fast.injected:
        add_absorption(
            gradient,
            places,
            first * fast.injected + second * slow.injected,
            first * fast.by_absorption + second * slow.by_absorption,
        )
    return Amount(first * fast[0] + second * slow[0], gradient)


def level_of(amount: Amount, values: Vector, places: Sequence[int]) -> Level:
    """The level that a central amount makes."""
    volume = values[CENTRAL_VOLUME]
    value = amount.value / volume
    gradient = [one / volume for one in amount.gradient]
    if CENTRAL_VOLUME in places:
        gradient[places.index(CENTRAL_VOLUME)] -= value
    return Level(value, gradient)
