"""What one level says about the prediction for it: -2 log likelihood, with slope and curvature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.model import Combination, Residual

# A model without additive error would call a level of 0 impossible: no assay is that exact, in (µg/mL)².
LEAST_VARIANCE = 1e-6
# Beyond this many standard deviations the normal distribution is its own tail formula, to 3 digits and more.
TAIL = -25.0
_ROOT_TWO = math.sqrt(2.0)
_LOG_ROOT_TWO_PI = 0.5 * math.log(2.0 * math.pi)


class Spread(NamedTuple):
    """Variance of a level about its prediction f, in (µg/mL)²: quadratic * f² + linear * f + constant."""

    quadratic: float
    linear: float
    constant: float

    def variance(self, prediction: float) -> float:
        """The variance about one prediction."""
        return (self.quadratic * prediction + self.linear) * prediction + self.constant


def spread_of(residual: Residual) -> Spread:
    """The residual error of a model."""
    relative, additive, combination, _ = residual
    both = 2.0 * relative * additive if combination is Combination.SD_SUM else 0.0
    return Spread(relative * relative, both, additive * additive + LEAST_VARIANCE)


class Observed(NamedTuple):
    """A sample as the objective sees it: level and censoring, and how it spreads about its prediction."""

    level_ug_ml: float
    below: bool
    quadratic: float
    linear: float
    constant: float


Cost = tuple[float, float, float]
"""-2 log likelihood without its constant, its derivative by the prediction, and a curvature above 0."""


class Costs(NamedTuple):
    """The same of several samples: the sum of the values, and of each the derivative and the curvature."""

    value: float
    slopes: list[float]
    curvatures: list[float]


def costs(samples: Sequence[Observed], predictions: Sequence[float]) -> Costs:
    """The cost of the samples; of one below quantification by the probability of being below (M3).

    The curvature is that in the logarithm of the prediction, but at least half of what is to be expected:
    the second derivative itself may be negative.
    """
    total = 0.0
    slopes: list[float] = []
    curvatures: list[float] = []
    for (level, below, quadratic, linear, constant), prediction in zip(samples, predictions, strict=True):
        variance = (quadratic * prediction + linear) * prediction + constant
        slope = 2.0 * quadratic * prediction + linear
        if below:
            value, by_prediction, curvature = censored(level, prediction, variance, slope)
        else:
            apart = prediction - level
            relative, twice = slope / variance, 2.0 * apart / variance
            square = 0.5 * apart * twice
            value = math.log(variance) + square
            by_prediction = relative * (1.0 - square) + twice
            expected = 2.0 / variance + relative * relative
            curvature = expected
            if prediction > 0.0:
                curvature = max(
                    0.5 * expected,
                    2.0 * ((1.0 - square) * quadratic + 1.0) / variance
                    + (relative * (2.0 * square - 1.0) - 2.0 * twice) * relative
                    + by_prediction / prediction,
                )
        total += value
        slopes.append(by_prediction)
        curvatures.append(curvature)
    return Costs(total, slopes, curvatures)


Way = tuple[float, float, float]
"""How a prediction goes along a line: its value at position 0, and its logarithm's slope and bend there."""


# So many variances are multiplied before a logarithm is taken: few enough for their product to stay a number.
AT_ONCE = 16


def deviances(samples: Sequence[tuple[Observed, Way]], positions: Sequence[float]) -> list[float]:
    """-2 log likelihood of all samples at several positions of a line."""
    exp = math.exp
    found = [0.0] * len(positions)
    for first in range(0, len(samples), AT_ONCE):
        rows = [(*observed, *way) for observed, way in samples[first : first + AT_ONCE]]
        for place, position in enumerate(positions):
            total, product = 0.0, 1.0
            for level, below, quadratic, linear, constant, start, slope, bend in rows:
                prediction = start * exp(position * (slope + position * bend))
                variance = (quadratic * prediction + linear) * prediction + constant
                if below:
                    total += censored(level, prediction, variance, 0.0)[0]
                else:
                    apart = prediction - level
                    total += apart * apart / variance
                    product *= variance
            found[place] += total + math.log(product)
    return found


def censored(limit: float, prediction: float, variance: float, slope: float) -> Cost:
    """-2 log of the probability that a level lies below `limit`; the curvature is Gauss-Newton's."""
    deviation = math.sqrt(variance)
    z = (limit - prediction) / deviation
    if z > TAIL:
        below = normal_cdf(z)
        log_below = math.log(below)
        hazard = math.exp(-0.5 * z * z - _LOG_ROOT_TWO_PI) / below
    else:
        log_below = -0.5 * z * z - _LOG_ROOT_TWO_PI - math.log(-z)
        hazard = -z - 1.0 / z
    d_z = -1.0 / deviation - 0.5 * z * slope / variance
    return -2.0 * log_below, -2.0 * hazard * d_z, 2.0 * hazard * max(hazard + z, 0.0) * d_z * d_z


def normal_cdf(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / _ROOT_TWO)
