"""Which medicine a record is about: its code, the Medication it refers to, or as a last resort its display.

A medicine can be named inline, in a contained Medication, in a Medication elsewhere in the request, by an
ingredient of either, or only by the text beside an unresolved reference. Product and strength are needed
too: pens are subcutaneous, and a dose in millilitres or vials means nothing without a strength.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from fhir_mappings.acquired import AcquiredResources, Resource
from fhir_mappings.codes import CodeSets, Codings, MedicationMatch, codings_of
from fhir_mappings.numbers import plain_number, value_number
from fhir_mappings.references import relative_reference, text_of
from tdm.facts import Route

_MAX_LABEL = 120
_MILLIGRAM_UNITS = {"mg": 1.0, "milligram": 1.0, "milligrams": 1.0, "g": 1000.0, "gram": 1000.0}
_STRENGTH_IN_NAME = re.compile(
    r"(?<![0-9.,])([0-9]+(?:[.,][0-9]+)?)\s*mg(?:\s*/\s*([0-9]+(?:[.,][0-9]+)?)?\s*(ml))?(?![a-z/])",
    re.IGNORECASE,
)
_BRANDS = re.compile(
    rb"inflixim|remicade|remicaid|remsima|inflectra|infectra|flixabi|zessly|renflexis|avsola|ixifi|zymfentra"
    rb"|infiximab|inflixamab|inflixumab|inflixmab|inflximab|infleximab|influximab|inflizimab|infilximab"
    rb"|inlfiximab|infliksimab|(?<![a-z0-9])ifx(?![a-z0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Strength:
    """Milligrams of infliximab in one `unit` ("ml", or "" for one vial, pen or other piece)."""

    mg_per_unit: float
    unit: str


@dataclass(frozen=True, slots=True)
class Medicine:
    """What is known of the medicine of one record.

    `match` is None for medicines of no interest. `unresolved`: the record refers to a medicine that was not
    sent, and names none. `by_name`: recognised by its name only. `label` is for humans.
    """

    match: MedicationMatch | None
    label: str
    by_name: bool = False
    unresolved: bool = False
    strength: Strength | None = None

    @property
    def is_infliximab(self) -> bool:
        """Return whether the medicine is infliximab."""
        return self.match is not None and self.match.is_infliximab

    @property
    def route(self) -> Route | None:
        """Return the route where the product itself settles it."""
        return None if self.match is None else self.match.route


class Medicines:
    """The Medication resources of one request, by every address under which a record may refer to them."""

    __slots__ = ("_by_reference", "codes")

    def __init__(self, codes: CodeSets, by_reference: Mapping[str, Resource]) -> None:
        self.codes = codes
        self._by_reference = by_reference

    def with_more(self, by_reference: Mapping[str, Resource]) -> Medicines:
        """Return an index in which further Medications come before the known ones."""
        return Medicines(self.codes, {**self._by_reference, **by_reference}) if by_reference else self

    def find(self, reference: str, record: Resource) -> Resource | None:
        """Return the Medication that a reference leads to, contained ones included; None: it was not sent."""
        written = reference.strip()
        if written.startswith("#"):
            return next((c for c in contained(record) if c.get("id") == written[1:]), None)
        found = self._by_reference.get(written)
        return self._by_reference.get(relative_reference(written)) if found is None else found


def medicines_of(acquired: AcquiredResources, codes: CodeSets) -> Medicines:
    """Index the Medication resources of one request; of two under one address, the first key's counts."""
    found: dict[str, Resource] = {}
    for name in sorted(acquired.keys):
        key = acquired.keys[name]
        for index, resource in enumerate(key.resources):
            if resource.get("resourceType") == "Medication":
                identifier = text_of(resource.get("id"))
                if identifier:
                    found.setdefault(f"Medication/{identifier}", resource)
                if index < len(key.full_urls) and key.full_urls[index]:
                    found.setdefault(key.full_urls[index], resource)
    return Medicines(codes, found)


def medicine_of(record: Resource, medicines: Medicines) -> Medicine:
    """Return the medicine of a MedicationRequest, -Administration, -Dispense or -Statement.

    A ServiceRequest is read by its code. Codes come before names, and a record's own code before what it
    refers to.
    """
    inline = record.get("medicationCodeableConcept")
    if inline is None and record.get("resourceType") == "ServiceRequest":
        inline = record.get("code")
    reference = record.get("medicationReference")
    if not isinstance(reference, dict) or not reference:
        return _inline_medicine(*codings_of(inline), medicines.codes)
    written = reference.get("reference")
    product = medicines.find(written, record) if isinstance(written, str) else None
    display = text_of(reference.get("display"))
    found = _first_match(_concepts(inline, product, display), medicines.codes)
    label = _label(inline) or (_label(product.get("code")) if product is not None else "") or display
    return Medicine(
        match=found,
        label=label[:_MAX_LABEL],
        by_name=found is not None and not found.coded,
        unresolved=found is None and not label and product is None,
        strength=_strength(product, label, medicines.codes) if found is not None else None,
    )


@lru_cache(maxsize=2048)
def _inline_medicine(codings: Codings, text: str, codes: CodeSets) -> Medicine:
    """Return a medicine that is named by its own concept only; the same few come again and again."""
    match = codes.medication(codings, text)
    label = _label({"coding": [{"display": display} for _, _, display in codings], "text": text})[:_MAX_LABEL]
    strength = _strength_in_name(label) if match is not None else None
    return Medicine(match, label, by_name=match is not None and not match.coded, strength=strength)


def _concepts(inline: Any, product: Resource | None, display: str) -> Iterator[Any]:
    yield inline
    if product is not None:
        yield product.get("code")
        for ingredient in _objects(product.get("ingredient")):
            yield ingredient.get("itemCodeableConcept")
            item = ingredient.get("itemReference")
            if isinstance(item, dict):
                yield item.get("display")
    yield display


def _first_match(concepts: Iterator[Any], codes: CodeSets) -> MedicationMatch | None:
    """Return the first coded match, else the first match by name."""
    by_name = None
    for concept in concepts:
        if concept:
            match = codes.medication(*codings_of(concept))
            if match is not None and match.coded:
                return match
            by_name = by_name or match
    return by_name


def _label(concept: Any) -> str:
    codings, text = codings_of(concept)
    return text.strip() or next((display.strip() for _, _, display in codings if display.strip()), "")


def _strength(product: Resource | None, label: str, codes: CodeSets) -> Strength | None:
    """Return the strength of the infliximab in a Medication, or the one its name gives."""
    for ingredient in _objects(product.get("ingredient") if product is not None else None):
        match = codes.medication(*codings_of(ingredient.get("itemCodeableConcept")))
        if (match is not None and match.is_infliximab) or ingredient.get("itemCodeableConcept") is None:
            strength = _ratio(ingredient.get("strength"))
            if strength is not None:
                return strength
    return _strength_in_name(label)


def _ratio(strength: Any) -> Strength | None:
    """Read "500 mg in 250 mL"; a numerator alone is the content of one piece."""
    if not isinstance(strength, dict) or not isinstance(strength.get("numerator"), dict):
        return None
    milligrams = quantity_in(strength["numerator"], _MILLIGRAM_UNITS)
    if milligrams is None:
        return None
    denominator = strength.get("denominator")
    if not isinstance(denominator, dict):
        return Strength(milligrams, "")
    amount = value_number(denominator.get("value"))
    if amount is None or amount <= 0:
        return None
    unit = unit_text(denominator)
    return Strength(milligrams / amount, "ml" if unit in {"ml", "milliliter", "millilitre"} else "")


@lru_cache(maxsize=1024)
def _strength_in_name(label: str) -> Strength | None:
    """Read "100 MG Injection" or "120 MG/ML Prefilled Syringe"; a name with two strengths has none."""
    found = {match.groups() for match in _STRENGTH_IN_NAME.finditer(label)}
    if len(found) != 1:
        return None
    amount, per, unit = found.pop()
    milligrams = plain_number(amount)
    volume = 1.0 if per is None else plain_number(per)
    if not milligrams or not volume:
        return None
    return Strength(milligrams / volume, "ml" if unit else "")


def unit_text(quantity: Mapping[str, Any]) -> str:
    """Return the unit of a quantity in lower case: its text, or its code where there is no text."""
    for name in ("code", "unit"):
        unit = quantity.get(name)
        if isinstance(unit, str) and unit.strip():
            return unit.strip().lower()
    return ""


def quantity_in(quantity: Mapping[str, Any], units: Mapping[str, float]) -> float | None:
    """Return a positive quantity times the factor of its unit; None for other units and for no number."""
    value = value_number(quantity.get("value"))
    factor = units.get(unit_text(quantity))
    return value * factor if value is not None and value > 0 and factor is not None else None


def contained(record: Resource) -> list[Resource]:
    """Return the resources that a record contains."""
    return _objects(record.get("contained"))


def _objects(value: Any) -> list[Resource]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def names_infliximab(value: Any) -> bool:
    """Say whether anything in a JSON value names infliximab or a brand of it: for unreadable orders."""
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:
        text = repr(value).encode("utf-8", "replace")
    return _BRANDS.search(text) is not None
