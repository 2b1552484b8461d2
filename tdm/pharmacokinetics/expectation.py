"""What a model expects of a level before seeing any: the range that tells a surprise from a mistake."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import Levels
from tdm.pharmacokinetics.history import Sample
from tdm.pharmacokinetics.likelihood import Observed, spread_of
from tdm.pharmacokinetics.model import PkModel

Z_99 = 2.5758293035489004
# The published normal errors of 40 % and more allow a level of nothing, whatever was given. A level under
# this share of what its patient should have is called a surprise all the same: a convention of ours.
LEAST_SHARE = 0.05
# Decades after the last dose patients differ by more powers of e than a float can hold: cut off here.
WIDEST = 700.0


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
    between = [model.iov_cl * slope * slope for slope in prior.columns[0]]
    for place, (row, left) in enumerate(zip(model.omega, prior.columns, strict=True)):
        for other in range(place + 1):
            covariance = row[other] if other == place else 2.0 * row[other]  # symmetric
            if covariance:
                products = map(mul, left, prior.columns[other])
                between = [
                    known + covariance * product for known, product in zip(between, products, strict=True)
                ]
    reach = Z_99 * math.sqrt(model.omega[0][0] + model.iov_cl)
    lengthened = math.expm1(reach) / reach
    residual = spread_of(model.residual)
    return tuple(
        [
            _expected(value, variance, residual.variance(value), lengthened)
            for value, variance in zip(prior.values, between, strict=True)
        ]
    )


def _expected(value: float, between: float, within: float, lengthened: float) -> Expected:
    """The range from the variances between patients and of one level, both in (µg/mL)².

    A trough falls the faster the higher clearance is, which makes the lower side longer: `lengthened` is by
    how much at the clearance of one in 99 patients. The upper side is not made shorter for it.
    """
    if value <= 0.0:
        return NOTHING
    patients, error = Z_99 * math.sqrt(between) / value, Z_99 * math.sqrt(within) / value
    below = math.hypot(patients * lengthened, math.log(max(1.0 - error, LEAST_SHARE)))
    above = min(math.hypot(patients, math.log1p(error)), WIDEST)
    return Expected(value, value * math.exp(-below), value * math.exp(above))
