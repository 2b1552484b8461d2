"""Numbers, levels and regimens in words."""

import dataclasses

import pytest

from cards.amounts import interval_text, level_text, number, regimen_text, short_regimen_text, with_unit_set
from cards.wording import load_wording
from tdm.decision import Option, OptionKind
from tdm.facts import Comparator
from tests.cards.examples import LEVEL

WORDING = load_wording()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.8, "1.8"),
        (5.0, "5"),
        (350, "350"),
        (100.0, "100"),
        (0.125, "0.125"),
        (4.2361, "4.236"),
        (-0.0001, "0"),
        (10.5, "10.5"),
    ],
)
def test_a_number_has_no_trailing_zeros(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("comparator", "shown"),
    [
        (Comparator.EXACT, "1.8 µg/mL"),
        (Comparator.BELOW, "below 1.8 µg/mL"),
        (Comparator.AT_MOST, "at most 1.8 µg/mL"),
        (Comparator.AT_LEAST, "at least 1.8 µg/mL"),
        (Comparator.ABOVE, "above 1.8 µg/mL"),
    ],
)
def test_a_comparator_is_a_word(comparator: Comparator, shown: str) -> None:
    assert level_text(dataclasses.replace(LEVEL, comparator=comparator), WORDING) == shown


def test_a_level_that_was_not_detected_says_so() -> None:
    assert level_text(dataclasses.replace(LEVEL, value_ug_ml=None, detected=False), WORDING) == "not detected"


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        (None, ""),
        (7, "every week"),
        (14.0, "every 2 weeks"),
        (42, "every 6 weeks"),
        (26 * 7, "every 26 weeks"),
        (27 * 7, "every 27 weeks"),
        (45, "every 45 days"),
        (10.5, "every 10.5 days"),
    ],
)
def test_an_interval_is_in_weeks_where_it_is_whole_weeks(days: float | None, shown: str) -> None:
    assert interval_text(days, WORDING) == shown


@pytest.mark.parametrize(
    ("reported", "shown"),
    [
        ("9 ug/mL", "9 µg/mL"),
        ("< 0.4 mcg/ml", "< 0.4 µg/mL"),
        ("9ug/ml", "9ug/ml"),
        ("9 UG/ML", "9 µg/mL"),
        ("9 \u03bcg/mL", "9 µg/mL"),
        ("9 µg/mL", "9 µg/mL"),
        ("9 mg/L", "9 mg/L"),
        ("9000 ng/mL", "9000 ng/mL"),
        ("12 ug/mL-eq", "12 ug/mL-eq"),
        ("9 bug/mL", "9 bug/mL"),
        ("ug/mL", "ug/mL"),
        (" ug/mL", " ug/mL"),
        ("ug/mL or so", "ug/mL or so"),
        ("", ""),
    ],
)
def test_micrograms_are_set_alike_and_other_units_stay_as_reported(reported: str, shown: str) -> None:
    assert with_unit_set(reported) == shown


@pytest.mark.parametrize(
    ("mg", "per_kg", "days", "full", "short"),
    [
        (350, 5, 42, "5 mg/kg (350 mg) every 6 weeks", "5 mg/kg every 6 weeks"),
        (None, 7.52, None, "7.5 mg/kg", "7.5 mg/kg"),
        (240, None, 14, "240 mg every 2 weeks", "240 mg every 2 weeks"),
        (None, None, 28, "every 4 weeks", "every 4 weeks"),
        (None, None, None, "", ""),
    ],
)
def test_a_regimen_shows_what_is_known_of_it(
    mg: float | None, per_kg: float | None, days: float | None, full: str, short: str
) -> None:
    option = Option(OptionKind.RAISE_DOSE, mg, per_kg, days)
    assert regimen_text(option, WORDING) == full
    assert short_regimen_text(option, WORDING) == short
