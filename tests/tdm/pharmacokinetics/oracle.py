"""The same drug by another road: matrix exponentials of the compartments, step by step, in numpy and scipy.

Shares nothing with the code under test but the parameters: no eigenvalues, no superposition.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.linalg import expm

from tdm.pharmacokinetics.history import Administration
from tdm.pharmacokinetics.parameters import Vector


def rates_matrix(values: Vector) -> np.ndarray:
    """d/dt of depot, central, peripheral, excreted, with the infusion rate as a constant fifth state."""
    clearance, central, exchange, peripheral, _, absorption = values
    k10 = clearance / central
    k12 = exchange / central
    k21 = exchange / peripheral if peripheral else 0.0
    matrix = np.zeros((5, 5))
    matrix[0, 0] = -absorption
    matrix[1] = [absorption, -k10 - k12, k21, 0.0, 1.0]
    matrix[2] = [0.0, k12, -k21, 0.0, 0.0]
    matrix[3] = [0.0, k10, 0.0, 0.0, 0.0]
    return matrix


def amounts(
    given: Sequence[Administration], changes: Sequence[tuple[float, Vector]], at_days: float
) -> np.ndarray:
    """Depot, central, peripheral and excreted amount just before anything given at `at_days`."""
    moments = {one.at_days for one in given} | {one.at_days + one.duration_days for one in given}
    moments |= {moment for moment, _ in changes}
    steps = sorted({moment for moment in moments if moment < at_days} | {at_days})
    state = np.zeros(5)
    for begin, end in pairwise(steps):
        values = changes[0][1]
        for moment, changed in changes:
            if moment <= begin:
                values = changed
        for one in given:
            if one.at_days == begin and one.subcutaneous:
                state[0] += one.amount_mg * values[4]
            elif one.at_days == begin and one.duration_days == 0.0:
                state[1] += one.amount_mg
        state[4] = sum(
            one.amount_mg / one.duration_days
            for one in given
            if not one.subcutaneous
            and one.duration_days > 0.0
            and one.at_days <= begin < one.at_days + one.duration_days
        )
        state = expm(rates_matrix(values) * (end - begin)) @ state
    return state[:4]


def level(given: Sequence[Administration], changes: Sequence[tuple[float, Vector]], at_days: float) -> float:
    """The level in µg/mL, by the parameters in force just before `at_days`."""
    values = changes[0][1]
    for moment, changed in changes:
        if moment < at_days:
            values = changed
    return float(amounts(given, changes, at_days)[1] / values[1])


def settled_level(one: Administration, interval_days: float, values: Vector) -> float:
    """The level in µg/mL just before the next dose when one dose has been given at every interval for ever.

    What is left after an interval is what was there before, times one matrix, plus what the dose leaves.
    """
    first = [one._replace(at_days=0.0)]
    begun = amounts(first, [(0.0, values)], interval_days)
    kept = expm(rates_matrix(values)[:4, :4] * interval_days)
    kept[3, 3] = 0.0  # what is excreted is not asked for, and would grow for ever
    # a compartment that a model has not keeps its nothing for ever: of many solutions the smallest
    settled = np.linalg.lstsq(np.eye(4) - kept, begun, rcond=None)[0]
    return float(settled[1] / values[1])
