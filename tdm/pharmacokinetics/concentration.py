"""Levels at given moments from a history: the exact solution, with its derivatives by every parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.disposition import Mode, mean_decay, mean_decay_slope, modes
from tdm.pharmacokinetics.layout import Stretch
from tdm.pharmacokinetics.parameters import Vector
from tdm.pharmacokinetics.superposition import Absorbed, absorbed, decayed, passage

SIX = 6


class Level(NamedTuple):
    """A level in µg/mL and its derivative by the logarithm of each parameter, in the order of a `Vector`."""

    value_ug_ml: float
    gradient: list[float]


class Carried(NamedTuple):
    """Amounts in mg at the end of a stretch, each with its derivatives."""

    central: float
    peripheral: float
    depot: float
    d_central: list[float]
    d_peripheral: list[float]
    d_depot: list[float]


def levels(found: Sequence[Stretch], parameters: Sequence[Vector]) -> list[Level]:
    """The level at every moment asked about; one set of individual parameters for each stretch.

    Levels are never negative; before the first dose they are 0.
    """
    answers: list[Level] = []
    carried: Carried | None = None
    for stretch, values in zip(found, parameters, strict=True):
        system = modes(values)
        amounts = mode_amounts(stretch, system, values)
        last = len(stretch.queries) - 1
        for place in range(len(stretch.queries)):
            state = [of_mode[place] for of_mode in amounts]
            if place == last and stretch.carries_on:
                carried = carry(stretch, system, values, state, carried)
            else:
                answers.append(level(stretch, place, system, values, state, carried))
    return answers


class ModeAmount(NamedTuple):
    """What the doses of a stretch left in one exponential, and its derivatives by the rates."""

    infused: float
    d_rate: float
    injected: Absorbed
    depot: float
    d_depot: float


NOT_INJECTED = Absorbed(0.0, 0.0, 0.0)


def mode_amounts(stretch: Stretch, system: Sequence[Mode], values: Vector) -> list[list[ModeAmount]]:
    """For each exponential, what is in it at each moment of the stretch."""
    return [_one_mode(stretch, mode.rate, values) for mode in system]


def _one_mode(stretch: Stretch, rate: float, values: Vector) -> list[ModeAmount]:
    queries = stretch.queries
    infused, slopes = [0.0] * len(queries), [0.0] * len(queries)
    for number, (duration, ends, amounts) in enumerate(stretch.trains):
        share = mean_decay(rate * duration)
        slope = duration * mean_decay_slope(rate * duration)
        moments = [(query.at_days, query.finished[number]) for query in queries]
        for place, (left, aged) in enumerate(decayed(rate, ends, amounts, moments)):
            infused[place] += share * left
            slopes[place] += slope * left - share * aged
    for place, query in enumerate(queries):
        for amount, run in query.running:
            infused[place] += amount * mean_decay(rate * run)
            slopes[place] += amount * run * mean_decay_slope(rate * run)
    injections = stretch.injections
    if not injections.ends_days:
        return [
            ModeAmount(one, slope, NOT_INJECTED, 0.0, 0.0) for one, slope in zip(infused, slopes, strict=True)
        ]
    moments = [(query.at_days, query.absorbing) for query in queries]
    through = absorbed(rate, values[5], injections.ends_days, injections.amounts_mg, moments)
    return [
        ModeAmount(one, slope, injected, depot.amount, depot.d_absorption)
        for one, slope, (injected, depot) in zip(infused, slopes, through, strict=True)
    ]


def level(
    stretch: Stretch,
    place: int,
    system: Sequence[Mode],
    values: Vector,
    state: Sequence[ModeAmount],
    carried: Carried | None,
) -> Level:
    """The level at one moment of a stretch."""
    total, gradient = central_amount(system, values, state)
    if carried is not None:
        since = stretch.queries[place].at_days - stretch.from_days
        before, d_before = _from_before(system, values, carried, since)
        total += before
        gradient = [one + other for one, other in zip(gradient, d_before, strict=True)]
    volume = values[1]
    found = [one / volume for one in gradient]
    value = total / volume
    found[1] -= value
    return Level(value, found)


def central_amount(
    system: Sequence[Mode], values: Vector, state: Sequence[ModeAmount]
) -> tuple[float, list[float]]:
    """The amount in the central compartment from the doses of one stretch, with its derivatives."""
    return _amount([(mode.rate, mode.central, mode.d_rate, mode.d_central) for mode in system], values, state)


def _amount(
    parts: Sequence[tuple[float, float, Sequence[float], Sequence[float]]],
    values: Vector,
    state: Sequence[ModeAmount],
) -> tuple[float, list[float]]:
    """Sum over the exponentials of weight * content, with its derivatives."""
    bioavailability, absorption = values[4], values[5]
    total = 0.0
    gradient = [0.0] * SIX
    for (_, weight, d_rate, d_weight), (infused, slope, injected, _, _) in zip(parts, state, strict=True):
        content = infused + bioavailability * injected.amount
        by_rate = weight * (slope + bioavailability * injected.d_rate)
        total += weight * content
        for place in range(4):
            gradient[place] += d_weight[place] * content + by_rate * d_rate[place]
        gradient[4] += weight * bioavailability * injected.amount
        gradient[5] += weight * bioavailability * injected.d_absorption * absorption
    return total, gradient


def _from_before(
    system: Sequence[Mode], values: Vector, carried: Carried, since: float, *, peripheral: bool = False
) -> tuple[float, list[float]]:
    """What is left of the amounts at the beginning of the stretch, in one compartment, with derivatives."""
    absorption = values[5]
    total = 0.0
    gradient = [0.0] * SIX
    for mode in system:
        own, d_own = (
            (mode.to_peripheral, mode.d_to_peripheral) if peripheral else (mode.central, mode.d_central)
        )
        other, d_other = (
            (mode.peripheral, mode.d_peripheral)
            if peripheral
            else (mode.from_peripheral, mode.d_from_peripheral)
        )
        decay = math.exp(-mode.rate * since)
        through, by_rate, by_absorption = passage(mode.rate, absorption, since)
        entered = carried.central * decay + carried.depot * absorption * through
        content = own * entered + other * carried.peripheral * decay
        total += content
        slope = (
            own * (carried.depot * absorption * by_rate - since * carried.central * decay)
            - other * since * carried.peripheral * decay
        )
        for place in range(4):
            gradient[place] += (
                d_own[place] * entered
                + d_other[place] * carried.peripheral * decay
                + slope * mode.d_rate[place]
            )
        for place in range(SIX):
            gradient[place] += (
                own * (carried.d_central[place] * decay + carried.d_depot[place] * absorption * through)
                + other * carried.d_peripheral[place] * decay
            )
        gradient[5] += own * carried.depot * absorption * (through + absorption * by_absorption)
    return total, gradient


def carry(
    stretch: Stretch,
    system: Sequence[Mode],
    values: Vector,
    state: Sequence[ModeAmount],
    carried: Carried | None,
) -> Carried:
    """The amounts at the end of a stretch, from its doses and from what was there before."""
    bioavailability, absorption = values[4], values[5]
    central, d_central = central_amount(system, values, state)
    outer, d_outer = _amount(
        [(mode.rate, mode.to_peripheral, mode.d_rate, mode.d_to_peripheral) for mode in system], values, state
    )
    depot = bioavailability * state[0].depot
    d_depot = [0.0, 0.0, 0.0, 0.0, depot, bioavailability * state[0].d_depot * absorption]
    if carried is not None:
        since = stretch.queries[-1].at_days - stretch.from_days
        more, d_more = _from_before(system, values, carried, since)
        central, d_central = central + more, [a + b for a, b in zip(d_central, d_more, strict=True)]
        more, d_more = _from_before(system, values, carried, since, peripheral=True)
        outer, d_outer = outer + more, [a + b for a, b in zip(d_outer, d_more, strict=True)]
        left = math.exp(-absorption * since)
        depot += carried.depot * left
        d_depot = [a + b * left for a, b in zip(d_depot, carried.d_depot, strict=True)]
        d_depot[5] -= since * absorption * carried.depot * left
    return Carried(central, outer, depot, d_central, d_outer, d_depot)
