"""The individual estimate: maximum a posteriori parameters from levels, with the curvature about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.expectation import Expected, expectations, observations
from tdm.pharmacokinetics.history import Covariates, History
from tdm.pharmacokinetics.individual import shifted
from tdm.pharmacokinetics.layout import Stretch, stretches
from tdm.pharmacokinetics.linear_algebra import dot, inverse, times
from tdm.pharmacokinetics.minimum import minimum
from tdm.pharmacokinetics.model import PkModel
from tdm.pharmacokinetics.objective import Point, Task, weighed
from tdm.pharmacokinetics.parameters import Vector, random_places, typical_parameters
from tdm.pharmacokinetics.posterior import Line, followed, normal_line
from tdm.pharmacokinetics.settled import Giving, Settled

# By route (subcutaneous or not): a usual way of giving the drug, and a usual interval in days.
USUAL = {
    False: (Giving(1 / 12, subcutaneous=False), 56.0),
    True: (Giving(0.0, subcutaneous=True), 14.0),
}

# By how much the objective should rise to the typical patient, by the curvature, for the two to be far apart
# (3.5 standard deviations), and how many times more than it does. Where both are so, intervals that should
# hold 80 % of an exact posterior held 27 to 70 % of it.
FAR = 12.0
AS_PROMISED = 5.0
# By so much, a typical patient explains the levels twenty times less well: no second explanation.
UNLIKELY = 6.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one model makes of one history.

    `places` are those of the random parameters, `covariates` the last of the history and `typical` the
    parameters of a typical patient with these. `eta` are the deviations from the typical patient,
    `covariance` how far they are known: from the curvature of the objective, or the population's variances
    where there is no sample (`individual` is False then).
    `line` leads through the estimate in the direction in which a trough is least certain, with what the
    objective says about it beyond the curvature. `fitted_ug_ml` and `a_priori` follow the order of the
    history's samples. `objective` and the curvature are those of the last place looked at; `eta` is one short
    step further, and `fitted_ug_ml` follows it to first order. Where `converged` is False the last step was
    still changing the answer, and no figure may be shown. `ambiguous`: the levels have two explanations, and
    the intervals know only one of them.
    """

    model: PkModel
    places: tuple[int, ...]
    covariates: Covariates
    typical: Vector
    eta: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    line: Line
    objective: float
    iterations: int
    converged: bool
    ambiguous: bool
    individual: bool
    fitted_ug_ml: tuple[float, ...]
    a_priori: tuple[Expected, ...]


def estimate(model: PkModel, history: History) -> Estimate:
    """The estimate of one patient under one model. Total: says where it did not converge, never raises.

    Minimises the sum over samples of ln v + (y - f)^2 / v, plus eta' omega^-1 eta, with v the variance of a
    level about its prediction f; a sample below quantification enters by the probability of being below.
    """
    return estimates((model,), history)[0]


def estimates(models: Sequence[PkModel], history: History) -> list[Estimate]:
    """The estimates of one patient under several models."""
    found = stretches(
        history.administrations, history.covariates, [sample.at_days for sample in history.samples]
    )
    return [_individual(model, history, found) if found else _a_priori(model, history) for model in models]


def _a_priori(model: PkModel, history: History) -> Estimate:
    """The population, where there is nothing to learn from."""
    origin = (0.0,) * len(model.random)
    typical, places = typical_parameters(model, history.covariates[-1]), random_places(model)
    return Estimate(
        model=model,
        places=places,
        covariates=history.covariates[-1],
        typical=typical,
        eta=origin,
        covariance=model.omega,
        line=normal_line(model, model.omega, _slopes(typical, places, history, origin)),
        objective=0.0,
        iterations=0,
        converged=True,
        ambiguous=False,
        individual=False,
        fitted_ug_ml=(),
        a_priori=(),
    )


def _individual(model: PkModel, history: History, found: tuple[Stretch, ...]) -> Estimate:
    places = random_places(model)
    typical = [typical_parameters(model, stretch.covariates) for stretch in found]
    prior = levels(found, typical, places)
    observed = observations(model, history.samples, prior)
    task = Task(model.precision, observed, found, typical, places)
    start = weighed(task, (0.0,) * len(places), prior)
    end = minimum(task, start)
    covariance = [[2.0 * value for value in row] for row in inverse(end.point.curvature)]
    fitted = list(end.point.levels.values)
    for new, old, column in zip(end.eta, end.point.eta, end.point.levels.columns, strict=True):
        fitted = [value + (new - old) * slope for value, slope in zip(fitted, column, strict=True)]
    last = history.covariates[-1]
    latest = typical[-1] if found[-1].covariates is last else typical_parameters(model, last)
    line = normal_line(model, covariance, _slopes(latest, places, history, end.eta))
    return Estimate(
        model=model,
        places=places,
        covariates=last,
        typical=latest,
        eta=tuple(end.eta),
        covariance=tuple(map(tuple, covariance)),
        line=followed(line, task, end.point),
        objective=end.point.objective,
        iterations=end.iterations,
        converged=end.converged,
        ambiguous=_is_ambiguous(start, end.point),
        individual=True,
        fitted_ug_ml=tuple(fitted),
        a_priori=expectations(model, prior),
    )


def _is_ambiguous(start: Point, end: Point) -> bool:
    """Whether a typical patient explains the levels almost as well as the estimate far away does.

    Where the objective were as the curvature at the estimate has it, a typical patient would be out of the
    question. So it is of a level far below what the doses explain, where the residual error is proportional:
    either the drug is cleared fast, or the level is a low reading, and much in between is unlikely.
    """
    promised, rise = 0.5 * dot(times(end.curvature, end.eta), end.eta), start.objective - end.objective
    return rise < UNLIKELY and promised > FAR and promised > AS_PROMISED * rise


def _slopes(typical: Vector, places: Sequence[int], history: History, eta: Sequence[float]) -> list[float]:
    """How a usual settled trough changes with the patient's parameters."""
    given = history.administrations
    usual, interval = USUAL[bool(given) and given[-1].subcutaneous]
    return Settled.of(shifted((typical,), places, eta)[0], places, usual).with_slopes(interval).gradient
