"""Carries amounts over a change of covariates: the compartments go on as they are, under new rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.content import Content
from tdm.pharmacokinetics.disposition import System, exchange_of
from tdm.pharmacokinetics.parameters import ABSORPTION, BIOAVAILABILITY, Vector
from tdm.pharmacokinetics.superposition import Passage, passage

NOTHING_PASSED = Passage(0.0, 0.0, 0.0)


class Amount(NamedTuple):
    """An amount in mg and its derivative by the logarithm of each random parameter."""

    value: float
    gradient: list[float]


class Amounts(NamedTuple):
    """What is in the body at one moment."""

    central: Amount
    peripheral: Amount
    depot: Amount


NOTHING = Amount(0.0, [])
NOWHERE = Amounts(NOTHING, NOTHING, NOTHING)


class Shares(NamedTuple):
    """The weight of each exponential in how one compartment answers another; derivatives by parameter."""

    weights: tuple[float, ...]
    slopes: list[tuple[float, ...]]


class Side(NamedTuple):
    """One compartment: what it shows of central amounts, and what each exponential began with in it."""

    shares: Shares
    begun: tuple[Amount, ...]


class Start(NamedTuple):
    """What a stretch begins with, as both compartments show it, and the depot."""

    centre: Side
    outer: Side
    depot: Amount


def started(before: Amounts | None, system: System, values: Vector, places: Sequence[int]) -> Start:
    """The amounts at the beginning of a stretch, in terms of the stretch's own exponentials."""
    size = len(places)
    if before is None:
        nothing = Amount(0.0, [0.0] * size)
        before = Amounts(nothing, nothing, nothing)
    if len(system.rates) == 1:
        whole, none = Shares((1.0,), [(0.0,)] * size), Shares((0.0,), [(0.0,)] * size)
        return Start(_side(whole, none, before), _side(none, none, before), before.depot)
    first, second = system.weights
    out, back, slopes = exchange_of(values, places)
    kept = Shares((first, second), [(row[2], -row[2]) for row in system.slopes])
    kept_outside = Shares((second, first), [(-row[2], row[2]) for row in system.slopes])
    going = Shares((-out, out), [(-d_out, d_out) for d_out, _ in slopes])
    coming = Shares((-back, back), [(-d_back, d_back) for _, d_back in slopes])
    return Start(_side(kept, coming, before), _side(going, kept_outside, before), before.depot)


def _side(of_central: Shares, of_peripheral: Shares, before: Amounts) -> Side:
    central, peripheral, _ = before
    begun = []
    for mode, (weight, other) in enumerate(zip(of_central.weights, of_peripheral.weights, strict=True)):
        gradient = [
            row[mode] * central.value
            + weight * d_central
            + other_row[mode] * peripheral.value
            + other * d_outer
            for row, d_central, other_row, d_outer in zip(
                of_central.slopes,
                central.gradient,
                of_peripheral.slopes,
                peripheral.gradient,
                strict=True,
            )
        ]
        begun.append(Amount(weight * central.value + other * peripheral.value, gradient))
    return Side(of_central, tuple(begun))


def amount_in(
    side: Side,
    depot: Amount,
    system: System,
    contents: Sequence[Content],
    values: Vector,
    places: Sequence[int],
    since: float,
) -> Amount:
    """The amount in one compartment: of the stretch's doses, and of what it began with `since` days ago."""
    absorption = values[ABSORPTION]
    total, by_absorption, injected = 0.0, 0.0, 0.0
    gradient = [0.0] * len(places)
    for mode, (rate, weight, begun, content) in enumerate(
        zip(system.rates, side.shares.weights, side.begun, contents, strict=True)
    ):
        decay = math.exp(-rate * since)
        through, by_rate, by_depot = passage(rate, absorption, since) if depot.value else NOTHING_PASSED
        entered = content.amount + depot.value * absorption * through
        total += weight * entered + begun.value * decay
        slope = weight * (content.by_rate + depot.value * absorption * by_rate) - since * begun.value * decay
        injected += weight * content.injected
        by_absorption += weight * (
            content.by_absorption + depot.value * absorption * (through + absorption * by_depot)
        )
        for place, row in enumerate(system.slopes):
            gradient[place] += (
                side.shares.slopes[place][mode] * entered
                + slope * row[mode]
                + begun.gradient[place] * decay
                + weight * depot.gradient[place] * absorption * through
            )
    add_absorption(gradient, places, injected, by_absorption)
    return Amount(total, gradient)


def add_absorption(
    gradient: list[float], places: Sequence[int], injected: float, by_absorption: float
) -> None:
    """Add the derivatives by log F and log ka where these are random."""
    if BIOAVAILABILITY in places:
        gradient[places.index(BIOAVAILABILITY)] += injected
    if ABSORPTION in places:
        gradient[places.index(ABSORPTION)] += by_absorption


def ended(
    start: Start,
    system: System,
    contents: Sequence[Content],
    values: Vector,
    places: Sequence[int],
    since: float,
) -> Amounts:
    """What is in the body at the end of a stretch."""
    absorption = values[ABSORPTION]
    left = math.exp(-absorption * since)
    depot = contents[0].depot + start.depot.value * left
    gradient = [one * left for one in start.depot.gradient]
    d_depot = contents[0].d_depot - since * absorption * start.depot.value * left
    add_absorption(gradient, places, contents[0].depot, d_depot)
    return Amounts(
        amount_in(start.centre, start.depot, system, contents, values, places, since),
        amount_in(start.outer, start.depot, system, contents, values, places, since),
        Amount(depot, gradient),
    )
