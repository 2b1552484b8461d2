"""The settled trough of a regimen in closed form: the sum over all past doses of a regular history."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tdm.pharmacokinetics.concentration import Level, central, level_of
from tdm.pharmacokinetics.content import Content
from tdm.pharmacokinetics.disposition import mean_decay, mean_decay_slope, system_of
from tdm.pharmacokinetics.parameters import ABSORPTION, BIOAVAILABILITY, Vector
from tdm.pharmacokinetics.superposition import passage


def settled_trough(
    values: Vector, places: Sequence[int], interval: float, duration: float, *, subcutaneous: bool
) -> Level:
    """The level just before the next dose when 1 mg has been given every `interval` days for ever."""
    system = system_of(values, places)
    if subcutaneous:
        contents = [injected(rate, interval, values) for rate in system.rates]
    else:
        contents = [infused(rate, interval, duration) for rate in system.rates]
    return level_of(central(system, contents, places), values, places)


def infused(rate: float, interval: float, duration: float) -> Content:
    """Of infusions: a geometric series in exp(-rate * interval)."""
    x = rate * duration
    repeat = -math.expm1(-rate * interval)
    pause = interval - duration
    left = math.exp(-rate * pause) / repeat
    share = mean_decay(x)
    aged = left * (pause + interval * (1.0 - repeat) / repeat)
    return Content(share * left, duration * mean_decay_slope(x) * left - share * aged)


def injected(rate: float, interval: float, values: Vector) -> Content:
    """Of injections: the depot repeats itself, and so does what passes from it within an interval."""
    share, absorption = values[BIOAVAILABILITY], values[ABSORPTION]
    through, by_rate, by_depot = passage(rate, absorption, interval)
    repeat, filled = -math.expm1(-rate * interval), -math.expm1(-absorption * interval)
    per_dose = share * absorption / (filled * repeat)
    amount = per_dose * through
    slope = per_dose * by_rate - amount * interval * (1.0 - repeat) / repeat
    by_absorption = (
        per_dose * (through + absorption * by_depot)
        - amount * absorption * interval * (1.0 - filled) / filled
    )
    return Content(amount, slope, amount, by_absorption)
