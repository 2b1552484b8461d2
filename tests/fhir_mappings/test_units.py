"""Units by alias: what is equal, what is converted, what is kept apart and what is unknown."""

import copy
import json
import tomllib
from pathlib import Path

import pytest

import fhir_mappings
from fhir_mappings.units import (
    Quantity,
    Unit,
    UnitFault,
    UnitFileError,
    find_unit,
    parse_units,
    unit_key,
    units_of,
)

FOLDER = Path(fhir_mappings.__file__).parent
DATA = tomllib.loads((FOLDER / "units.toml").read_text(encoding="utf-8"))
SCHEMA = json.loads((FOLDER / "schema" / "units.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("quantity", "unit", "value", "converted"),
    [
        (Quantity.LEVEL, "ug/mL", 4.2, 4.2),
        (Quantity.LEVEL, "mcg/mL", 4.2, 4.2),
        (Quantity.LEVEL, "\u00b5g/mL", 4.2, 4.2),
        (Quantity.LEVEL, "\u03bcg/mL", 4.2, 4.2),
        (Quantity.LEVEL, "mg/L", 4.2, 4.2),
        (Quantity.LEVEL, "MG/L", 4.2, 4.2),
        (Quantity.LEVEL, " UG / ML ", 4.2, 4.2),
        (Quantity.LEVEL, "ng/mL", 3300, 3.3),
        (Quantity.LEVEL, "ng/mL", 4200, 4.2),
        (Quantity.CRP, "mg/L", 12.0, 12.0),
        (Quantity.CRP, "mg/dL", 1.2, 12.0),
        (Quantity.CRP, "mg/dL", 0.7, 7.0),
        (Quantity.CALPROTECTIN, "ug/g", 250, 250),
        (Quantity.CALPROTECTIN, "mg/kg", 250, 250),
        (Quantity.CALPROTECTIN, "\u00b5g/g", 250, 250),
        (Quantity.ALBUMIN, "g/dL", 3.9, 3.9),
        (Quantity.ALBUMIN, "g/L", 39, 3.9),
        (Quantity.ESR, "mm/h", 20, 20),
        (Quantity.ESR, "mm", 20, 20),
        (Quantity.ESR, "mm/uur", 20, 20),
        (Quantity.ALT, "U/L", 40, 40),
        (Quantity.ALT, "[iU]/L", 40, 40),
        (Quantity.ALT, "\u00b5kat/L", 1, 60),
        (Quantity.WEIGHT, "kg", 70, 70),
        (Quantity.WEIGHT, "g", 70000, 70),
        (Quantity.WEIGHT, "[lb_av]", 100, 45.359237),
        (Quantity.WEIGHT, "lb", 100, 45.359237),
        (Quantity.WEIGHT, "lbs", 100, 45.359237),
        (Quantity.SCORE, "{score}", 7, 7),
        (Quantity.SCORE, "points", 7, 7),
    ],
)
def test_a_known_unit_is_converted_exactly(quantity, unit, value, converted):
    for shown, code in ((unit, None), (None, unit), (unit, unit)):
        found = find_unit(quantity, shown, code)
        assert isinstance(found, Unit)
        assert found.convert(value) == converted


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [
        (Quantity.LEVEL, "mg/mL"),
        (Quantity.LEVEL, "g/L"),
        (Quantity.LEVEL, "ug/L"),
        (Quantity.LEVEL, "mg/dL"),
        (Quantity.LEVEL, "U/mL"),
        (Quantity.LEVEL, "AU/mL"),
        (Quantity.LEVEL, "nmol/L"),
        (Quantity.LEVEL, "%"),
        (Quantity.CRP, "ng/mL"),
        (Quantity.CRP, "nmol/L"),
        (Quantity.CALPROTECTIN, "ug/mL"),
        (Quantity.CALPROTECTIN, "ug/L"),
        (Quantity.ALBUMIN, "%"),
        (Quantity.ALBUMIN, "mg/L"),
        (Quantity.WEIGHT, "stone"),
        (Quantity.ATI, "ug/mL"),
        (Quantity.ATI, "mg/L"),
    ],
)
def test_an_unlisted_unit_is_unknown(quantity, unit):
    assert find_unit(quantity, unit, None) is UnitFault.UNKNOWN
    assert find_unit(quantity, None, unit) is UnitFault.UNKNOWN


@pytest.mark.parametrize(("shown", "code"), [(None, None), ("", ""), ("  ", None), (5, ["x"])])
def test_no_unit_at_all_is_missing(shown, code):
    assert find_unit(Quantity.LEVEL, shown, code) is UnitFault.MISSING


@pytest.mark.parametrize(
    ("shown", "code"),
    [("ng/mL", "ug/mL"), ("ug/mL", "ng/mL"), ("ug/mL", "U/mL"), ("U/mL", "ug/mL"), ("kg", "mg/L")],
)
def test_unit_and_code_that_contradict_each_other_are_not_used(shown, code):
    assert find_unit(Quantity.LEVEL, shown, code) is UnitFault.DISAGREEING


def test_a_wordy_unit_beside_a_known_code_is_tolerated():
    assert find_unit(Quantity.LEVEL, "micrograms per milliliter", "ug/mL") == Unit("ug/mL")
    assert find_unit(Quantity.LEVEL, "mcg/mL", "mg/L") == Unit("ug/mL")


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("U/mL", "U/mL"),
        ("u/ml", "U/mL"),
        ("AU/mL", "AU/mL"),
        ("[arb'U]/mL", "AU/mL"),
        ("AU", "AU/mL"),
        ("ng/mL", "ng/mL"),
        ("ng/mL-eq", "ng/mL-eq"),
        ("\u00b5g/mL-eq", "ug/mL-eq"),
        ("{titer}", "titer"),
    ],
)
def test_units_of_antibodies_stay_kinds_of_their_own(unit, kind):
    assert find_unit(Quantity.ATI, unit, None) == Unit(kind)
    assert find_unit(Quantity.ATI, unit, None).convert(12.5) == 12.5


def test_kinds_of_antibody_units_never_agree_with_each_other():
    assert find_unit(Quantity.ATI, "U/mL", "AU/mL") is UnitFault.DISAGREEING
    assert find_unit(Quantity.ATI, "AU/mL", "[arb'U]/mL") == Unit("AU/mL")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  mcg / mL ", "ug/ml"),
        ("\u00b5g/mL", "ug/ml"),
        ("\u03bcg/mL", "ug/ml"),
        ("mm  in 1   hour", "mm in 1 hour"),
        ("x" * 100, "x" * 60),
    ],
)
def test_units_are_compared_in_one_spelling(text, key):
    assert unit_key(text) == key


def test_every_alias_stands_for_one_unit_of_its_quantity():
    assert units_of(Quantity.LEVEL)["mg/l"] == Unit("ug/mL")
    for quantity in Quantity:
        assert units_of(quantity)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d["quantities"].pop("crp"),
            r"^units\.toml: the quantities are not those the readers know$",
        ),
        (lambda d: d["quantities"].update(other=d["quantities"]["crp"]), "not those the readers know"),
        (lambda d: d["quantities"]["crp"]["units"][0]["aliases"].append("\u00b5g/ml"), "given twice"),
        (lambda d: d["quantities"]["crp"]["units"][0].update(factor=0), "factor"),
        (lambda d: d["quantities"]["crp"]["units"][0]["aliases"].append("MG/L"), "aliases"),
    ],
)
def test_a_fault_in_the_file_is_refused_and_named(change, message):
    data = copy.deepcopy(DATA)
    change(data)
    with pytest.raises(UnitFileError, match=message):
        parse_units(data, SCHEMA)
