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
from operator import add
from typing import NamedTuple

from tdm.pharmacokinetics.concentration import levels
from tdm.pharmacokinetics.individual import shifted
from tdm.pharmacokinetics.likelihood import Observed, Way, costs, deviances
from tdm.pharmacokinetics.linear_algebra import Matrix, dot, times
from tdm.pharmacokinetics.model import Parameter, PkModel
from tdm.pharmacokinetics.objective import Point, Task

Z_80 = 1.2815515655446004
# In standard deviations by the curvature. The tail is above, where levels are high and clearance is low.
GRID_STEP = 0.9
GRID = tuple(GRID_STEP * place for place in range(-3, 6))
# Where more than this share of its height is left at an end of the grid, it may be followed further: until
# next to nothing is left, or up to so many standard deviations.
LEFT = 0.05
NOTHING_LEFT = 0.005
FARTHEST = 14.4
# Into so many cells what was found is then divided.
CELLS = 16
# Where the levels are computed once more; their logarithm follows a parabola.
NODE = 1.5
# No assay and no dose could tell a level from this one, in µg/mL.
LEAST_LEVEL = 1e-9


class Line(NamedTuple):
    """A line through the estimate: `direction` is one standard deviation, towards higher troughs.

    `lower`, `median`, `upper` are the 10th, 50th and 90th percentile of the position on it. `across` is one
    standard deviation of a second direction, which changes no trough to first order; it may be empty.
    """

    direction: tuple[float, ...]
    lower: float
    median: float
    upper: float
    across: tuple[float, ...]

    def at(self, eta: Sequence[float], position: float, side: float = 0.0) -> list[float]:
        """The parameters at a position on the line, or beside it."""
        found = [value + position * part for value, part in zip(eta, self.direction, strict=True)]
        if side:
            found = [value + side * part for value, part in zip(found, self.across, strict=True)]
        return found


def normal_line(model: PkModel, covariance: Matrix, slopes: Sequence[float]) -> Line:
    """The line along which a trough with these slopes is least certain; positions on it are normal."""
    direction = times(covariance, slopes)
    deviation = math.sqrt(dot(direction, slopes))
    if deviation == 0.0:  # no drug is left to be uncertain of: clearance says how little
        direction, deviation = [-row[0] for row in covariance], math.sqrt(covariance[0][0])
    unit = tuple([part / deviation for part in direction])
    return Line(unit, -Z_80, 0.0, Z_80, _across(model, covariance, unit))


def _across(model: PkModel, covariance: Matrix, direction: Sequence[float]) -> tuple[float, ...]:
    """One standard deviation of what the line leaves open of Q; nothing where Q is the same in all patients.

    Published variances of Q are so large (a factor of 3 either way) that a trough bends with it.
    """
    if Parameter.INTERCOMPARTMENTAL_CLEARANCE not in model.random:
        return ()
    place = model.random.index(Parameter.INTERCOMPARTMENTAL_CLEARANCE)
    known = direction[place]
    open_variance = covariance[place][place] - known * known
    if open_variance <= 0.0:
        return ()
    deviation = math.sqrt(open_variance)
    return tuple(
        [(row[place] - known * part) / deviation for row, part in zip(covariance, direction, strict=True)]
    )


def followed(line: Line, task: Task, point: Point) -> Line:
    """The same line, with the percentiles that the objective gives it."""
    known = _prior(task, point.eta, line.direction, GRID)
    objective = list(map(add, known, deviances(_ways(task, point, line), GRID)))
    positions: Sequence[float] = GRID
    weights = _weights(objective)
    if max(weights[0], weights[-1]) > LEFT and any(one.below for one in task.observed):
        positions, weights = _far(task, point.eta, line)
    lower, median, upper = percentiles(positions, weights)
    return Line(line.direction, lower, median, upper, line.across)


def _weights(objective: Sequence[float]) -> list[float]:
    """The density of each position beside the highest."""
    least = min(objective)
    return [math.exp(0.5 * (least - one)) for one in objective]


def _far(task: Task, eta: Sequence[float], line: Line) -> tuple[Sequence[float], list[float]]:
    """Positions that hold nearly all of a density which the grid does not hold, and their weights.

    So it is where a level below quantification leaves all lower ones possible, of which the curvature says
    nothing. The levels themselves are computed at each position. Of quantified levels little is ever left at
    the ends: the percentiles move by a tenth of a standard deviation, which is not worth four times the work.
    """

    def at(positions: Sequence[float]) -> list[float]:
        found = _prior(task, eta, line.direction, positions)
        for place, position in enumerate(positions):
            found[place] += costs(task.observed, _levels_at(task, line.at(eta, position))).value
        return found

    reached = [FARTHEST * place / 6 for place in range(-6, 7)]
    weights = _weights(at(reached))
    held = [place for place, weight in enumerate(weights) if weight > NOTHING_LEFT]
    first, last = reached[max(held[0] - 1, 0)], reached[min(held[-1] + 1, len(reached) - 1)]
    step = (last - first) / CELLS
    positions = [first + step * place for place in range(CELLS + 1)]
    return positions, _weights(at(positions))


def _prior(
    task: Task, eta: Sequence[float], direction: Sequence[float], positions: Sequence[float]
) -> list[float]:
    """The population's part of the objective along the line, but for a constant: a parabola."""
    pull = times(task.precision, direction)
    slope, bend = 2.0 * dot(pull, eta), dot(pull, direction)
    return [position * (slope + position * bend) for position in positions]


def _levels_at(task: Task, eta: Sequence[float]) -> list[float]:
    return levels(task.found, shifted(task.typical, task.places, eta), ()).values


def _ways(task: Task, point: Point, line: Line) -> list[tuple[Observed, Way]]:
    """How each predicted level goes along the line: by value and slope here and value at NODE.

    A level of no drug at all is left out: it is the same all along the line and says nothing about it.
    """
    there = _levels_at(task, line.at(point.eta, NODE))
    here, columns = point.levels
    found = []
    for observed, start, end, *slopes in zip(task.observed, here, there, *columns, strict=True):
        if start > LEAST_LEVEL and end > LEAST_LEVEL:
            slope = dot(slopes, line.direction) / start
            found.append((observed, (start, slope, (math.log(end / start) / NODE - slope) / NODE)))
    return found


def percentiles(positions: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The 10th, 50th and 90th percentile of a density known at evenly spaced positions."""
    padded = [0.0, *weights, 0.0]
    areas = [
        max(-a + 13.0 * b + 13.0 * c - d, 0.0)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    total = sum(areas)
    sums = [0.0, *accumulate(areas)]
    answers, step = [], positions[1] - positions[0]
    for share in (0.1, 0.5, 0.9):
        wanted = share * total
        place = max(0, min(bisect_right(sums, wanted) - 1, len(areas) - 1))
        left, right = weights[place], weights[place + 1]
        part = (wanted - sums[place]) / areas[place]
        answers.append(positions[place] + step * _within(left, right, part))
    return answers


def _within(left: float, right: float, part: float) -> float:
    """Where in a cell a part of its area lies below, the density going straight from `left` to `right`."""
    total = part * (left + right)
    return total / (left + math.sqrt(left * left + (right - left) * total))
