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


Row = tuple[float, float, float, float]


class Settled(NamedTuple):
    """A patient, ready to be asked for the level just before the next dose when 1 mg is given for ever.

    What does not depend on the interval is worked out once, of infusions. There are always two exponentials:
    of one compartment the second is empty. `fast_level` and `slow_level` are what a single infusion leaves in
    each at its end, in µg/mL. A row of `slopes` has for one parameter, of the fast exponential and then of
    the slow, the derivative of that level by its logarithm, and what every day of age takes from that.
    """

    values: Vector
    places: Sequence[int]
    giving: Giving
    system: System
    fast: float
    slow: float
    fast_level: float
    slow_level: float
    slopes: list[Row]

    @classmethod
    def of(cls, values: Vector, places: Sequence[int], giving: Giving) -> Settled:
        """The patient with these parameters; derivatives are by those at `places`."""
        system = system_of(values, places)
        duration, subcutaneous = giving
        if subcutaneous:
            return cls(values, places, giving, system, 0.0, 0.0, 0.0, 0.0, [])
        volume = values[CENTRAL_VOLUME]
        single = len(system.rates) == 1
        fast, slow = system.rates * 2 if single else system.rates
        first, second = (1.0, 0.0) if single else system.weights
        share, slow_share = mean_decay(fast * duration) / volume, mean_decay(slow * duration) / volume
        quick, long = first * share, second * slow_share
        slopes: list[Row] = []
        if places:
            begun = first * duration * mean_decay_slope(fast * duration) / volume
            late = second * duration * mean_decay_slope(slow * duration) / volume
            rows = [(by_rate, 0.0, 0.0) for by_rate, _ in system.slopes] if single else system.slopes
            slopes = [
                (begun * a + share * c, quick * a, late * b - slow_share * c, long * b) for a, b, c in rows
            ]
            if CENTRAL_VOLUME in places:
                own = places.index(CENTRAL_VOLUME)
                a, b, c, d = slopes[own]
                slopes[own] = a - quick, b, c - long, d
        return cls(values, places, giving, system, fast, slow, quick, long, slopes)

    def level(self, interval_days: float) -> float:
        """The level in µg/mL."""
        _, _, (duration, subcutaneous), _, fast, slow, quick, long, _ = self
        if subcutaneous:
            return self.with_slopes(interval_days).value
        pause = interval_days - duration
        return -quick * math.exp(-fast * pause) / math.expm1(-fast * interval_days) - long * math.exp(
            -slow * pause
        ) / math.expm1(-slow * interval_days)

    def with_slopes(self, interval_days: float) -> Amount:
        """The level in µg/mL, and its derivatives by the logarithms of the parameters at `places`."""
        _, _, (duration, subcutaneous), _, fast, slow, quick, long, slopes = self
        if subcutaneous:
            return self._injected(interval_days)
        pause = interval_days - duration
        # geometric series in exp(-rate * interval); each amount left is also weighed by its age
        left, aged = _repeated(fast, pause, interval_days)
        late, late_aged = _repeated(slow, pause, interval_days)
        gradient = [a * left - b * aged + c * late - d * late_aged for a, b, c, d in slopes]
        return Amount(quick * left + long * late, gradient)

    def _injected(self, interval: float) -> Amount:
        contents = [injected(rate, interval, self.values) for rate in self.system.rates]
        amount, slopes = central(self.system, contents, self.places)
        volume = self.values[CENTRAL_VOLUME]
        gradient = [slope / volume for slope in slopes]
        if CENTRAL_VOLUME in self.places:
            gradient[self.places.index(CENTRAL_VOLUME)] -= amount / volume
        return Amount(amount / volume, gradient)


def _repeated(rate: float, pause: float, interval: float) -> tuple[float, float]:
    """The sum of exp(-rate * age), and of age times that, over the ages pause, pause + interval, ..."""
    repeat = -math.expm1(-rate * interval)
    left = math.exp(-rate * pause) / repeat
    return left, left * (pause + interval * (1.0 - repeat) / repeat)


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
