"""The individual estimate: maximum a posteriori parameters from levels, with the curvature about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import Level, levels
from tdm.pharmacokinetics.expectation import Expected, expected, occasion_cv
from tdm.pharmacokinetics.history import History, Sample
from tdm.pharmacokinetics.individual import laid_out, shifted
from tdm.pharmacokinetics.layout import Stretch
from tdm.pharmacokinetics.likelihood import cost, residual_variance
from tdm.pharmacokinetics.linear_algebra import Matrix, cholesky, dot, inverse, solve, times
from tdm.pharmacokinetics.model import PkModel
from tdm.pharmacokinetics.parameters import Vector, random_places

MAX_ITERATIONS = 100
# The next step would change the objective by less than this, and so the estimate by less than a hundred
# thousandth of its own standard deviation.
DECREMENT = 1e-10
FIRST_DAMPING = 1e-2
# No step changes a parameter by more than a factor of e^2: far from the data the slope says little.
LONGEST_STEP = 2.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one model makes of one history.

    `eta` are the deviations from the typical patient, `covariance` how far they are known: from the curvature
    of the objective, or the population's variances where there is no sample (`individual` is False then).
    `fitted_ug_ml` and `a_priori` follow the order of the history's samples. Where `converged` is False the
    last step was still changing the answer, and no figure may be shown.
    """

    model: PkModel
    eta: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    objective: float
    iterations: int
    converged: bool
    individual: bool
    fitted_ug_ml: tuple[float, ...]
    a_priori: tuple[Expected, ...]


class Task(NamedTuple):
    """One patient, one model: what is the same at every step."""

    model: PkModel
    samples: tuple[Sample, ...]
    found: tuple[Stretch, ...]
    typical: list[Vector]
    places: tuple[int, ...]
    occasion_cv: tuple[float, ...]


class Point(NamedTuple):
    """Where a step has led: the objective, its gradient, and its curvature."""

    eta: Sequence[float]
    levels: list[Level]
    objective: float
    gradient: list[float]
    curvature: list[list[float]]


def estimate(model: PkModel, history: History) -> Estimate:
    """The estimate of one patient under one model. Total: says where it did not converge, never raises.

    Minimises the sum over samples of ln v + (y - f)^2 / v, plus eta' omega^-1 eta, with v the variance of a
    level about its prediction f; a sample below quantification enters by the probability of being below.
    """
    origin = (0.0,) * len(model.random)
    if not history.samples:
        return Estimate(
            model, origin, model.omega, 0.0, 0, converged=True, individual=False, fitted_ug_ml=(), a_priori=()
        )
    found, typical = laid_out(model, history, [sample.at_days for sample in history.samples])
    prior = levels(found, typical)
    spread = tuple(occasion_cv(model, level) for level in prior)
    task = Task(model, history.samples, found, typical, random_places(model), spread)
    point, iterations, converged = _minimum(task, _point(task, origin, prior))
    lower = cholesky(point.curvature)
    return Estimate(
        model=model,
        eta=tuple(point.eta),
        covariance=tuple(tuple(2.0 * value for value in row) for row in inverse(lower)),
        objective=point.objective,
        iterations=iterations,
        converged=converged,
        individual=True,
        fitted_ug_ml=tuple(level.value_ug_ml for level in point.levels),
        a_priori=tuple(expected(model, level, cv) for level, cv in zip(prior, spread, strict=True)),
    )


def _point(task: Task, eta: Sequence[float], predicted: list[Level]) -> Point:
    """Objective, gradient and expected curvature at one place."""
    pull = times(task.model.precision, eta)
    objective = dot(pull, eta)
    gradient = [2.0 * value for value in pull]
    curvature = [[2.0 * value for value in row] for row in task.model.precision]
    size = range(len(eta))
    for sample, level, cv in zip(task.samples, predicted, task.occasion_cv, strict=True):
        variance, slope = residual_variance(task.model.residual, level.value_ug_ml, cv)
        value, by_level, bend = cost(sample, level.value_ug_ml, variance, slope)
        objective += value
        towards = [level.gradient[place] for place in task.places]
        for i in size:
            gradient[i] += by_level * towards[i]
            bent = bend * towards[i]
            for j in size:
                curvature[i][j] += bent * towards[j]
    return Point(eta, predicted, objective, gradient, curvature)


def _minimum(task: Task, point: Point) -> tuple[Point, int, bool]:
    """Damped Gauss-Newton steps from `point`: the point they end at, their number, and whether it is one."""
    damping = 0.0
    for iteration in range(MAX_ITERATIONS):
        step = _step(point, damping)
        decrement = dot(step, point.gradient)
        if damping == 0.0 and decrement < DECREMENT:
            return point, iteration, True
        eta = [old - change for old, change in zip(point.eta, step, strict=True)]
        there = _point(task, eta, levels(task.found, shifted(task.typical, task.places, eta)))
        if there.objective < point.objective:
            point, damping = there, (0.1 * damping if damping > FIRST_DAMPING else 0.0)
        elif decrement < DECREMENT:
            return point, iteration, True
        else:
            damping = max(FIRST_DAMPING, 4.0 * damping)
    return point, MAX_ITERATIONS, False


def _step(point: Point, damping: float) -> list[float]:
    """The step down, shortened by damping."""
    matrix: Matrix = point.curvature
    if damping:
        matrix = [
            [value * (1.0 + damping) if i == j else value for j, value in enumerate(row)]
            for i, row in enumerate(point.curvature)
        ]
    step = solve(cholesky(matrix), point.gradient)
    longest = max(map(abs, step))
    return step if longest <= LONGEST_STEP else [change * (LONGEST_STEP / longest) for change in step]
