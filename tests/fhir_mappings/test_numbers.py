"""Numbers, exactly: what is one, what is not, and which comparator stands before it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.numbers import json_comparator, json_number, plain_number, text_number, value_number
from tdm.facts import Comparator


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (4, 4.0),
        (4.2, 4.2),
        (0, 0.0),
        (-1, -1.0),
        (Decimal("4.2"), 4.2),
        (1e9, 1e9),
        (10**9, 1e9),
        (-1e9, -1e9),
    ],
)
def test_a_json_number_is_read(value, number):
    assert json_number(value) == number
    assert value_number(value) == number


@pytest.mark.parametrize(
    "value",
    [True, False, None, "4.2", [], {}, float("nan"), float("inf"), 10**9 + 1, 1.1e9, -(10**9) - 1, 10**400,
     Decimal("1e400")],
)  # fmt: skip
def test_what_is_no_plain_json_number_is_refused(value):
    assert json_number(value) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4.2", 4.2),
        (" 4,2 ", 4.2),
        ("+4.2", 4.2),
        ("-1", -1.0),
        ("0,125", 0.125),
        ("0.125", 0.125),
        ("1.250", 1.25),  # a Quantity's value: JSON writes a point
        ("12,34", 12.34),
        ("1,2345", 1.2345),
        ("007", 7.0),
        ("-0,125", -0.125),
        ("+0,125", 0.125),
        ("0" * 79 + "4", 4.0),
    ],
)
def test_a_number_sent_as_text_is_read(text, number):
    assert plain_number(text) == number
    assert value_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", " ", "1_000", "nan", "inf", "\uff15", "\u0664", "1e3", "0x10", "1,250", "12,500", "-1,250", "1.2.3",
     "1,2,3", "1.250,5", "1'000", "1 000", ".5", "5.", "< 4", "4.2 ug/mL", "4" * 81],
)  # fmt: skip
def test_what_could_be_something_else_is_no_number(text):
    assert plain_number(text) is None


@pytest.mark.parametrize(
    ("text", "comparator", "number", "unit"),
    [
        ("4.2", "=", 4.2, ""),
        ("< 0.4", "<", 0.4, ""),
        ("<0,4", "<", 0.4, ""),
        ("<= 3", "<=", 3.0, ""),
        ("=< 3", "<=", 3.0, ""),
        ("\u2264 3", "<=", 3.0, ""),
        (">=100", ">=", 100.0, ""),
        ("=> 3", ">=", 3.0, ""),
        ("\u22653", ">=", 3.0, ""),
        ("> 125.0", ">", 125.0, ""),
        ("= 5", "=", 5.0, ""),
        ("less than 0.4 ug/mL", "<", 0.4, "ug/mL"),
        ("Less Than 0.4", "<", 0.4, ""),
        ("kleiner dan 0,4 mg/L", "<", 0.4, "mg/L"),
        ("weniger als 0,4", "<", 0.4, ""),
        ("inf\u00e9rieur \u00e0 0,4", "<", 0.4, ""),
        ("greater than 20", ">", 20.0, ""),
        ("hoger dan 20", ">", 20.0, ""),
        ("at least 3", ">=", 3.0, ""),
        ("at most 3", "<=", 3.0, ""),
        ("4.2 ug/mL", "=", 4.2, "ug/mL"),
        ("4.2ug/mL", "=", 4.2, "ug/mL"),
        ("4.2 \u00b5g/mL", "=", 4.2, "\u00b5g/mL"),
        ("40 E/L", "=", 40.0, "E/L"),
        ("40E/L", "=", 40.0, "E/L"),
        ("12 %", "=", 12.0, "%"),
        ("100 [arb'U]/mL", "=", 100.0, "[arb'U]/mL"),
        ("12 {titer}", "=", 12.0, "{titer}"),
        ("0.125", "=", 0.125, ""),
        ("4.2" + " " * 77, "=", 4.2, ""),
    ],
)
def test_a_result_in_text_is_read_whole(text, comparator, number, unit):
    read = text_number(text)
    assert read is not None
    assert (read.comparator, read.value, read.unit, read.titre) == (
        Comparator(comparator),
        number,
        unit,
        False,
    )


@pytest.mark.parametrize(
    ("text", "comparator", "number"),
    [("1:40", "=", 40.0), ("1 : 640", "=", 640.0), ("titer 1:80", "=", 80.0), ("> 1:1280", ">", 1280.0)],
)
def test_a_titre_is_no_concentration(text, comparator, number):
    read = text_number(text)
    assert read is not None
    assert (read.comparator, read.value, read.unit, read.titre) == (Comparator(comparator), number, "", True)


@pytest.mark.parametrize(
    "text",
    ["", "<", "volgt", "zie commentaar", "1_000", "nan", "\uff15", "3-7", "3 - 7", "1e3", "1E+3", "2022-01-01",  # noqa: E501
     "12:30", "2:40", "1:40:2", "1 000", "1.250", "1,250", "1'250", "5+", "+++", "--4", "1.2.3", "4.2;", "4.2 *",  # noqa: E501
     "<< 4", "less than", "lessthan 4", "x" * 81, "4 2", ">=100UCUM http://unitsofmeasure.org,%" + " " * 60,
     "4.2\u00b2", "1e3 ug/mL", "1e-3", "1E-3 ug/mL"],
)  # fmt: skip
def test_text_that_is_not_wholly_understood_is_no_number(text):
    assert text_number(text) is None


@pytest.mark.parametrize(
    ("value", "comparator"),
    [
        (None, Comparator.EXACT),
        ("", Comparator.EXACT),
        (" < ", Comparator.BELOW),
        ("<=", Comparator.AT_MOST),
        ("\u2264", Comparator.AT_MOST),
        (">=", Comparator.AT_LEAST),
        ("\u2265", Comparator.AT_LEAST),
        (">", Comparator.ABOVE),
        ("=", Comparator.EXACT),
    ],
)
def test_a_comparator_is_read(value, comparator):
    assert json_comparator(value) is comparator


@pytest.mark.parametrize("value", ["ad", "~", "less than", 5, [], {}, "<<"])
def test_an_unknown_comparator_makes_the_number_unusable(value):
    assert json_comparator(value) is None


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_numbers(text):
    read = text_number(text)
    assert read is None or abs(read.value) <= 1e9


@given(st.decimals(min_value="0.01", max_value="999", places=2))
def test_a_printed_number_is_read_as_it_is(number):
    for text in (str(number), str(number).replace(".", ","), f"< {number}", f"{number} ug/mL"):
        read = text_number(text)
        assert read is not None
        assert read.value == float(number)
