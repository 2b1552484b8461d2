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


def spread_of(residual: Residual, occasion_cv: float) -> Spread:
    """The residual error of a model, with what clearance's change between occasions adds to a level."""
    relative, additive, combination, _ = residual
    both = 2.0 * relative * additive if combination is Combination.SD_SUM else 0.0
    return Spread(relative * relative + occasion_cv * occasion_cv, both, additive * additive + LEAST_VARIANCE)


class Observed(NamedTuple):
    """A sample as the objective sees it: level and censoring, and how it spreads about its prediction."""

    level_ug_ml: float
    below: bool
    quadratic: float
    linear: float
    constant: float


Cost = tuple[float, float, float]
"""-2 log likelihood without its constant, its derivative by the prediction, and a curvature above 0."""


def cost(observed: Observed, prediction: float) -> Cost:
    """The cost of one sample; one below quantification by the probability of being below (M3).

    The curvature is that in the logarithm of the prediction, but at least half of what is to be expected:
    the second derivative itself may be negative.
    """
    level, below, quadratic, linear, constant = observed
    variance = (quadratic * prediction + linear) * prediction + constant
    slope = 2.0 * quadratic * prediction + linear
    if below:
        return censored(level, prediction, variance, slope)
    apart = prediction - level
    relative = slope / variance
    twice = 2.0 * apart / variance
    square = 0.5 * apart * twice
    by_prediction = relative * (1.0 - square) + twice
    expected = 2.0 / variance + relative * relative
    value = math.log(variance) + square
    if prediction <= 0.0:
        return value, by_prediction, expected
    curvature = (
        2.0 * ((1.0 - square) * quadratic + 1.0) / variance
        + (relative * (2.0 * square - 1.0) - 2.0 * twice) * relative
        + by_prediction / prediction
    )
    return value, by_prediction, max(0.5 * expected, curvature)


def deviances(observed: Observed, logs: Sequence[float]) -> list[float]:
    """-2 log likelihood of one sample under several predictions, given by their logarithms."""
    level, below, quadratic, linear, constant = observed
    predictions = map(math.exp, logs)
    if below:
        return [cost(observed, prediction)[0] for prediction in predictions]
    return [
        math.log(variance := (quadratic * prediction + linear) * prediction + constant)
        + (prediction - level) * (prediction - level) / variance
        for prediction in predictions
    ]


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
