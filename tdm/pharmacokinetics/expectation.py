"""What a model expects of a level before seeing any: the range that tells a surprise from a mistake."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import Levels
from tdm.pharmacokinetics.history import Sample
from tdm.pharmacokinetics.likelihood import Observed, spread_of
from tdm.pharmacokinetics.model import Parameter, PkModel

Z_99 = 2.5758293035489004
# The published normal errors of 40 % and more allow a level of nothing, whatever was given. A level under
# this share of what its patient should have is called a surprise all the same: a convention of ours.
LEAST_SHARE = 0.05
# Decades after the last dose patients differ by more powers of e than a float can hold: cut off here.
WIDEST = 700.0
# So is what would be too large when squared: the way of a single parameter, and the relative error.
LONGEST = 300.0
LARGEST = 1e100


class Expected(NamedTuple):
    """Of one sample: the model's median and the range that holds 99 of 100 patients' levels, in µg/mL.

    It counts differences between patients, between occasions, and the residual error. Both ends are 0 where
    no drug can be there.
    """

    median_ug_ml: float
    lower_ug_ml: float
    upper_ug_ml: float

    def disagrees(self, sample: Sample) -> bool:
        """Whether the sample lies beyond the range; one below quantification if all of the range is above."""
        if sample.below:
            return sample.value_ug_ml <= self.lower_ug_ml
        return not self.lower_ug_ml <= sample.value_ug_ml <= self.upper_ug_ml


NOTHING = Expected(0.0, 0.0, 0.0)


def observations(model: PkModel, samples: Sequence[Sample], prior: Levels) -> list[Observed]:
    """Each sample with its spread: the residual error, and clearance's change between occasions.

    The latter changes a level as it changes that of the typical patient, `prior`.
    """
    quadratic, linear, constant = spread_of(model.residual)
    return [
        Observed(
            sample.value_ug_ml,
            sample.below,
            quadratic + model.iov_cl * (slope / value) * (slope / value) if value > 0.0 else quadratic,
            linear,
            constant,
        )
        for sample, value, slope in zip(samples, prior.values, prior.columns[0], strict=True)
    ]


def expectations(model: PkModel, prior: Levels) -> tuple[Expected, ...]:
    """The range about each level of a typical patient, of patients, occasions and residual error together."""
    variances = [row[place] for place, row in enumerate(model.omega)]
    variances[0] += model.iov_cl
    together = [
        (place, other, 2.0 * row[other])
        for place, row in enumerate(model.omega)
        for other in range(place)
        if row[other]
    ]
    between = Between(variances, together)
    even = [EVEN.get(parameter, 0.0) for parameter in model.random]
    residual = spread_of(model.residual)
    return tuple(
        [
            _expected(value, [slope / value for slope in slopes], between, even, residual.variance(value))
            if value > 0.0
            else NOTHING
            for value, *slopes in zip(prior.values, *prior.columns, strict=True)
        ]
    )


class Between(NamedTuple):
    """The variances of the random parameters, and twice their covariances where there are any."""

    variances: Sequence[float]
    together: Sequence[tuple[int, int, float]]

    def variance(self, slopes: Sequence[float]) -> float:
        """The variance of what has these slopes by the parameters."""
        variances, together = self
        total: float = sum(map(mul, variances, map(mul, slopes, slopes)))
        for place, other, twice in together:
            total += twice * slopes[place] * slopes[other]
        return max(total, 0.0)


# By how much the logarithm of a level changes with that of the parameter for reasons of scale alone.
EVEN = {Parameter.CENTRAL_VOLUME: -1.0, Parameter.BIOAVAILABILITY: 1.0}


def _expected(
    value: float, slopes: Sequence[float], between: Between, even: Sequence[float], within: float
) -> Expected:
    """The range of one level; `slopes` are those of its logarithm by each random parameter.

    A normal deviate leads to either end, shared out between parameters and error as their variances are. A
    level falls the faster the higher clearance is, exponentially: slopes grow on the way down and shrink on
    the way up. What only scales a level, as the volume that a dose is put into, does so evenly. Checked by
    simulation: on either side 0.2 to 1.5 % lie outside.
    """
    error = min(Z_99 * math.sqrt(within) / value, LARGEST)
    whole = math.hypot(Z_99 * math.sqrt(between.variance(slopes)), error)  # some error there always is
    down, up = [], []
    for slope, scale, variance in zip(slopes, even, between.variances, strict=True):
        bent = slope - scale
        way = min(Z_99 * Z_99 * variance * abs(slope) / whole, LONGEST)
        steeper, flatter = (math.expm1(way) / way, -math.expm1(-way) / way) if way else (1.0, 1.0)
        down.append(bent * steeper + scale)
        up.append(bent * flatter + scale)
    share = error / whole
    below = math.hypot(Z_99 * math.sqrt(between.variance(down)), math.log(max(1.0 - error, LEAST_SHARE)))
    above = math.hypot(Z_99 * math.sqrt(between.variance(up)), math.log1p(error * share) / share)
    return Expected(value, value * math.exp(-min(below, WIDEST)), value * math.exp(min(above, WIDEST)))
