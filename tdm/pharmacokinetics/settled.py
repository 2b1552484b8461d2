"""The settled trough of a regimen in closed form: the sum over all past doses of a regular history."""

from __future__ import annotations

import math

from tdm.pharmacokinetics.concentration import NOT_INJECTED, Level, ModeAmount, central_amount
from tdm.pharmacokinetics.disposition import mean_decay, mean_decay_slope, modes
from tdm.pharmacokinetics.parameters import Vector
from tdm.pharmacokinetics.superposition import Absorbed, passage


def settled_trough(values: Vector, interval: float, duration: float, *, subcutaneous: bool) -> Level:
    """The level just before the next dose when 1 mg has been given every `interval` days for ever."""
    system = modes(values)
    one = _injected if subcutaneous else _infused
    total, gradient = central_amount(
        system, values, [one(mode.rate, interval, duration, values[5]) for mode in system]
    )
    volume = values[1]
    found = [part / volume for part in gradient]
    found[1] -= total / volume
    return Level(total / volume, found)


def _infused(rate: float, interval: float, duration: float, _: float) -> ModeAmount:
    """Of infusions: a geometric series in exp(-rate * interval)."""
    x = rate * duration
    kept = math.exp(-rate * interval)
    repeat = -math.expm1(-rate * interval)
    left = math.exp(-rate * (interval - duration)) / repeat
    share = mean_decay(x)
    aged = left * ((interval - duration) + interval * kept / repeat)
    return ModeAmount(
        share * left, duration * mean_decay_slope(x) * left - share * aged, NOT_INJECTED, 0.0, 0.0
    )


def _injected(rate: float, interval: float, _: float, absorption: float) -> ModeAmount:
    """Of injections: the depot repeats itself, and so does what passes from it within an interval."""
    through = passage(rate, absorption, interval)
    kept, repeat = math.exp(-rate * interval), -math.expm1(-rate * interval)
    held, filled = math.exp(-absorption * interval), -math.expm1(-absorption * interval)
    amount = absorption * through.amount / (filled * repeat)
    d_rate = absorption * through.slope_rate / (filled * repeat) - amount * interval * kept / repeat
    d_absorption = (through.amount + absorption * through.slope_absorption) / (
        filled * repeat
    ) - amount * interval * held / filled
    return ModeAmount(0.0, 0.0, Absorbed(amount, d_rate, d_absorption), 0.0, 0.0)
