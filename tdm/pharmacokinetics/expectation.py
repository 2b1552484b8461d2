"""What a model expects of a level before seeing any: the range that tells a surprise from a mistake."""

from __future__ import annotations

import math
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import Levels
from tdm.pharmacokinetics.history import Sample
from tdm.pharmacokinetics.likelihood import spread_of
from tdm.pharmacokinetics.model import PkModel

Z_99 = 2.5758293035489004
# The published normal errors of 40 % and more allow a level of nothing, whatever was given. A level under
# this share of what its patient should have is called a surprise all the same: a convention of ours.
LEAST_SHARE = 0.05


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


def occasion_cv(model: PkModel, value: float, by_clearance: float) -> float:
    """The coefficient of variation that clearance's change between occasions gives a level.

    `by_clearance` is the level's derivative by log clearance.
    """
    if model.iov_cl == 0.0 or value <= 0.0:
        return 0.0
    return math.sqrt(model.iov_cl) * abs(by_clearance) / value


def expectations(model: PkModel, prior: Levels) -> tuple[Expected, ...]:
    """The range about each level of a typical patient, of patients, occasions and residual error together."""
    between = [model.iov_cl * slope * slope for slope in prior.columns[0]]
    for row, left in zip(model.omega, prior.columns, strict=True):
        for covariance, right in zip(row, prior.columns, strict=True):
            if covariance:
                between = [
                    known + covariance * one * other
                    for known, one, other in zip(between, left, right, strict=True)
                ]
    reach = Z_99 * math.sqrt(model.omega[0][0] + model.iov_cl)
    residual = spread_of(model.residual, 0.0)
    return tuple(
        _expected(value, variance, residual.variance(value), reach)
        for value, variance in zip(prior.values, between, strict=True)
    )


def _expected(value: float, between: float, within: float, reach: float) -> Expected:
    """The range from the variances between patients and of one level, both in (µg/mL)².

    `reach` is how far the logarithm of clearance goes among 99 patients. A trough falls the faster the higher
    clearance is, which makes the lower side the longer. The upper side is not made shorter for it.
    """
    if value <= 0.0:
        return NOTHING
    patients = Z_99 * math.sqrt(between) / value
    error = Z_99 * math.sqrt(within) / value
    below = math.hypot(patients * math.expm1(reach) / reach, math.log(max(1.0 - error, LEAST_SHARE)))
    above = math.hypot(patients, math.log1p(error))
    return Expected(value, value * math.exp(-below), value * math.exp(above))
