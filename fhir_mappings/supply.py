"""The interval that a dispensed supply comes to: its days, shared among its doses."""

from __future__ import annotations

from typing import Any

from fhir_mappings.acquired import Resource
from fhir_mappings.dosage import ReadDosage
from fhir_mappings.numbers import value_number
from fhir_mappings.references import text_of
from tdm.facts import Route

_DAYS = frozenset({"", "d", "day", "days", "{day}", "{days}"})
_DOSES = frozenset({"dose", "doses", "{dose}", "{doses}"})
_PENS = frozenset({"pen", "pens", "{pen}", "syringe", "syringes", "{syringe}", "injection", "injections"})
_PEN_MG = 120.0
"""Every pen and syringe on the market holds as much."""

_WHOLE = 0.01


def supply_interval(resource: Resource, dosage: ReadDosage, route: Route | None) -> float | None:
    """Return days per dose where days and number of doses are both told; None rather than a guess.

    Vials are no doses, and an instruction that cannot be read is not replaced by a calculation.
    """
    if dosage.issues or dosage.loading_schedule:
        return None
    days = _of_units(resource.get("daysSupply"), _DAYS)
    quantity = resource.get("quantity")
    doses = _of_units(quantity, _DOSES)
    if doses is None and dosage.amount_mg:
        doses = _whole(_milligrams(quantity, route), dosage.amount_mg)
    return days / doses if days and doses else None


def _milligrams(quantity: Any, route: Route | None) -> float | None:
    pens = _of_units(quantity, _PENS) if route is Route.SUBCUTANEOUS else None
    return _of_units(quantity, frozenset({"mg"})) if pens is None else pens * _PEN_MG


def _whole(total_mg: float | None, dose_mg: float) -> float | None:
    """Return how many doses a total holds; None where it does not hold a whole number of them."""
    doses = 0.0 if total_mg is None else total_mg / dose_mg
    nearest = round(doses)
    return float(nearest) if nearest and abs(doses - nearest) < _WHOLE else None


def _of_units(quantity: Any, units: frozenset[str]) -> float | None:
    """Return the positive value of a Quantity whose unit (else whose code) is one of those."""
    if not isinstance(quantity, dict):
        return None
    unit = (text_of(quantity.get("unit")) or text_of(quantity.get("code"))).lower()
    value = value_number(quantity.get("value"))
    return value if unit in units and value is not None and value > 0 else None
