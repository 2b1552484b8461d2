"""What a regimen is predicted to give: at any moment, after some doses, or when settled.

The level's logarithm moves most along one direction in the parameters, covariance * slope. It is computed anew
at the 80 % points of a direction, which keeps the skew that a linear rule would lose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.estimate import Estimate
from tdm.pharmacokinetics.history import Administration, History
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.linear_algebra import dot, times
from tdm.pharmacokinetics.parameters import random_places, typical_parameters
from tdm.pharmacokinetics.predicted import NOTHING, Z_80, Predicted, spread_about
from tdm.pharmacokinetics.settled import Giving, Settled

# Settled troughs are followed in the direction of a usual interval, by route; what the trough of another
# interval varies across it is added to first order.
USUAL_INTERVAL_DAYS = {False: 56.0, True: 14.0}


class Plan(NamedTuple):
    """A regimen from its first dose on: `amount_mg` every `interval_days`, each over `duration_days`."""

    first_dose_days: float
    amount_mg: float
    interval_days: float
    subcutaneous: bool
    duration_days: float


def predict_at(estimate: Estimate, history: History, at_days: float) -> Predicted:
    """The level at a moment, from the doses of the history that lie before it."""
    found, typical = laid_out(estimate.model, history, (at_days,))
    places = random_places(estimate.model)

    def at(eta: Sequence[float]) -> tuple[float, list[float]]:
        values, columns = levels(found, shifted(typical, places, eta), places)
        return values[0], [column[0] for column in columns]

    value, slopes = at(estimate.eta)
    if value <= 0.0:
        return NOTHING
    step, deviation = _direction(estimate, [slope / value for slope in slopes])
    upper, _ = at([eta + part for eta, part in zip(estimate.eta, step, strict=True)])
    lower, _ = at([eta - part for eta, part in zip(estimate.eta, step, strict=True)])
    return _between(value, lower, upper, deviation, 0.0)


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
    axes: dict[Giving, Axis] = {}
    of_one_mg: dict[tuple[Giving, float], Predicted] = {}
    answers = []
    for _, amount, interval, subcutaneous, duration in plans:
        giving = Giving(duration, subcutaneous)
        one = of_one_mg.get((giving, interval))
        if one is None:
            if giving not in axes:
                axes[giving] = _axis(estimate, history, giving)
            one = of_one_mg[giving, interval] = _settled(estimate, axes[giving], interval)
        answers.append(one.of_amount(amount))
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


class Axis(NamedTuple):
    """A patient at the estimate and at the two 80 % points of one direction, `step` from it."""

    centre: Settled
    lower: Settled
    upper: Settled
    step: list[float]


def _axis(estimate: Estimate, history: History, giving: Giving) -> Axis:
    """The direction in which the settled trough of a usual interval is least certain."""
    typical = [typical_parameters(estimate.model, history.covariates[-1])]
    places = random_places(estimate.model)
    centre = Settled.of(shifted(typical, places, estimate.eta)[0], places, giving)
    value, slopes = centre.with_slopes(USUAL_INTERVAL_DAYS[giving.subcutaneous])
    step, _ = _direction(estimate, [slope / value for slope in slopes])
    lower = shifted(typical, places, [eta - part for eta, part in zip(estimate.eta, step, strict=True)])
    upper = shifted(typical, places, [eta + part for eta, part in zip(estimate.eta, step, strict=True)])
    return Axis(centre, Settled.of(lower[0], (), giving), Settled.of(upper[0], (), giving), step)


def _settled(estimate: Estimate, axis: Axis, interval: float) -> Predicted:
    """The settled trough of 1 mg."""
    value, slopes = axis.centre.with_slopes(interval)
    relative = [slope / value for slope in slopes]
    along = dot(relative, axis.step) / Z_80
    _, deviation = _direction(estimate, relative)
    across = max(deviation * deviation - along * along, 0.0)
    return _between(value, axis.lower.level(interval), axis.upper.level(interval), deviation, across)


def _direction(estimate: Estimate, relative: Sequence[float]) -> tuple[list[float], float]:
    """The 80 % step along which a level with these relative slopes is least certain, and its log's deviation."""
    direction = times(estimate.covariance, relative)
    direction[0] += estimate.model.iov_cl * relative[0]
    deviation = math.sqrt(dot(direction, relative))
    if deviation == 0.0:
        return direction, 0.0
    return [Z_80 * part / deviation for part in direction], deviation


def _between(value: float, lower: float, upper: float, deviation: float, across: float) -> Predicted:
    """The distribution by its 80 % points along a direction, and the variance across it."""
    if not 0.0 < lower < value < upper:  # the level turns within the interval: to first order only
        return spread_about(value, Z_80 * deviation, Z_80 * deviation)
    more = Z_80 * Z_80 * across
    below, above = math.log(value / lower), math.log(upper / value)
    return spread_about(value, math.sqrt(below * below + more), math.sqrt(above * above + more))
