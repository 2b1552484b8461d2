"""Units by explicit alias: the factor to the canonical unit, or the kind of an antibody unit.

Unit and code of one Quantity have to agree; a unit that is not listed is unknown, never guessed.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

import jsonschema

_MAX_UNIT = 60


class Quantity(StrEnum):
    """What is measured; the values are the keys of units.toml."""

    LEVEL = "level"
    CRP = "crp"
    CALPROTECTIN = "calprotectin"
    ALBUMIN = "albumin"
    ESR = "esr"
    ALT = "alt"
    WEIGHT = "weight"
    SCORE = "score"
    ATI = "ati"


class UnitFault(StrEnum):
    """Why a unit cannot be used."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    DISAGREEING = "disagreeing"  # unit says one thing, code another


class UnitFileError(ValueError):
    """A fault in units.toml; says where."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that was understood: canonical name and the factor to it (1 for kinds of antibody units)."""

    canonical: str
    factor: float = 1.0

    def convert(self, value: float) -> float:
        """Return a value in the canonical unit, in decimal arithmetic: 3300 ng/mL is 3.3 ug/mL exactly."""
        if self.factor == 1.0:
            return value
        return float(Decimal(repr(value)) * _decimal(self.factor))


LEVEL_DECIMALS = 6
"""A card shows a level with these decimals: more would let the number shown belie its class (5.9999999)."""


def level_ug_ml(unit: Unit, value: float) -> float:
    """Return an infliximab level in µg/mL, to a millionth, which no assay resolves."""
    return round(unit.convert(value), LEVEL_DECIMALS)


@lru_cache(maxsize=256)
def _decimal(factor: float) -> Decimal:
    """Return a factor of units.toml as it is written there."""
    return Decimal(repr(factor))


@lru_cache(maxsize=4096)
def unit_key(text: str) -> str:
    """Return a unit as it is compared: one spelling of micro, single blanks, lower case.

    Blanks around "/" go; "mcg" and "µg" become "ug".
    """
    joined = " ".join(text[:_MAX_UNIT].split()).replace(" /", "/").replace("/ ", "/")
    lowered = joined.replace("\u00b5", "u").replace("\u03bc", "u").lower()
    return "u" + lowered[2:] if lowered.startswith("mcg") else lowered


def units_of(quantity: Quantity) -> Mapping[str, Unit]:
    """Return the alias table of one quantity."""
    return load_units()[quantity]


def find_unit(quantity: Quantity, unit: Any, code: Any) -> Unit | UnitFault:
    """Return the unit of a Quantity from its `unit` and its `code`.

    Either may be absent. If both are known they must mean the same; a known one beside an unknown one
    is used only when the unknown one is the human text and the code is known (the code is the binding
    part), or when there is no code at all.
    """
    shown = unit.strip() if isinstance(unit, str) else ""
    coded = code.strip() if isinstance(code, str) else ""
    return _find(quantity, shown, coded)


@lru_cache(maxsize=4096)
def _find(quantity: Quantity, shown: str, coded: str) -> Unit | UnitFault:
    table = load_units()[quantity]
    if not shown and not coded:
        return UnitFault.MISSING
    by_text = table.get(unit_key(shown)) if shown else None
    by_code = table.get(unit_key(coded)) if coded else None
    if by_text is not None and by_code is not None:
        return by_code if by_text == by_code else UnitFault.DISAGREEING
    if coded:
        if by_code is not None:
            return UnitFault.DISAGREEING if _is_known_elsewhere(shown) else by_code
        return UnitFault.DISAGREEING if by_text is not None else UnitFault.UNKNOWN
    return by_text if by_text is not None else UnitFault.UNKNOWN


def _is_known_elsewhere(shown: str) -> bool:
    """Return whether a text is a unit of some other quantity, so not just a wordy spelling."""
    key = unit_key(shown)
    return bool(shown) and any(key in table for table in load_units().values())


@lru_cache(maxsize=1)
def load_units() -> Mapping[Quantity, Mapping[str, Unit]]:
    """Return all alias tables, read and checked once. Raises UnitFileError when the file is at fault."""
    package = files("fhir_mappings")
    data = tomllib.loads((package / "units.toml").read_text(encoding="utf-8"))
    schema = json.loads((package / "schema" / "units.json").read_text(encoding="utf-8"))
    return parse_units(data, schema)


def parse_units(data: dict[str, Any], schema: dict[str, Any]) -> Mapping[Quantity, Mapping[str, Unit]]:
    """Return checked alias tables from parsed TOML. Raises UnitFileError naming the place."""
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(data))
    if error is not None:
        raise UnitFileError(f"units.toml, {error.json_path}: {error.message[:200]}")
    quantities = data["quantities"]
    if set(quantities) != {quantity.value for quantity in Quantity}:
        raise UnitFileError("units.toml: the quantities are not those the readers know")
    return {quantity: _table(quantity, quantities[quantity.value]) for quantity in Quantity}


def _table(quantity: Quantity, entry: dict[str, Any]) -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    groups = [
        (Unit(entry["canonical"], group["factor"]), group["aliases"]) for group in entry.get("units", ())
    ]
    groups += [(Unit(kind["unit"]), kind["aliases"]) for kind in entry.get("kinds", ())]
    for unit, aliases in groups:
        for alias in aliases:
            key = unit_key(alias)
            if key in table:
                raise UnitFileError(f"units.toml, {quantity.value}: {alias} is given twice")
            table[key] = unit
    return table
