"""What a model expects of a level before seeing any: the range that tells a surprise from a mistake."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import Levels
from tdm.pharmacokinetics.history import Sample
from tdm.pharmacokinetics.likelihood import Spread
from tdm.pharmacokinetics.model import PkModel

Z_99 = 2.5758293035489004


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


def expectations(model: PkModel, prior: Levels, spreads: Sequence[Spread]) -> tuple[Expected, ...]:
    """The range about each level of a typical patient; the residual error is taken as log-normal."""
    between = [0.0] * len(prior.values)
    for row, left in zip(model.omega, prior.columns, strict=True):
        for covariance, right in zip(row, prior.columns, strict=True):
            if covariance:
                between = [
                    known + covariance * one * other
                    for known, one, other in zip(between, left, right, strict=True)
                ]
    return tuple(map(_expected, prior.values, between, spreads))


def _expected(value: float, between: float, spread: Spread) -> Expected:
    if value <= 0.0:
        return NOTHING
    square = value * value
    factor = math.exp(Z_99 * math.sqrt(between / square + math.log1p(spread.variance(value) / square)))
    return Expected(value, value / factor, value * factor)
