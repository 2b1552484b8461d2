"""The linear system of one or two compartments as exponentials, with derivatives by its parameters.

With k10 = CL/V1, k12 = Q/V1 and k21 = Q/V2, what follows a bolus is a sum of weight * exp(-rate * t): one
term for one compartment, two for two. The closed forms avoid differences of nearly equal numbers, so that
Q -> 0 goes over into one compartment.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tdm.pharmacokinetics.parameters import Vector


class System(NamedTuple):
    """The exponentials of one patient, the fast one first; rates in 1/day.

    `weights` are the shares of a central bolus in the central compartment; of two they sum to 1. `slopes` has
    a row for each random parameter: the derivatives, by its logarithm, of every rate and of the first weight.
    """

    rates: tuple[float, ...]
    weights: tuple[float, ...]
    slopes: list[tuple[float, ...]]


def system_of(values: Vector, places: Sequence[int]) -> System:
    """The system of a patient; `places` are those of the random parameters within `values`."""
    clearance, central, exchange, peripheral, _, _ = values
    k10 = clearance / central
    if exchange <= 0.0 or peripheral <= 0.0:
        one = ((k10, 0.0), (-k10, 0.0), *[(0.0, 0.0)] * 4)
        return System((k10,), (1.0,), [one[place] for place in places])
    k12, k21 = exchange / central, exchange / peripheral
    apart = k10 + k12 - k21
    mixed = 4.0 * k12 * k21
    root = math.sqrt(apart * apart + mixed)
    fast = 0.5 * (k10 + k12 + k21 + root)
    slow = k10 * k21 / fast
    if apart >= 0.0:
        heavy, light = 0.5 * (1.0 + apart / root), mixed / (2.0 * root * (root + apart))
    else:
        light, heavy = 0.5 * (1.0 - apart / root), mixed / (2.0 * root * (root - apart))
    rows = _slopes(k10, k12, k21, root, fast, slow) if places else ()
    return System((fast, slow), (heavy, light), [rows[place] for place in places])


Row = tuple[float, float, float]


def _slopes(
    k10: float, k12: float, k21: float, root: float, fast: float, slow: float
) -> tuple[Row, Row, Row, Row, Row, Row]:
    """Derivatives of both rates and of the first weight by the logarithms of CL, V1, Q, V2, F and ka."""
    apart = k10 + k12 - k21
    root10, root12, root21 = apart / root, (apart + 2.0 * k21) / root, (2.0 * k12 - apart) / root
    # each times its constant: d / d log k
    fast10, fast12, fast21 = (
        0.5 * k10 * (1.0 + root10),
        0.5 * k12 * (1.0 + root12),
        0.5 * k21 * (1.0 + root21),
    )
    product = k10 * k21
    slow10 = (product - slow * fast10) / fast
    slow12 = -slow * fast12 / fast
    slow21 = (product - slow * fast21) / fast
    half = 0.5 / root
    weight10 = half * k10 * (1.0 - root10 * root10)
    weight12 = half * k12 * (1.0 - root10 * root12)
    weight21 = -half * k21 * (1.0 + root10 * root21)
    return (
        (fast10, slow10, weight10),
        (-fast10 - fast12, -slow10 - slow12, -weight10 - weight12),
        (fast12 + fast21, slow12 + slow21, weight12 + weight21),
        (-fast21, -slow21, -weight21),
        (0.0, 0.0, 0.0),
        (0.0, 0.0, 0.0),
    )


class Exchange(NamedTuple):
    """How amounts show in the other compartment: weight -out or -back in the fast exponential, + in the slow.

    `out` is of a central amount in the periphery, `back` of a peripheral amount in the centre; `slopes` has
    for each random parameter the derivatives of both by its logarithm.
    """

    out: float
    back: float
    slopes: list[tuple[float, float]]


def exchange_of(values: Vector, places: Sequence[int]) -> Exchange:
    """The exchange of a patient with two compartments; needed only where covariates change."""
    clearance, central, exchange, peripheral, _, _ = values
    k10, k12, k21 = clearance / central, exchange / central, exchange / peripheral
    apart = k10 + k12 - k21
    square = apart * apart + 4.0 * k12 * k21
    root = math.sqrt(square)
    # relative changes of the root by the logarithm of each constant
    root10 = k10 * apart / square
    root12 = k12 * (apart + 2.0 * k21) / square
    root21 = k21 * (2.0 * k12 - apart) / square
    out, back = k12 / root, k21 / root
    rows = (
        (-out * root10, -back * root10),
        (out * (root10 + root12 - 1.0), back * (root10 + root12)),
        (out * (1.0 - root12 - root21), back * (1.0 - root12 - root21)),
        (out * root21, back * (root21 - 1.0)),
        (0.0, 0.0),
        (0.0, 0.0),
    )
    return Exchange(out, back, [rows[place] for place in places])


SERIES_BELOW = 0.05


def mean_decay(x: float) -> float:
    """(1 - exp(-x)) / x, the mean of exp(-s) for s from 0 to x; 1 at 0. For x >= 0."""
    return -math.expm1(-x) / x if x > 0.0 else 1.0


def mean_decay_slope(x: float) -> float:
    """The derivative of `mean_decay`; a series where the closed form would cancel. For x >= 0."""
    if x < SERIES_BELOW:
        return -0.5 + x * (1 / 3 + x * (-1 / 8 + x * (1 / 30 + x * (-1 / 144 + x * (1 / 840 - x / 5760)))))
    decay = math.exp(-x)
    return (decay - (1.0 - decay) / x) / x
