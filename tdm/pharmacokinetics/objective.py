"""The objective of the individual estimate at one place, with its gradient and curvature."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import Levels, levels
from tdm.pharmacokinetics.individual import shifted
from tdm.pharmacokinetics.layout import Stretch
from tdm.pharmacokinetics.likelihood import Observed, costs
from tdm.pharmacokinetics.linear_algebra import dot, times
from tdm.pharmacokinetics.parameters import Vector


class Task(NamedTuple):
    """One patient, one model: what is the same at every step."""

    precision: tuple[tuple[float, ...], ...]
    observed: list[Observed]
    found: tuple[Stretch, ...]
    typical: list[Vector]
    places: tuple[int, ...]


class Point(NamedTuple):
    """Where a step has led: the objective, its gradient, and a curvature that is always positive definite."""

    eta: Sequence[float]
    levels: Levels
    objective: float
    gradient: list[float]
    curvature: list[list[float]]


def point_at(task: Task, eta: Sequence[float]) -> Point:
    """The objective at a place: the levels are computed anew there."""
    return weighed(task, eta, levels(task.found, shifted(task.typical, task.places, eta), task.places))


def weighed(task: Task, eta: Sequence[float], predicted: Levels) -> Point:
    """The objective at a place whose levels are known.

    The curvature is Gauss-Newton's in the logarithm of a level, which depends on the parameters more evenly
    than the level itself.
    """
    values, columns = predicted
    found, slopes, bends = costs(task.observed, values)
    precision, pull = task.precision, times(task.precision, eta)
    gradient: list[float] = []
    curvature: list[list[float]] = []
    for place, column in enumerate(columns):
        gradient.append(2.0 * pull[place] + sum(map(mul, slopes, column)))
        known, bent, row = precision[place], list(map(mul, bends, column)), []
        for other in range(place):  # symmetric: each product is formed once
            value = 2.0 * known[other] + sum(map(mul, bent, columns[other]))
            row.append(value)
            curvature[other].append(value)
        row.append(2.0 * known[place] + sum(map(mul, bent, column)))
        curvature.append(row)
    return Point(eta, predicted, dot(pull, eta) + found, gradient, curvature)
