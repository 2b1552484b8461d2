"""The settled trough of a regimen in closed form: the sum over all past doses of a regular history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.carrying import Amount
from tdm.pharmacokinetics.concentration import central
from tdm.pharmacokinetics.content import Content
from tdm.pharmacokinetics.disposition import System, mean_decay, mean_decay_slope, system_of
from tdm.pharmacokinetics.parameters import ABSORPTION, BIOAVAILABILITY, CENTRAL_VOLUME, Vector
from tdm.pharmacokinetics.superposition import passage


class Giving(NamedTuple):
    """How 1 mg is given, again and again: by infusions of one duration, or under the skin."""

    duration_days: float
    subcutaneous: bool


class Settled(NamedTuple):
    """A patient, ready to be asked for the level just before the next dose when 1 mg is given for ever.

    `terms` are, of infusions, what each exponential has of the level at the end of a single one, by its rate.
    """

    values: Vector
    places: Sequence[int]
    giving: Giving
    system: System
    terms: list[tuple[float, float]]

    @classmethod
    def of(cls, values: Vector, places: Sequence[int], giving: Giving) -> Settled:
        """The patient with these parameters; derivatives are by those at `places`."""
        system = system_of(values, places)
        terms = [
            (rate, weight * mean_decay(rate * giving.duration_days) / values[CENTRAL_VOLUME])
            for rate, weight in zip(system.rates, system.weights, strict=True)
        ]
        return cls(values, places, giving, system, terms)

    def level(self, interval_days: float) -> float:
        """The level in µg/mL."""
        if self.giving.subcutaneous:
            return self.with_slopes(interval_days).value
        pause = interval_days - self.giving.duration_days
        found = 0.0
        for rate, term in self.terms:
            found -= term * math.exp(-rate * pause) / math.expm1(-rate * interval_days)
        return found

    def with_slopes(self, interval_days: float) -> Amount:
        """The level in µg/mL, and its derivatives by the logarithms of the parameters at `places`."""
        duration, subcutaneous = self.giving
        if subcutaneous:
            contents = [injected(rate, interval_days, self.values) for rate in self.system.rates]
        else:
            contents = [infused(rate, interval_days, duration) for rate in self.system.rates]
        amount, slopes = central(self.system, contents, self.places)
        volume = self.values[CENTRAL_VOLUME]
        gradient = [slope / volume for slope in slopes]
        if CENTRAL_VOLUME in self.places:
            gradient[self.places.index(CENTRAL_VOLUME)] -= amount / volume
        return Amount(amount / volume, gradient)


def infused(rate: float, interval: float, duration: float) -> Content:
    """Of infusions: a geometric series in exp(-rate * interval)."""
    pause, repeat = interval - duration, -math.expm1(-rate * interval)
    left = math.exp(-rate * pause) / repeat
    share = mean_decay(rate * duration)
    aged = left * (pause + interval * (1.0 - repeat) / repeat)
    return Content(share * left, duration * mean_decay_slope(rate * duration) * left - share * aged)


def injected(rate: float, interval: float, values: Vector) -> Content:
    """Of injections: the depot repeats itself, and so does what passes from it within an interval."""
    share, absorption = values[BIOAVAILABILITY], values[ABSORPTION]
    if absorption <= 0.0:  # a model of infusions sees no injection
        return Content(0.0, 0.0)
    through, by_rate, by_depot = passage(rate, absorption, interval)
    repeat, filled = -math.expm1(-rate * interval), -math.expm1(-absorption * interval)
    per_dose = share * absorption / (filled * repeat)
    amount = per_dose * through
    slope = per_dose * by_rate - amount * interval * (1.0 - repeat) / repeat
    emptied = amount * absorption * interval * (1.0 - filled) / filled
    by_absorption = per_dose * (through + absorption * by_depot) - emptied
    return Content(amount, slope, amount, by_absorption)
