"""Finds the minimum of the objective: damped Newton steps whose curvature learns from the way walked."""

from __future__ import annotations

import math
from operator import add
from typing import NamedTuple

from tdm.pharmacokinetics.linear_algebra import dot, solve, times
from tdm.pharmacokinetics.objective import Point, Task, point_at

MAX_ITERATIONS = 100
# The next step would lower the objective by less than half of this: it is less than a thirtieth of the
# estimate's own standard deviation, is taken, and what is then still missing is smaller by orders.
DECREMENT = 1e-3
FIRST_DAMPING = 1e-2
# No step changes a parameter by more than a factor of e: far from the data the slope says little.
LONGEST_STEP = 1.0
# Where a step gained what the curvature promised, within this share of it, there is nothing to learn.
AS_PROMISED = 0.3
# A change of slope that is this nearly across the step says nothing about the curvature along it.
ACROSS = 1e-8

Matrix = list[list[float]]


class Minimum(NamedTuple):
    """Where the way down ends. `point` is the last place looked at, `eta` one last short step from it."""

    eta: list[float]
    point: Point
    iterations: int
    converged: bool


def minimum(task: Task, point: Point) -> Minimum:
    """The way down from a point: damped Newton steps.

    Gauss-Newton leaves out the curvature of the levels themselves. What it leaves out is learned from how the
    gradient changed (a symmetric rank-one correction), without which poorly known parameters converge slowly.
    """
    damping = 0.0
    learned: Matrix = []
    for iteration in range(1, MAX_ITERATIONS + 1):
        step = _step(point, learned, damping)
        eta = [old - change for old, change in zip(point.eta, step, strict=True)]
        decrement = dot(step, point.gradient)
        if decrement < DECREMENT and damping == 0.0:
            return Minimum(eta, point, iteration, converged=True)
        there = point_at(task, eta)
        gain = point.objective - there.objective
        if not abs(gain - 0.5 * decrement) < AS_PROMISED * decrement:
            learned = _learn(learned, point, there, step)
        if gain > 0.0:
            point, damping = there, (0.1 * damping if damping > FIRST_DAMPING else 0.0)
        else:
            damping = max(FIRST_DAMPING, 4.0 * damping)
    return Minimum(list(point.eta), point, MAX_ITERATIONS, converged=False)


def _step(point: Point, learned: Matrix, damping: float) -> list[float]:
    """What to subtract: down the slope by the curvature as known, damped and never too far."""
    known = point.curvature
    if damping:
        known = [
            [value * (1.0 + damping) if i == j else value for j, value in enumerate(row)]
            for i, row in enumerate(known)
        ]
    if learned:
        whole = [list(map(add, row, extra)) for row, extra in zip(known, learned, strict=True)]
        try:
            return _shortened(solve(whole, point.gradient))
        except ValueError:  # what was learned bends the wrong way here: do without
            pass
    return _shortened(solve(known, point.gradient))


def _shortened(step: list[float]) -> list[float]:
    longest = max(map(abs, step))
    return step if longest <= LONGEST_STEP else [change * (LONGEST_STEP / longest) for change in step]


def _learn(learned: Matrix, point: Point, there: Point, step: list[float]) -> Matrix:
    """`learned`, corrected by what the gradient's change shows beyond the curvature at the new point."""
    learned = learned or [[0.0] * len(step) for _ in step]
    unexplained = [
        after - before + known + guessed
        for after, before, known, guessed in zip(
            there.gradient, point.gradient, times(there.curvature, step), times(learned, step), strict=True
        )
    ]
    along = -dot(unexplained, step)
    if not abs(along) > ACROSS * math.sqrt(dot(unexplained, unexplained) * dot(step, step)):
        return learned
    return [
        [value + part * other / along for value, other in zip(row, unexplained, strict=True)]
        for row, part in zip(learned, unexplained, strict=True)
    ]
