"""Sums over past doses of one exponential: what is left of them, and how that changes with the rates."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.disposition import mean_decay, mean_decay_slope
from tdm.pharmacokinetics.layout import Past, Train

# A dose is left out when, beside the last one before the moment, exp(-REACH) = 1.3e-14 of it is left: even a
# dose a hundred times as large adds less than 1e-11 of the level.
REACH = 32.0


def decayed(rate: float, train: Train, moments: Sequence[Past]) -> list[tuple[float, float]]:
    """At each moment the sum of amount * exp(-rate * age), and of amount * age * exp(-rate * age).

    Ages count from the end of an infusion. The doses are walked once: the sums so far decay as a whole. After
    a long pause between two moments the walk starts anew, at the first dose of which anything is left.
    """
    exp = math.exp
    ends, links = train.ends_days, train.links
    reach = REACH / rate
    found = []
    total = aged = 0.0
    place = 0
    for doses, since in moments:
        if doses > place:
            first = bisect_left(ends, ends[doses - 1] - reach, place, doses)
            if first > place:
                place, total, aged = first, 0.0, 0.0
            for gap, amount in links[place:doses]:
                decay = exp(-rate * gap)
                aged = (aged + gap * total) * decay
                total = total * decay + amount
            place = doses
        decay = exp(-rate * since)
        found.append((total * decay, (aged + since * total) * decay))
    return found


def decayed_both(
    fast: float, slow: float, train: Train, moments: Sequence[Past]
) -> list[tuple[float, float, float, float]]:
    """Both sums of `decayed` for a fast rate and a slow one, in one walk over the doses.

    As far back as the slow one reaches: what the fast one has left by then is nothing, which does no harm.
    """
    exp = math.exp
    ends, links = train.ends_days, train.links
    reach = REACH / slow
    found = []
    here = here_aged = late = late_aged = 0.0
    place = 0
    for doses, since in moments:
        if doses > place:
            oldest = ends[doses - 1] - reach
            if ends[place] < oldest:
                place = bisect_left(ends, oldest, place, doses)
                here = here_aged = late = late_aged = 0.0
            for gap, amount in links[place:doses]:
                decay = exp(-fast * gap)
                here_aged = (here_aged + gap * here) * decay
                here = here * decay + amount
                decay = exp(-slow * gap)
                late_aged = (late_aged + gap * late) * decay
                late = late * decay + amount
            place = doses
        decay, late_decay = exp(-fast * since), exp(-slow * since)
        found.append(
            (
                here * decay,
                (here_aged + since * here) * decay,
                late * late_decay,
                (late_aged + since * late) * late_decay,
            )
        )
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
    """What subcutaneous doses put into one exponential, and what they left in the depot, with derivatives."""

    amount: float
    d_rate: float
    d_absorption: float
    depot: float
    d_depot: float


EMPTY = Absorbed(0.0, 0.0, 0.0, 0.0, 0.0)


def absorbed(rate: float, absorption: float, train: Train, moments: Sequence[Past]) -> list[Absorbed]:
    """At each moment what doses into a depot have put into one exponential, and what is still in the depot.

    The state is walked from dose to dose, so that no difference of nearly equal sums is ever taken.
    """
    found = []
    state = EMPTY
    place = 0
    reach = REACH / min(rate, absorption)
    for doses, since in moments:
        if doses > place:
            first = bisect_left(train.ends_days, train.ends_days[doses - 1] - reach, place, doses)
            if first > place:
                place, state = first, EMPTY
            for gap, amount in train.links[place:doses]:
                if state.depot:
                    state = passed(state, rate, absorption, gap)
                state = state._replace(depot=state.depot + amount)
            place = doses
        found.append(passed(state, rate, absorption, since))
    return found


def passed(state: Absorbed, rate: float, absorption: float, gap: float) -> Absorbed:
    """The state after a time without doses."""
    decay, left = math.exp(-rate * gap), math.exp(-absorption * gap)
    through, by_rate, by_absorption = passage(rate, absorption, gap)
    amount, d_rate, d_absorption, depot, d_depot = state
    return Absorbed(
        amount * decay + depot * absorption * through,
        (d_rate - gap * amount) * decay + depot * absorption * by_rate,
        d_absorption * decay
        + d_depot * absorption * through
        + depot * (through + absorption * by_absorption),
        depot * left,
        (d_depot - gap * depot) * left,
    )
