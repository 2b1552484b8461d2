"""What a regimen is predicted to give: median, 80 % interval, and the chance of reaching a level."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import Level, levels
from tdm.pharmacokinetics.estimate import Estimate
from tdm.pharmacokinetics.history import Administration, History
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.likelihood import normal_cdf
from tdm.pharmacokinetics.linear_algebra import dot, times
from tdm.pharmacokinetics.parameters import random_places, typical_parameters
from tdm.pharmacokinetics.settled import settled_trough

Z_80 = 1.2815515655446004
# A shape this close to symmetric on the logarithmic scale is taken as symmetric.
SYMMETRIC = 1e-9


class Plan(NamedTuple):
    """A regimen from its first dose on: `amount_mg` every `interval_days`, each over `duration_days`."""

    first_dose_days: float
    amount_mg: float
    interval_days: float
    subcutaneous: bool
    duration_days: float


@dataclass(frozen=True, slots=True)
class Predicted:
    """A predicted level in µg/mL: the median and the interval that holds it with 80 % probability.

    It counts how far the patient's parameters are known and how clearance changes between occasions; not the
    error of an assay. The three figures fix the whole distribution: with z standard normal the logarithm is
    log(median) + scale * (1 - exp(-skew * z)) / skew, which is what a normal log clearance does to the log of
    a trough, and the plain log-normal distribution without skew.
    """

    median_ug_ml: float
    lower_ug_ml: float
    upper_ug_ml: float

    def probability_at_least(self, level_ug_ml: float) -> float:
        """Chance that the level is at least `level_ug_ml`, from 0 to 1; the distribution is continuous."""
        if level_ug_ml <= 0.0:
            return 1.0
        if self.median_ug_ml <= 0.0:
            return 0.0
        above, below = self._widths()
        apart = math.log(level_ug_ml / self.median_ug_ml)
        skew = math.log(below / above) / Z_80
        if abs(skew) < SYMMETRIC:
            return normal_cdf(-apart * Z_80 / above)
        scale = above * skew / -math.expm1(-skew * Z_80)
        rest = 1.0 - skew * apart / scale
        if rest <= 0.0:
            return 0.0 if skew > 0.0 else 1.0
        return normal_cdf(math.log(rest) / skew)

    def probability_above(self, level_ug_ml: float) -> float:
        """Chance that the level is above `level_ug_ml`, from 0 to 1."""
        return self.probability_at_least(level_ug_ml)

    def _widths(self) -> tuple[float, float]:
        return (
            math.log(self.upper_ug_ml / self.median_ug_ml),
            math.log(self.median_ug_ml / self.lower_ug_ml),
        )


NOTHING = Predicted(0.0, 0.0, 0.0)


def predict_at(estimate: Estimate, history: History, at_days: float) -> Predicted:
    """The level at a moment, from the doses of the history that lie before it."""
    found, typical = laid_out(estimate.model, history, (at_days,))
    places = random_places(estimate.model)
    return _predicted(estimate, lambda eta: levels(found, shifted(typical, places, eta), places)[0])


def predict_trough(estimate: Estimate, history: History, plan: Plan, doses: int | None) -> Predicted:
    """The trough after so many doses of the plan; None: settled, when every interval is like the last.

    The plan takes the place of all doses of the history from its first dose on. A settled trough is that of
    the last covariates.
    """
    return predict_troughs(estimate, history, (plan,), doses)[0]


def predict_troughs(
    estimate: Estimate, history: History, plans: Sequence[Plan], doses: int | None
) -> list[Predicted]:
    """The trough of each plan as in `predict_trough`; settled plans that differ in amount share the work."""
    if doses is not None:
        return [_after(estimate, history, plan, doses) for plan in plans]
    typical = [typical_parameters(estimate.model, history.covariates[-1])]
    places = random_places(estimate.model)
    of_one_mg: dict[tuple[float, float, bool], Predicted] = {}
    answers = []
    for plan in plans:
        interval, duration, subcutaneous = key = plan.interval_days, plan.duration_days, plan.subcutaneous
        if key not in of_one_mg:

            def settled(
                eta: Sequence[float],
                interval: float = interval,
                duration: float = duration,
                subcutaneous: bool = subcutaneous,  # noqa: FBT001 (bound, not passed)
            ) -> Level:
                values = shifted(typical, places, eta)[0]
                return settled_trough(values, places, interval, duration, subcutaneous=subcutaneous)

            of_one_mg[key] = _predicted(estimate, settled)
        one, amount = of_one_mg[key], plan.amount_mg
        answers.append(
            Predicted(one.median_ug_ml * amount, one.lower_ug_ml * amount, one.upper_ug_ml * amount)
        )
    return answers


def _after(estimate: Estimate, history: History, plan: Plan, doses: int) -> Predicted:
    """The trough after a number of doses that follow what was given before."""
    before = [one for one in history.administrations if one.at_days < plan.first_dose_days]
    planned = [
        Administration(
            plan.first_dose_days + number * plan.interval_days,
            plan.amount_mg,
            plan.duration_days,
            plan.subcutaneous,
        )
        for number in range(doses)
    ]
    whole = History((*before, *planned), history.covariates)
    return predict_at(estimate, whole, plan.first_dose_days + doses * plan.interval_days)


def _predicted(estimate: Estimate, level_of: Callable[[Sequence[float]], Level]) -> Predicted:
    """The distribution of a level: followed along the direction in which the uncertainty moves it most.

    To first order the level's logarithm moves along covariance * slope; the level is computed anew at the
    80 % points of that direction, which keeps the skew that a linear rule would lose.
    """
    value, gradient = level_of(estimate.eta)
    if value <= 0.0:
        return NOTHING
    slope = [part / value for part in gradient]
    direction = times(estimate.covariance, slope)
    direction[0] += estimate.model.iov_cl * slope[0]
    spread = math.sqrt(dot(direction, slope))
    if spread == 0.0:
        return Predicted(value, value, value)
    step = [Z_80 * part / spread for part in direction]
    upper = level_of([eta + part for eta, part in zip(estimate.eta, step, strict=True)]).value_ug_ml
    lower = level_of([eta - part for eta, part in zip(estimate.eta, step, strict=True)]).value_ug_ml
    if not 0.0 < lower < value < upper:
        factor = math.exp(Z_80 * spread)
        lower, upper = value / factor, value * factor
    return Predicted(value, lower, upper)
