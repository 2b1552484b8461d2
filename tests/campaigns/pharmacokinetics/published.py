"""The six published models, transcribed apart from the service's knowledge: the truth of the study.

A slip in `tdm/knowledge/models.toml` must show as a difference from these lines: nothing is read from there.
Days, litres, mg/L (the same as µg/mL), kg; albumin in g/dL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.campaigns.pharmacokinetics.patients import Patients

Array = np.ndarray
Typical = dict[str, Array]

REACH = "fasanmade-2011-paediatric"
COMBINED = "fasanmade-2011-combined"
XU = "xu-wojciechowski-2017"
DUBINSKY = "dubinsky-2017"
PASSOT = "passot-2016-adult"
HANZEL = "hanzel-2021"


@dataclass(frozen=True)
class Published:
    """One model as published: typical values for given patients, variances, residual error."""

    name: str
    children: bool
    typical: Callable[[Patients], Typical]
    variances: dict[str, float]  # of the normal deviates on the log scale, between patients
    proportional_sd: float
    additive_sd: float = 0.0  # µg/mL; both errors are independent draws, so their variances add
    occasion_variance: float = 0.0  # of the log of clearance, between occasions


def _reach(who: Patients) -> Typical:
    kg = who.weight_kg
    return {
        "CL": 0.00543 * kg * (kg / 42) ** -0.34 * (who.albumin_g_dl / 3.8) ** -1.22,
        "V1": 0.0542 * kg * (kg / 42) ** -0.171,
        "V2": 0.0292 * kg * (kg / 42) ** -0.414,
        "Q": 0.00352 * kg,
    }


def _combined(who: Patients) -> Typical:
    kg = who.weight_kg
    effects = (1 + 0.291 * who.ati_positive) * (1 - 0.137 * who.immunomodulator)
    return {
        "CL": 0.00542 * kg * (kg / 65) ** -0.313 * (who.albumin_g_dl / 4.1) ** -0.855 * effects,
        "V1": 0.0524 * kg * (kg / 65) ** -0.233,
        "V2": 0.0196 * kg * (kg / 65) ** -0.588,
        "Q": 0.00226 * kg,
    }


def _xu(who: Patients) -> Typical:
    size = who.weight_kg / 70
    antibodies = 1 + 0.257 * who.ati_positive
    return {
        "CL": 0.294 * size**0.614 * (who.albumin_g_dl / 4) ** -1.17 * antibodies,
        "V1": 3.33 * size**0.691,
        "V2": 1.14 * size**0.59,
        "Q": 0.0719 * size**1.1,
    }


def _dubinsky(who: Patients) -> Typical:
    size = who.weight_kg / 70
    antibodies = 1 + 0.231 * who.ati_positive
    return {
        "CL": 0.296 * size**0.612 * (who.albumin_g_dl / 4) ** -2.3 * antibodies,
        "V1": 3.30 * size**0.696,
        "V2": 1.16 * size**0.604,
        "Q": 0.0781 * size**1.15,
    }


def _hanzel(who: Patients) -> Typical:
    size = who.weight_kg / 70
    every = np.ones_like(size)
    return {
        "CL": 0.355 * size**0.666 * (who.albumin_g_dl / 4.4) ** -0.826 * 1.39**who.ati_positive,
        "V1": 3.10 * size**0.385,
        "V2": 1.93 * size**1.08,
        "Q": 0.598 * size**1.26,
        "ka": 0.273 * every,
        "F": 0.791 * every,
    }


def _passot(who: Patients) -> Typical:
    """One compartment; the multi-disease model for Crohn's disease."""
    size = who.weight_kg / 67
    return {
        "CL": 0.23 * size**0.603 * np.exp(0.181 * who.male + 0.384),
        "V1": 5.2 * size**0.277 * np.exp(0.209 * who.male + 0.399),
    }


MODELS = {
    REACH: Published(
        "Fasanmade 2011, REACH",
        children=True,
        typical=_reach,
        variances={"CL": 0.064, "V1": 0.027, "V2": 0.122},
        proportional_sd=0.275,
        additive_sd=0.244,
        occasion_variance=0.048,
    ),
    DUBINSKY: Published(
        "Dubinsky 2017",
        children=True,
        typical=_dubinsky,
        variances={"CL": 0.098, "V1": 0.010, "V2": 0.579, "Q": 1.232},
        proportional_sd=0.419,
    ),
    COMBINED: Published(
        "Fasanmade 2011, combined",
        children=False,
        typical=_combined,
        variances={"CL": 0.0942, "V1": 0.0159, "V2": 0.306},
        proportional_sd=0.292,
        additive_sd=0.371,
        occasion_variance=0.0335,
    ),
    XU: Published(
        "Wojciechowski 2017",
        children=False,
        typical=_xu,
        variances={"CL": 0.106929, "V1": 0.0225, "V2": 0.638401, "Q": 1.21},
        proportional_sd=0.419,
    ),
    PASSOT: Published(
        "Passot 2016",
        children=False,
        typical=_passot,
        variances={"CL": 0.092, "V1": 0.050},
        proportional_sd=0.223,
        additive_sd=0.72,
    ),
    HANZEL: Published(
        "Hanzel 2021",
        children=False,
        typical=_hanzel,
        variances={"CL": 0.073928, "V1": 0.044778, "ka": 0.211253, "F": 0.026541},
        proportional_sd=0.102,
        additive_sd=1.66,
    ),
}


def individual(model: Published, who: Patients, random: np.random.Generator) -> Typical:
    """Draw the parameters of each patient: typical values times the exponential of a normal deviate."""
    values = {name: value.copy() for name, value in model.typical(who).items()}
    for name in sorted(model.variances):
        deviates = random.normal(0.0, np.sqrt(model.variances[name]), who.count)
        values[name] = values[name] * np.exp(deviates)
    return values


def measured(model: Published, true_level: Array, deviates: tuple[Array, Array]) -> Array:
    """Return what is measured: the true level with both errors, from two standard normal deviates."""
    proportional, additive = deviates
    return true_level * (1 + model.proportional_sd * proportional) + model.additive_sd * additive
