"""The regimen that options are worked out from: the one in force, never above the highest dose allowed."""

from __future__ import annotations

from dataclasses import replace

from tdm.decision import Regimen
from tdm.facts import Order, Route
from tdm.gates_context import order_dose_mg_per_kg
from tdm.knowledge.model import Policy
from tdm.options_dose import current_mg_per_kg, dose_for


def planning_regimen(
    regimen: Regimen, draft: Order | None, policy: Policy, *, interval_only: bool
) -> Regimen:
    """Return the regimen in force with its dose lowered to the highest one allowed.

    Subcutaneous doses are fixed and stay. `interval_only`: in heart failure no option may carry more than the
    dose limit of heart failure, nor more than the order in front of the clinician asks for.
    """
    if regimen.route is Route.SUBCUTANEOUS:
        return regimen
    if interval_only:
        return _in_heart_failure(regimen, draft, policy)
    return _capped(regimen, policy.maximum_dose_mg_per_kg, policy)


def _in_heart_failure(regimen: Regimen, draft: Order | None, policy: Policy) -> Regimen:
    """The lowest of the dose in force, the draft's and the limit; none where the draft's is unknown."""
    if draft is not None:
        asked, current = order_dose_mg_per_kg(draft, regimen.weight_kg), current_mg_per_kg(regimen)
        if asked is None:
            return replace(regimen, dose_mg=None, dose_mg_per_kg=None)
        if current is None or asked < current:
            regimen = replace(regimen, dose_mg=draft.amount_mg, dose_mg_per_kg=asked)
    return _capped(regimen, policy.heart_failure_maximum_dose_mg_per_kg, policy)


def _capped(regimen: Regimen, limit_mg_per_kg: float, policy: Policy) -> Regimen:
    current = current_mg_per_kg(regimen)
    if current is None or current <= limit_mg_per_kg * (1 + 1e-9):
        return regimen
    change = dose_for(limit_mg_per_kg, regimen.weight_kg, limit_mg_per_kg, policy)
    if change.mg_per_kg > limit_mg_per_kg * (1 + 1e-9):  # a single vial is more than the limit allows
        return replace(regimen, dose_mg=None, dose_mg_per_kg=limit_mg_per_kg)
    return replace(regimen, dose_mg=change.mg, dose_mg_per_kg=change.mg_per_kg)
