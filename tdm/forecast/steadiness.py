"""Whether the levels of one course agree on how fast the drug is cleared, and what to do where they do not.

A model has one clearance for all levels of a patient. Falling troughs of one regimen say that it has changed:
that is what losing the drug looks like, and an average with better days would promise too much.
"""

from __future__ import annotations

from math import hypot, log, log1p, sqrt

from tdm.pharmacokinetics.estimate import Estimate
from tdm.pharmacokinetics.history import History
from tdm.pharmacokinetics.likelihood import spread_of
from tdm.pharmacokinetics.posterior import Z_80
from tdm.pharmacokinetics.prediction import predict_at

Z_90 = 1.6448536269514722
# A fit further than this from the newest level, as a factor, answers something else than was measured,
# whatever error a model allows an assay. A convention of ours.
FARTHEST = 2.5
# The median of a fit is never so far from its most likely value that this share of the way could deceive.
NEAR = 0.5


def contradicts(estimate: Estimate, history: History) -> bool:
    """Whether the fit does not explain the newest level.

    So it is where the level lies outside the 90 % range that the fit leaves it, which counts what is not
    known of the patient, the change between occasions and the residual error, all on the logarithm of the
    level; where it is further away than any answer may be from what was measured; and where the levels have
    two explanations, of which the fit is only one.
    """
    if estimate.ambiguous:
        return True
    newest, fitted = history.samples[-1], estimate.fitted_ug_ml[-1]
    spread = spread_of(estimate.model.residual)
    if fitted > 0.0 and not newest.below:
        # most levels lie well within the residual error of their fit, and need no range
        near = Z_90 * sqrt(log1p(spread.variance(fitted) / (fitted * fitted)))
        if abs(log(newest.value_ug_ml / fitted)) < NEAR * min(near, log(FARTHEST)):
            return False
    expected = predict_at(estimate, history, newest.at_days)
    median = expected.median_ug_ml
    if median <= 0.0 or expected.lower_ug_ml <= 0.0:
        return False
    above = newest.value_ug_ml > median
    if newest.below and above:
        return False
    width = log(expected.upper_ug_ml / median) if above else log(median / expected.lower_ug_ml)
    residual = spread.variance(median) / (median * median)
    reach = Z_90 * hypot(width / Z_80, sqrt(log1p(residual)))
    if not newest.below:  # of one below a limit nobody knows how far below
        reach = min(reach, log(FARTHEST))
    return abs(log(newest.value_ug_ml / median)) > reach
