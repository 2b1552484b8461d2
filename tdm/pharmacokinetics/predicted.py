"""A predicted level as a distribution: median, 80 % interval, and the chance of reaching a level."""

from __future__ import annotations

import math
from typing import NamedTuple

from tdm.pharmacokinetics.posterior import Z_80

# A shape this close to symmetric on the logarithmic scale is taken as symmetric.
SYMMETRIC = 1e-9
# The normal distribution function of z is erfc(-z * _ROOT_HALF) / 2.
_ROOT_HALF = math.sqrt(0.5)


class Predicted(NamedTuple):
    """A predicted level in µg/mL: the median and the interval that holds it with 80 % probability.

    It counts how far the patient's parameters are known and how clearance changes between occasions; not the
    error of an assay. With z standard normal, the logarithm of the level is log(median) plus
    scale * (1 - exp(-skew * z)) / skew: what a normal logarithm of clearance does to that of a trough, and
    the plain log-normal distribution without skew.
    """

    median_ug_ml: float
    lower_ug_ml: float
    upper_ug_ml: float
    scale: float
    skew: float

    def probability_at_least(self, level_ug_ml: float) -> float:
        """Chance that the level is at least `level_ug_ml`, from 0 to 1; the distribution is continuous."""
        median, _, _, scale, skew = self
        if level_ug_ml <= 0.0:
            return 1.0
        if median <= 0.0:
            return 0.0
        apart = math.log(level_ug_ml / median)
        if scale <= 0.0:
            return 1.0 if apart <= 0.0 else 0.0
        if -SYMMETRIC < skew < SYMMETRIC:
            return 0.5 * math.erfc(_ROOT_HALF * apart / scale)
        rest = 1.0 - skew * apart / scale
        if rest <= 0.0:  # beyond where the distribution ends: above for a positive skew, else below
            return 0.0 if skew > 0.0 else 1.0
        return 0.5 * math.erfc(-_ROOT_HALF * math.log(rest) / skew)

    def probability_above(self, level_ug_ml: float) -> float:
        """Chance that the level is above `level_ug_ml`, from 0 to 1."""
        return self.probability_at_least(level_ug_ml)

    def of_amount(self, amount_mg: float) -> Predicted:
        """The same for another dose, where this one is for 1 mg: levels are proportional to the dose."""
        median, lower, upper, scale, skew = self
        return Predicted(median * amount_mg, lower * amount_mg, upper * amount_mg, scale, skew)


NOTHING = Predicted(0.0, 0.0, 0.0, 0.0, 0.0)


def spread_about(median: float, below: float, above: float) -> Predicted:
    """The distribution whose 80 % interval reaches `below` and `above` from the median on the log scale."""
    lower, upper = median * math.exp(-below), median * math.exp(above)
    if not (below > 0.0 and above > 0.0):
        return Predicted(median, lower, upper, 0.0, 0.0)
    skew = math.log(below / above) / Z_80
    scale = above / Z_80 if abs(skew) < SYMMETRIC else -above * skew / math.expm1(-skew * Z_80)
    return Predicted(median, lower, upper, scale, skew)
