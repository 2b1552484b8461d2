"""Arithmetic of doses and intervals: what a stronger or weaker regimen would be, in mg, mg/kg and days."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from tdm.decision import Regimen
from tdm.knowledge.model import Policy


@dataclass(frozen=True, slots=True)
class DoseChange:
    """A dose in mg and mg/kg; `mg` is None where no recent weight is known."""

    mg: float | None
    mg_per_kg: float


def current_mg_per_kg(regimen: Regimen) -> float | None:
    """Return the dose in force in mg/kg; worked out from mg and weight where it is not stated."""
    if regimen.dose_mg_per_kg is not None:
        return regimen.dose_mg_per_kg
    if regimen.dose_mg is None or not regimen.weight_kg:
        return None
    return regimen.dose_mg / regimen.weight_kg


def current_mg(regimen: Regimen) -> float | None:
    """Return the dose in force in mg; worked out from mg/kg and weight where it is not stated."""
    if regimen.dose_mg is not None:
        return regimen.dose_mg
    if regimen.dose_mg_per_kg is None or not regimen.weight_kg:
        return None
    return float(floor(regimen.dose_mg_per_kg * regimen.weight_kg + 1e-9))


def dose_for(
    target_mg_per_kg: float, weight_kg: float | None, cap_mg_per_kg: float, policy: Policy
) -> DoseChange:
    """Return the dose to give for a target in mg/kg, rounded down to mg or to vials, never above the cap."""
    if not weight_kg:
        return DoseChange(None, target_mg_per_kg)
    wanted = target_mg_per_kg * weight_kg
    if not policy.round_to_vials:
        mg = float(floor(wanted + 1e-9))
        return DoseChange(mg, mg / weight_kg)
    vials = max(1, round(wanted / policy.vial_mg))
    if vials > 1 and vials * policy.vial_mg > cap_mg_per_kg * weight_kg * (1 + 1e-9):
        vials -= 1
    mg = vials * policy.vial_mg
    return DoseChange(mg, mg / weight_kg)


def raised_dose(regimen: Regimen, cap_mg_per_kg: float, policy: Policy) -> DoseChange | None:
    """Return the dose at the cap, None where the present one is unknown or hardly lower (within 5 %)."""
    current = current_mg_per_kg(regimen)
    if current is None:
        return None
    change = dose_for(cap_mg_per_kg, regimen.weight_kg, cap_mg_per_kg, policy)
    within_cap = change.mg_per_kg <= cap_mg_per_kg * (1 + 1e-9)
    return change if within_cap and change.mg_per_kg > current * 1.05 else None


def lowered_dose(regimen: Regimen, policy: Policy) -> DoseChange | None:
    """Return the standard dose, None where the present one is unknown or hardly higher (within 5 %)."""
    current = current_mg_per_kg(regimen)
    if current is None:
        return None
    standard = policy.standard_dose_mg_per_kg
    change = dose_for(standard, regimen.weight_kg, policy.maximum_dose_mg_per_kg, policy)
    return change if change.mg_per_kg * 1.05 < current else None


def shortened_small(interval_days: float, policy: Policy) -> float | None:
    """Return the interval shortened by the small step, or to the shortest allowed; None if it is there."""
    shortest = policy.minimum_interval_days
    if interval_days <= shortest + 1:  # orders speak of whole days: one more is no longer interval
        return None
    return max(shortest, interval_days - policy.shorten_small_days)


def shortened_large(interval_days: float, policy: Policy) -> float | None:
    """Return the interval shortened by the large step; None where that would be too short."""
    shortened = interval_days - policy.shorten_large_days
    return shortened if shortened >= policy.minimum_interval_days else None
