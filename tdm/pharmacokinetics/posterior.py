"""How sure an estimate is along the direction that matters: that in which the trough is least certain.

The curvature at the estimate is too narrow a measure where residual error is proportional: a level far below
its prediction is hardly less likely than one at twice the distance. The objective is therefore followed along
the line, and the 10th, 50th and 90th percentile are read off.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.individual import shifted
from tdm.pharmacokinetics.likelihood import cost
from tdm.pharmacokinetics.linear_algebra import dot, times
from tdm.pharmacokinetics.objective import Point, Task

Z_80 = 1.2815515655446004
# In standard deviations by the curvature. The tail is above, where levels are high and clearance is low.
GRID_FROM, GRID_STEP, GRID_SIZE = -2.75, 0.75, 11
# Where the levels are computed; between and beyond they follow a cubic in the logarithm.
NODES = (-1.5, 2.5)
# Levels that no assay and no dose could tell from these, in µg/mL and as a logarithm.
LEAST_LEVEL, HIGHEST_LOG = 1e-9, 30.0


class Line(NamedTuple):
    """A line through the estimate: `direction` is one standard deviation, towards higher troughs.

    `lower`, `median` and `upper` are the 10th, 50th and 90th percentile of the position on it.
    """

    direction: tuple[float, ...]
    lower: float
    median: float
    upper: float

    across: tuple[float, ...] = ()

    def at(self, eta: Sequence[float], position: float, side: float = 0.0) -> list[float]:
        """The parameters at a position on the line, or beside it."""
        found = [value + position * part for value, part in zip(eta, self.direction, strict=True)]
        if side:
            found = [value + side * part for value, part in zip(found, self.across, strict=True)]
        return found


def normal_line(direction: Sequence[float]) -> Line:
    """A line along which the position is normal: that of a population."""
    return Line(tuple(direction), -Z_80, 0.0, Z_80)


def followed(task: Task, point: Point, direction: Sequence[float]) -> Line:
    """The line through the end of the search, with the percentiles that the objective gives it."""
    grid = [GRID_FROM + GRID_STEP * place for place in range(GRID_SIZE)]
    objective = _prior(task, point.eta, direction, grid)
    for observed, logs in zip(task.observed, _logs(task, point, direction, grid), strict=True):
        objective = [
            known + cost(observed, math.exp(log))[0] for known, log in zip(objective, logs, strict=True)
        ]
    least = min(objective)
    return Line(tuple(direction), *_percentiles(grid, [math.exp(0.5 * (least - one)) for one in objective]))


def _prior(
    task: Task, eta: Sequence[float], direction: Sequence[float], grid: Sequence[float]
) -> list[float]:
    """The population's part of the objective along the line: a parabola."""
    pull = times(task.precision, direction)
    constant, slope, bend = dot(times(task.precision, eta), eta), 2.0 * dot(pull, eta), dot(pull, direction)
    return [constant + position * (slope + position * bend) for position in grid]


def _logs(task: Task, point: Point, direction: Sequence[float], grid: Sequence[float]) -> list[list[float]]:
    """The logarithm of each predicted level along the line."""
    first, second = (
        levels(
            task.found,
            shifted(
                task.typical,
                task.places,
                [value + node * part for value, part in zip(point.eta, direction, strict=True)],
            ),
            (),
        ).values
        for node in NODES
    )
    low, high = NODES
    found = []
    for place, value in enumerate(point.levels.values):
        slope = sum(
            column[place] * part for column, part in zip(point.levels.columns, direction, strict=True)
        )
        if min(value, first[place], second[place]) <= LEAST_LEVEL:
            found.append([math.log(LEAST_LEVEL)] * len(grid))
            continue
        start, slope = math.log(value), slope / value
        before = (math.log(first[place] / value) / low - slope) / low
        after = (math.log(second[place] / value) / high - slope) / high
        third = (after - before) / (high - low)
        square = before - third * low
        found.append(
            [
                min(start + position * (slope + position * (square + position * third)), HIGHEST_LOG)
                for position in grid
            ]
        )
    return found


def _percentiles(grid: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The 10th, 50th and 90th percentile of a density known on a grid."""
    padded = [0.0, *weights, 0.0]
    areas = [
        max(-a + 13.0 * b + 13.0 * c - d, 0.0)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    total = sum(areas)
    sums = [0.0, *accumulate(areas)]
    answers = []
    for share in (0.1, 0.5, 0.9):
        wanted = share * total
        place = max(0, min(bisect_right(sums, wanted) - 1, len(areas) - 1))
        left, right = weights[place], weights[place + 1]
        part = (wanted - sums[place]) / areas[place]
        answers.append(grid[place] + (grid[1] - grid[0]) * _within(left, right, part))
    return answers


def _within(left: float, right: float, part: float) -> float:
    """Where in a cell a part of its area lies below, the density going straight from `left` to `right`."""
    total = part * (left + right)
    return total / (left + math.sqrt(left * left + (right - left) * total))
