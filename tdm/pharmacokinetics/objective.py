"""The objective of the individual estimate at one place, with its gradient and curvature."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import Level, levels
from tdm.pharmacokinetics.history import Sample
from tdm.pharmacokinetics.individual import shifted
from tdm.pharmacokinetics.layout import Stretch
from tdm.pharmacokinetics.likelihood import Spread, cost
from tdm.pharmacokinetics.linear_algebra import dot, times
from tdm.pharmacokinetics.parameters import Vector


class Task(NamedTuple):
    """One patient, one model: what is the same at every step."""

    precision: tuple[tuple[float, ...], ...]
    samples: tuple[Sample, ...]
    found: tuple[Stretch, ...]
    typical: list[Vector]
    places: tuple[int, ...]
    spreads: list[Spread]


class Point(NamedTuple):
    """Where a step has led: the objective, its gradient, and a curvature that is always positive definite."""

    eta: Sequence[float]
    levels: list[Level]
    objective: float
    gradient: list[float]
    curvature: list[list[float]]


def point_at(task: Task, eta: Sequence[float]) -> Point:
    """The objective at a place: the levels are computed anew there."""
    return weighed(task, eta, levels(task.found, shifted(task.typical, task.places, eta), task.places))


def weighed(task: Task, eta: Sequence[float], predicted: list[Level]) -> Point:
    """The objective at a place whose levels are known.

    The curvature is Gauss-Newton's in the logarithm of a level, which depends on the parameters more evenly
    than the level itself.
    """
    pull = times(task.precision, eta)
    objective = dot(pull, eta)
    slopes, bends = [], []
    for sample, (value, _), spread in zip(task.samples, predicted, task.spreads, strict=True):
        one, slope, bend = cost(sample, value, spread)
        objective += one
        slopes.append(slope)
        bends.append(bend)
    columns = list(zip(*[level.gradient for level in predicted], strict=True))
    gradient: list[float] = []
    curvature: list[list[float]] = []
    for place, (column, known) in enumerate(zip(columns, task.precision, strict=True)):
        gradient.append(2.0 * pull[place] + sum(map(mul, slopes, column)))
        bent = list(map(mul, bends, column))
        row = [2.0 * known[other] + sum(map(mul, bent, columns[other])) for other in range(place)]
        for other, value in enumerate(row):
            curvature[other].append(value)
        row.append(2.0 * known[place] + sum(map(mul, bent, column)))
        curvature.append(row)
    return Point(eta, predicted, objective, gradient, curvature)
