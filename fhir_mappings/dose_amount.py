"""The amount of one dose: milligrams, milligrams per kilogram, billing units, vials or millilitres.

A billing unit of an infliximab product stands for ten milligrams, so that "50 units" is 500 mg. Vials, pens
and millilitres count only with a strength. A number without a unit is unreadable: milligrams are not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from fhir_mappings.medication import Medicine, unit_text
from fhir_mappings.numbers import value_number

_MG = {
    "mg": 1.0, "milligram": 1.0, "milligrams": 1.0, "mg/dose": 1.0, "mg{dose}": 1.0,
    "g": 1000.0, "gram": 1000.0, "grams": 1000.0,
}  # fmt: skip
_MG_PER_KG = {"mg/kg": 1.0, "mg/kg/dose": 1.0, "mg/kg{dose}": 1.0, "mg per kg": 1.0,
              "milligram per kilogram": 1.0, "mg/kg body weight": 1.0, "mg/kg.dose": 1.0}  # fmt: skip
_BILLING_UNITS = frozenset(
    {
        "unit",
        "units",
        "{unit}",
        "{units}",
        "u",
        "[u]",
        "hcpcs unit",
        "billing unit",
        "billing units",
        "1",
        "each",
        "ea",
    }
)
_PIECES = frozenset({
    "vial", "vials", "{vial}", "{vials}", "flacon", "flacons", "injectieflacon", "durchstechflasche",
    "pen", "pens", "{pen}", "{syringe}", "syringe", "syringes", "spuit", "injection", "{injection}",
    "each", "ea", "{each}", "1",
})  # fmt: skip
_MILLILITRES = frozenset({"ml", "milliliter", "millilitre", "milliliters", "millilitres"})


class Amount(msgspec.Struct, frozen=True):
    """A dose. `unreadable`: an amount was given, but not one that can be told in milligrams."""

    mg: float | None = None
    mg_per_kg: float | None = None
    unreadable: bool = False


def amount_of(quantity: Any, medicine: Medicine) -> Amount:
    """Read one dose quantity. A number without a unit is unreadable: milligrams are not guessed."""
    if not isinstance(quantity, dict) or quantity.get("value") is None:
        return Amount()
    value, unit = value_number(quantity.get("value")), unit_text(quantity)
    if value is None or value <= 0:
        return Amount(unreadable=True)
    if unit in _MG:
        return Amount(mg=value * _MG[unit])
    if unit in _MG_PER_KG:
        return Amount(mg_per_kg=value * _MG_PER_KG[unit])
    factor = _mg_per_piece(unit, medicine)
    return Amount(unreadable=True) if factor is None else Amount(mg=value * factor)


def _mg_per_piece(unit: str, medicine: Medicine) -> float | None:
    """Return the milligrams of one billing unit, vial, pen or millilitre; a billing code comes first."""
    unit_mg = medicine.match.unit_mg if medicine.match is not None else None
    if unit_mg is not None and unit in _BILLING_UNITS:
        return unit_mg
    strength = medicine.strength
    if strength is None:
        return None
    if unit in _MILLILITRES:
        return strength.mg_per_unit if strength.unit == "ml" else None
    return strength.mg_per_unit if unit in _PIECES and not strength.unit else None


def dose_and_rate_amount(dosage: dict[str, Any], medicine: Medicine) -> Amount:
    """Read the dose of a Dosage: `doseAndRate` as list or object, or the dose beside it (before R4)."""
    entries = dosage.get("doseAndRate")
    places = [*entries, dosage] if isinstance(entries, list) else [entries, dosage]
    amounts = [amount for place in places if isinstance(place, dict) for amount in _amounts(place, medicine)]
    return amounts[0] if len(amounts) == 1 else one_amount(amounts)


def _amounts(place: dict[str, Any], medicine: Medicine) -> list[Amount]:
    """Return the amounts that are written in one place: a quantity, a range, usually one, rarely both."""
    quantity, dose_range = place.get("doseQuantity") or place.get("dose"), place.get("doseRange")
    amounts = [amount_of(quantity, medicine)] if quantity else []
    if isinstance(dose_range, dict):
        low, high = (amount_of(dose_range.get(end), medicine) for end in ("low", "high"))
        amounts.append(low if low == high else Amount(unreadable=True))
    return amounts


def one_amount(amounts: Iterable[Amount]) -> Amount:
    """Join amounts: one in milligrams and one per kilogram complete each other, two different ones do not."""
    totals: set[float] = set()
    per_kg: set[float] = set()
    unreadable = False
    for amount in amounts:
        unreadable = unreadable or amount.unreadable
        if amount.mg is not None:
            totals.add(amount.mg)
        if amount.mg_per_kg is not None:
            per_kg.add(amount.mg_per_kg)
    if len(totals) > 1 or len(per_kg) > 1:
        return Amount(unreadable=True)
    if totals or per_kg:
        return Amount(totals.pop() if totals else None, per_kg.pop() if per_kg else None)
    return Amount(unreadable=unreadable)
