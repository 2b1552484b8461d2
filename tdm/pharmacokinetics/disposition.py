"""The linear system of one or two compartments as exponentials, with its derivatives by parameter.

With k10 = CL/V1, k12 = Q/V1, k21 = Q/V2 the amounts follow a bolus as a sum of exp(-rate * t): one term for
one compartment, two for two. The closed forms below avoid the subtraction of nearly equal numbers, so that
Q -> 0 goes over into one compartment.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from tdm.pharmacokinetics.parameters import Vector

Gradient = tuple[float, float, float, float]
"""Derivative by the logarithms of CL, V1, Q, V2."""

_NONE: Gradient = (0.0, 0.0, 0.0, 0.0)


class Mode(NamedTuple):
    """One exponential. `rate` in 1/day; the weights are shares of an amount.

    `central` is the weight in the central compartment of an amount put there, `from_peripheral` of an amount
    put into the peripheral one; `to_peripheral` and `peripheral` are the same for the peripheral compartment.
    Each `d_...` is the derivative by the logarithms of CL, V1, Q, V2.
    """

    rate: float
    central: float
    d_rate: Gradient
    d_central: Gradient
    from_peripheral: float = 0.0
    to_peripheral: float = 0.0
    peripheral: float = 0.0
    d_from_peripheral: Gradient = _NONE
    d_to_peripheral: Gradient = _NONE
    d_peripheral: Gradient = _NONE


def modes(parameters: Vector) -> tuple[Mode, ...]:
    """The exponentials of a patient: one where there is no second compartment, else the fast one first."""
    clearance, central, exchange, peripheral = parameters[:4]
    k10 = clearance / central
    if exchange <= 0.0 or peripheral <= 0.0:
        return (Mode(k10, 1.0, (k10, -k10, 0.0, 0.0), _NONE),)
    k12, k21 = exchange / central, exchange / peripheral
    total, apart = k10 + k12 + k21, k10 + k12 - k21
    mixed = 4.0 * k12 * k21
    root = math.sqrt(apart * apart + mixed)
    fast = 0.5 * (total + root)
    slow = k10 * k21 / fast
    if apart >= 0.0:
        heavy, light = 0.5 * (1.0 + apart / root), mixed / (2.0 * root * (root + apart))
    else:
        light, heavy = 0.5 * (1.0 - apart / root), mixed / (2.0 * root * (root - apart))
    return _with_derivatives((k10, k12, k21), root, (fast, slow), (heavy, light))


def _with_derivatives(
    constants: tuple[float, float, float],
    root: float,
    rates: tuple[float, float],
    weights: tuple[float, float],
) -> tuple[Mode, Mode]:
    """Both modes; each derivative by log CL, log V1, log Q, log V2 follows from those of k10, k12, k21."""
    (k10, k12, k21), (fast, slow), (heavy, light) = constants, rates, weights
    apart = k10 + k12 - k21
    out, back = k12 / root, k21 / root
    d_fast, d_slow, d_heavy, d_out, d_back = [], [], [], [], []
    for d10, d12, d21 in ((k10, 0.0, 0.0), (-k10, -k12, 0.0), (0.0, k12, k21), (0.0, 0.0, -k21)):
        d_total, d_apart = d10 + d12 + d21, d10 + d12 - d21
        d_root = (apart * d_apart + 2.0 * (d12 * k21 + k12 * d21)) / root
        d_quick = 0.5 * (d_total + d_root)
        d_fast.append(d_quick)
        d_slow.append((d10 * k21 + k10 * d21 - slow * d_quick) / fast)
        d_heavy.append(0.5 * (d_apart - apart / root * d_root) / root)
        d_out.append((d12 - out * d_root) / root)
        d_back.append((d21 - back * d_root) / root)
    minus_heavy = _minus(d_heavy)
    return (
        Mode(
            fast, heavy, _four(d_fast), _four(d_heavy),
            -back, -out, light, _minus(d_back), _minus(d_out), minus_heavy,
        ),
        Mode(
            slow, light, _four(d_slow), minus_heavy,
            back, out, heavy, _four(d_back), _four(d_out), _four(d_heavy),
        ),
    )  # fmt: skip


def _four(values: list[float]) -> Gradient:
    first, second, third, fourth = values
    return first, second, third, fourth


def _minus(values: list[float]) -> Gradient:
    first, second, third, fourth = values
    return -first, -second, -third, -fourth


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
