"""Infliximab in many virtual patients at once: linear compartments, moved on by a matrix exponential.

Written apart from the service's closed-form solution, so that the two can disagree.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
Parameters = dict[str, Array]

DEPOT, CENTRAL, PERIPHERAL, INPUT = range(4)
INFUSION_DAYS = 2 / 24
_TERMS = 14  # the rest of the series is below 1e-16 once the matrix is scaled to a norm of a half


def matrix_exponential(matrices: Array) -> Array:
    """Return the exponential of each matrix of a stack: series of the scaled matrix, then squared back."""
    norm = np.abs(matrices).sum(axis=-2).max(initial=1e-300)
    squarings = max(0, int(np.ceil(np.log2(norm / 0.5))))
    scaled = matrices / 2.0**squarings
    identity = np.broadcast_to(np.eye(matrices.shape[-1]), matrices.shape)
    total = identity.copy()
    for term in range(_TERMS, 0, -1):
        total = identity + scaled @ total / term
    for _ in range(squarings):
        total = total @ total
    return total


class Bodies:
    """Amounts in mg of each patient's compartments. Time goes on by `advance`; doses are given in between."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._state = np.zeros((len(parameters["CL"]), 4))

    @property
    def level(self) -> Array:
        """Concentration in the central compartment, µg/mL."""
        return self._state[:, CENTRAL] / self._parameters["V1"]

    @property
    def amount(self) -> Array:
        """All drug still in the body or under the skin, mg."""
        return self._state[:, :INPUT].sum(axis=1)

    def inject(self, amount_mg: Array) -> None:
        """Give a subcutaneous dose at once; what is never absorbed is left out."""
        self._state[:, DEPOT] += amount_mg * self._parameters["F"]

    def infuse(self, amount_mg: Array, clearance_factor: Array | float = 1.0) -> None:
        """Give an infusion of two hours and let those two hours pass."""
        self._state[:, INPUT] = amount_mg / INFUSION_DAYS
        self.advance(np.where(amount_mg > 0, INFUSION_DAYS, 0.0), clearance_factor)
        self._state[:, INPUT] = 0.0

    def advance(self, days: Array, clearance_factor: Array | float = 1.0) -> None:
        """Let time pass, a time of its own for each patient, with clearance changed by a factor."""
        own = self._parameters
        none = np.zeros_like(own["CL"])
        elimination = own["CL"] * clearance_factor / own["V1"]
        distribution, absorption = own.get("Q", none), own.get("ka", none)
        rates = np.zeros((len(none), 4, 4))
        rates[:, DEPOT, DEPOT] = -absorption
        rates[:, CENTRAL, DEPOT] = absorption
        rates[:, CENTRAL, CENTRAL] = -elimination - distribution / own["V1"]
        rates[:, PERIPHERAL, CENTRAL] = distribution / own["V1"]
        if "V2" in own:
            rates[:, CENTRAL, PERIPHERAL] = distribution / own["V2"]
            rates[:, PERIPHERAL, PERIPHERAL] = -distribution / own["V2"]
        rates[:, CENTRAL, INPUT] = 1.0
        moved = matrix_exponential(rates * np.asarray(days)[:, None, None])
        self._state = (moved @ self._state[:, :, None])[:, :, 0]
