"""What a regimen is predicted to give: at any moment, after some doses, or when settled.

The level is computed at three points of the line along which a trough is least certain (`posterior`). That
keeps the skew which a linear rule would lose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.estimate import Estimate
from tdm.pharmacokinetics.history import Administration, Covariates, History
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.linear_algebra import dot, times
from tdm.pharmacokinetics.parameters import typical_parameters
from tdm.pharmacokinetics.posterior import Z_80
from tdm.pharmacokinetics.predicted import NOTHING, Predicted, spread_about
from tdm.pharmacokinetics.settled import Giving, Settled


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
    places = estimate.places
    line, eta = estimate.line, estimate.eta

    def at(position: float) -> float:
        return levels(found, shifted(typical, places, line.at(eta, position)), ()).values[0]

    def beside(side: float) -> float:
        there = line.at(eta, line.median, side)
        return levels(found, shifted(typical, places, there), ()).values[0]

    values, columns = levels(found, shifted(typical, places, line.at(eta, line.median)), places)
    middle = values[0], [column[0] for column in columns]
    sides = (beside(-1.0), beside(1.0)) if line.across else ()
    return _predicted(estimate, at(line.lower), middle, at(line.upper), sides)


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
    patients: dict[Giving, list[Settled]] = {}
    of_one_mg: dict[tuple[float, float, bool], Predicted] = {}
    answers = []
    for _, amount, interval, subcutaneous, duration in plans:
        given = interval, duration, subcutaneous
        one = of_one_mg.get(given)
        if one is None:
            giving = Giving(duration, subcutaneous)
            if giving not in patients:
                patients[giving] = _patients(estimate, history.covariates[-1], giving)
            one = of_one_mg[given] = _settled(estimate, patients[giving], interval)
        answers.append(one.of_amount(amount))
    return answers


def _settled(estimate: Estimate, patients: Sequence[Settled], interval: float) -> Predicted:
    """The settled trough of 1 mg."""
    low, middle, high, *beside = patients
    return _predicted(
        estimate,
        low.level(interval),
        middle.with_slopes(interval),
        high.level(interval),
        [other.level(interval) for other in beside],
    )


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


def _patients(estimate: Estimate, covariates: Covariates, giving: Giving) -> list[Settled]:
    """The patient at the 10th, 50th and 90th percentile of the line, and on both sides of its middle.

    Only the one in the middle knows its slopes.
    """
    typical = estimate.typical
    if covariates != estimate.covariates:
        typical = typical_parameters(estimate.model, covariates)
    line, places, eta = estimate.line, estimate.places, estimate.eta
    positions = [(line.lower, 0.0), (line.median, 0.0), (line.upper, 0.0)]
    if line.across:
        positions += [(line.median, -1.0), (line.median, 1.0)]
    low, middle, *others = (
        shifted((typical,), places, line.at(eta, position, side))[0] for position, side in positions
    )
    return [
        Settled.of(low, (), giving),
        Settled.of(middle, places, giving),
        *(Settled.of(values, (), giving) for values in others),
    ]


def _predicted(
    estimate: Estimate,
    lower: float,
    middle: tuple[float, Sequence[float]],
    upper: float,
    beside: Sequence[float],
) -> Predicted:
    """The distribution of a level from three points of the line, and what moves it across the line.

    What the line does not hold is added to both sides: the other parameters to first order, the change of
    clearance between occasions, and how the level bends `beside` the line. Of a pure parabola the bend's
    variance would be half its square; a level levels off, and a quarter is what simulations bear out.
    """
    value, slopes = middle
    if value <= 0.0:
        return NOTHING
    relative = [slope / value for slope in slopes]  # first of all: the square of a tiny level is nothing
    along = dot(relative, estimate.line.direction)
    whole = dot(times(estimate.covariance, relative), relative)
    apart = estimate.model.iov_cl * relative[0] * relative[0]
    if beside and min(beside) > 0.0:
        bend = math.log(beside[0] / value) + math.log(beside[1] / value)
        apart += 0.25 * bend * bend
    if not 0.0 < lower < value < upper:  # the level turns on the line: to first order only
        half = Z_80 * math.sqrt(whole + apart)
        return spread_about(value, half, half)
    more = Z_80 * Z_80 * (max(whole - along * along, 0.0) + apart)
    below, above = math.log(value / lower), math.log(upper / value)
    return spread_about(value, math.sqrt(below * below + more), math.sqrt(above * above + more))
