"""A patient's parameters and levels under given deviations from the typical patient."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tdm.pharmacokinetics.history import History
from tdm.pharmacokinetics.layout import Stretch, stretches
from tdm.pharmacokinetics.model import PARAMETERS, PkModel
from tdm.pharmacokinetics.parameters import Vector, typical_parameters


def shifted(typical: Sequence[Vector], places: Sequence[int], eta: Sequence[float]) -> list[Vector]:
    """The typical parameters of each stretch, each times exp of its eta."""
    factors = [1.0] * len(PARAMETERS)
    for place, value in zip(places, eta, strict=True):
        factors[place] = math.exp(value)
    clearance, central, exchange, peripheral, bioavailability, absorption = factors
    return [
        (
            values[0] * clearance,
            values[1] * central,
            values[2] * exchange,
            values[3] * peripheral,
            values[4] * bioavailability,
            values[5] * absorption,
        )
        for values in typical
    ]


def laid_out(
    model: PkModel, history: History, times_days: Sequence[float]
) -> tuple[tuple[Stretch, ...], list[Vector]]:
    """The stretches of a history up to the moments asked about, with the typical parameters of each."""
    found = stretches(history.administrations, history.covariates, times_days)
    return found, [typical_parameters(model, stretch.covariates) for stretch in found]
