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
    pull = times(task.precision, eta)
    gradient = [2.0 * own + sum(map(mul, slopes, column)) for own, column in zip(pull, columns, strict=True)]
    curvature: list[list[float]] = []
    for place, (column, known) in enumerate(zip(columns, task.precision, strict=True), 1):
        bent = list(map(mul, bends, column))
        row = [
            2.0 * own + sum(map(mul, bent, other)) for own, other in zip(known[:place], columns, strict=False)
        ]
        for above, value in zip(curvature, row, strict=False):
            above.append(value)
        curvature.append(row)
    return Point(eta, predicted, dot(pull, eta) + found, gradient, curvature)
