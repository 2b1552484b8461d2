"""Sums over past doses of one exponential: what is left of them, and how that changes with the rates."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.disposition import mean_decay, mean_decay_slope

# A dose is left out when exp(-REACH) of it is left: 2e-16, below what a float can add to the doses since.
REACH = 36.0


def decayed(
    rate: float, times: Sequence[float], amounts: Sequence[float], moments: Sequence[tuple[float, int]]
) -> list[tuple[float, float]]:
    """At each moment the sum of amount * exp(-rate * age), and of amount * age * exp(-rate * age).

    A moment comes with how many of the doses are past. Times and moments are in order. Doses are walked once:
    the sums so far decay as a whole. Where a long pause lies between two moments the walk starts anew at the
    first dose of which anything is left.
    """
    exp = math.exp
    found = []
    reach = REACH / rate
    total = moment_sum = at = 0.0
    place = 0
    for moment, past in moments:
        first = bisect_left(times, moment - reach, place, past)
        if first > place:
            place, total, moment_sum = first, 0.0, 0.0
        while place < past:
            time = times[place]
            if total:
                gap = time - at
                decay = exp(-rate * gap)
                moment_sum = (moment_sum + gap * total) * decay
                total = total * decay + amounts[place]
            else:
                total = amounts[place]
            at = time
            place += 1
        if total:
            gap = moment - at
            decay = exp(-rate * gap)
            found.append((total * decay, (moment_sum + gap * total) * decay))
        else:
            found.append((0.0, 0.0))
    return found


class Passage(NamedTuple):
    """What passes from the depot through one exponential within a time: G and its slopes by both rates.

    G = (exp(-rate t) - exp(-absorption t)) / (absorption - rate), which is t exp(-rate t) where both are
    equal. `slope_rate` and `slope_absorption` are its derivatives.
    """

    amount: float
    slope_rate: float
    slope_absorption: float


def passage(rate: float, absorption: float, time: float) -> Passage:
    """`Passage` within `time` days; exact also where the rates are equal or nearly so."""
    slow, fast = (rate, absorption) if rate <= absorption else (absorption, rate)
    x = (fast - slow) * time
    left = time * math.exp(-slow * time)
    amount = left * mean_decay(x)
    by_fast = left * time * mean_decay_slope(x)
    by_slow = -time * amount - by_fast
    return Passage(amount, by_slow, by_fast) if rate <= absorption else Passage(amount, by_fast, by_slow)


class Absorbed(NamedTuple):
    """What subcutaneous doses left in one exponential, with its derivatives by both rates."""

    amount: float
    d_rate: float
    d_absorption: float


class Depot(NamedTuple):
    """What is left at the injection site, and its derivative by the absorption rate."""

    amount: float
    d_absorption: float


def absorbed(
    rate: float,
    absorption: float,
    times: Sequence[float],
    amounts: Sequence[float],
    moments: Sequence[tuple[float, int]],
) -> list[tuple[Absorbed, Depot]]:
    """At each moment what doses into a depot have put into one exponential, and what is still in the depot.

    The state is walked from dose to dose, so that no difference of nearly equal sums is ever taken.
    """
    found = []
    state, depot, at = Absorbed(0.0, 0.0, 0.0), Depot(0.0, 0.0), 0.0
    place = 0
    reach = REACH / min(rate, absorption)
    for moment, past in moments:
        first = bisect_left(times, moment - reach, place, past)
        if first > place:
            place, state, depot = first, Absorbed(0.0, 0.0, 0.0), Depot(0.0, 0.0)
        while place < past:
            if depot.amount:
                state, depot = _pass(state, depot, rate, absorption, times[place] - at)
            depot = Depot(depot.amount + amounts[place], depot.d_absorption)
            at = times[place]
            place += 1
        found.append(_pass(state, depot, rate, absorption, moment - at))
    return found


def _pass(
    state: Absorbed, depot: Depot, rate: float, absorption: float, gap: float
) -> tuple[Absorbed, Depot]:
    """Both after a time without doses."""
    decay, left = math.exp(-rate * gap), math.exp(-absorption * gap)
    through = passage(rate, absorption, gap)
    amount, d_rate, d_absorption = state
    moved = Absorbed(
        amount * decay + depot.amount * absorption * through.amount,
        (d_rate - gap * amount) * decay + depot.amount * absorption * through.slope_rate,
        d_absorption * decay
        + depot.d_absorption * absorption * through.amount
        + depot.amount * (through.amount + absorption * through.slope_absorption),
    )
    return moved, Depot(depot.amount * left, (depot.d_absorption - gap * depot.amount) * left)
