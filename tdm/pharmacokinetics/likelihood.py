"""What one level says about the prediction for it: -2 log likelihood, with slope and curvature."""

from __future__ import annotations

import math
from typing import NamedTuple

from tdm.pharmacokinetics.history import Sample
from tdm.pharmacokinetics.model import Combination, Residual

# A model without additive error would call a level of 0 impossible: no assay is that exact, in (µg/mL)².
LEAST_VARIANCE = 1e-6
# Beyond this many standard deviations the normal distribution is its own tail formula, to 3 digits and more.
TAIL = -25.0
_ROOT_TWO = math.sqrt(2.0)
_LOG_ROOT_TWO_PI = 0.5 * math.log(2.0 * math.pi)


class Cost(NamedTuple):
    """-2 log likelihood without its constant, its derivative by the prediction, and a curvature >= 0."""

    value: float
    slope: float
    curvature: float


def normal_cdf(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / _ROOT_TWO)


def residual_variance(residual: Residual, prediction: float, occasion_cv: float) -> tuple[float, float]:
    """Variance of a level about its prediction in (µg/mL)², and its derivative by the prediction.

    `occasion_cv` is the coefficient of variation that clearance's change between occasions adds.
    """
    relative, additive, combination, _ = residual
    variance = (relative * relative + occasion_cv * occasion_cv) * prediction * prediction
    slope = 2.0 * (relative * relative + occasion_cv * occasion_cv) * prediction
    if combination is Combination.SD_SUM:
        variance += 2.0 * relative * additive * prediction
        slope += 2.0 * relative * additive
    return variance + additive * additive + LEAST_VARIANCE, slope


def cost(sample: Sample, prediction: float, variance: float, slope: float) -> Cost:
    """The cost of one sample; one below quantification by the probability of being below (M3)."""
    if sample.below:
        return censored(sample.value_ug_ml, prediction, variance, slope)
    apart = prediction - sample.value_ug_ml
    relative = slope / variance
    square = apart * apart / variance
    value = math.log(variance) + square
    by_prediction = relative + 2.0 * apart / variance - square * relative
    # What is to be expected of the curvature: always positive, unlike the second derivative itself.
    return Cost(value, by_prediction, 2.0 / variance + relative * relative)


def censored(limit: float, prediction: float, variance: float, slope: float) -> Cost:
    """-2 log of the probability that a level lies below `limit`."""
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
    return Cost(-2.0 * log_below, -2.0 * hazard * d_z, 2.0 * hazard * max(hazard + z, 0.0) * d_z * d_z)
