"""Dose and interval in dosage text: what is taken, and what stays undecided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings import dosage_text
from fhir_mappings.dosage_text import TextDosage, mentions_limit, read_dosage_text


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("every 8 weeks", 56),
        ("Every 8 Weeks", 56),
        ("every  8\nweeks", 56),
        ("every eight (8) weeks", 56),
        ("every eight weeks", 56),
        ("q8w", 56),
        ("Q8WK", 56),
        ("q 8 wk", 56),
        ("q8weeks", 56),
        ("8-weekly", 56),
        ("8\u2013weekly", 56),
        ("8\u2014weekly", 56),
        ("8 weekly", 56),
        ("eight weekly", 56),
        ("om de 8 weken", 56),
        ("iedere acht weken", 56),
        ("1x per 8 weken", 56),
        ("8-wekelijks", 56),
        ("alle 8 Wochen", 56),
        ("8-w\u00f6chentlich", 56),
        ("toutes les 8 semaines", 56),
        ("cada 8 semanas", 56),
        ("every 56 days", 56),
        ("q56d", 56),
        ("every 8 weeks (q8w)", 56),
        ("every 7.5 weeks", 52.5),
        ("every 7,5 weken", 52.5),
        ("every week", 7),
        ("weekly", 7),
        ("every other week", 14),
        ("fortnightly", 14),
        ("every fortnight", 14),
        ("infuse over 2 hours every 6 weeks", 42),
        ("in 250 mL every 4 wk.", 28),
        ("1 dose every week for 8 weeks", 7),
    ],
)
def test_a_plain_interval_is_read(text: str, days: float) -> None:
    reading = read_dosage_text(text)
    assert reading.interval_days == days
    assert not reading.interval_unclear
    assert not reading.loading_schedule


@pytest.mark.parametrize(
    "text",
    [
        "every 6-8 weeks",
        "every 6\u20138 weeks",
        "every 6\u20148 weeks",
        "every 6 to 8 weeks",
        "every 6 or 8 weeks",
        "6-8 weekly",
        "every 8 weeks or every 6 weeks",
        "every month",
        "every 2 months",
        "monthly",
        "maandelijks",
        "biweekly",
        "bi-weekly",
        "every 8 hours",
        "every 0 weeks",
        "q8w, q4w",
    ],
)
def test_an_interval_that_is_not_plain_stays_undecided(text: str) -> None:
    reading = read_dosage_text(text)
    assert reading.interval_days is None
    assert reading.interval_unclear


@pytest.mark.parametrize(
    "text",
    ["", "as directed", "next dose in 8 weeks", "over 2 hours", "for 52 weeks", "at week 14", "5 mg/kg"],
)
def test_a_text_without_an_interval_says_nothing_of_one(text: str) -> None:
    reading = read_dosage_text(text)
    assert reading.interval_days is None
    assert not reading.interval_unclear


@pytest.mark.parametrize(
    "text",
    [
        "weeks 0, 2, 6",
        "week 0,2 and 6",
        "wk 0/2/6",
        "0, 2 and 6 weeks",
        "at week 0, week 2 and week 6",
        "weken 0, 2 en 6",
        "days 0, 14, 42",
    ],
)
def test_a_loading_schedule_is_recognised(text: str) -> None:
    reading = read_dosage_text(text)
    assert reading.loading_schedule
    assert reading.interval_days is None
    followed = read_dosage_text(f"5 mg/kg {text}, then every 8 weeks")
    assert followed.loading_schedule
    assert (followed.amount_mg_per_kg, followed.interval_days) == (5, 56)


@pytest.mark.parametrize("text", ["weeks 0, 2, 60", "week 10, 2, 6", "0.2, 6 mg"])
def test_other_rows_of_numbers_are_no_loading_schedule(text: str) -> None:
    assert not read_dosage_text(text).loading_schedule


@pytest.mark.parametrize(
    ("text", "total", "per_kg"),
    [
        ("400 mg", 400, None),
        ("400mg", 400, None),
        ("400 MG IV", 400, None),
        ("5 mg/kg", None, 5),
        ("5mg/kg/dose", None, 5),
        ("5 mg / kg", None, 5),
        ("5 mg per kg", None, 5),
        ("7.5 mg/kg", None, 7.5),
        ("0.5 mg/kg", None, 0.5),
        ("1 mg", 1, None),
        ("7,5 mg/kg", None, 7.5),
        ("400 mg (5 mg/kg)", 400, 5),
        ("5 mg/kg = 400 mg, 400 mg in 250 mL", 400, 5),
        ("infliximab 475 mg in sodium chloride 0.9%", 475, None),
        ("4 x 100 mg", 400, None),
        ("5 vials of 100 mg", 500, None),
        ("5 mg/kg, max 500 mg", None, 5),
        ("5 mg/kg up to 500 mg", None, 5),
        ("350 mg (4 vials)", 350, None),
        ("400 mg = four vials", 400, None),
        ("350 mg in 2 bags", 350, None),
        ("350 mg x 1, 1 bag", 350, None),
        ("350 mg x 3 doses", 350, None),
        ("350 mg x 4 weeks", 350, None),
        ("5 mg/kg x 2 kg = 10 mg", 10, 5),
        ("350 mg x 70", 350, None),
    ],
)
def test_a_plain_dose_is_read(text: str, total: float | None, per_kg: float | None) -> None:
    reading = read_dosage_text(text)
    assert (reading.amount_mg, reading.amount_mg_per_kg) == (total, per_kg)
    assert not reading.dose_unclear


@pytest.mark.parametrize(
    "text",
    [
        "5-10 mg/kg",
        "400 to 500 mg",
        "400 mg, then 500 mg",
        "5 mg/kg or 10 mg/kg",
        "1,250 mg",
        "4 x 1,250 mg",
        "0 mg",
    ],
)
def test_a_dose_that_is_not_plain_stays_undecided(text: str) -> None:
    reading = read_dosage_text(text)
    assert (reading.amount_mg, reading.amount_mg_per_kg) == (None, None)
    assert reading.dose_unclear


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("175 mg x 2 bags", 175),
        ("175mg x2", 175),
        ("2 bags of 175 mg", 175),
        ("two bags of 175 mg", 175),
        ("175 mg each, 2 x bottles", 175),
        ("100 mg, 4 flacons", 100),
        ("500 mg (4 vials)", 500),
        ("300 mg (4 vials)", 300),
        ("175 mg + 175 mg", 175),
        ("175 mg en 175 mg", 175),
        ("120 mg, 2 pens", 120),
    ],
)
def test_the_amount_of_one_bag_or_vial_of_several_is_not_the_dose(text: str, part: float) -> None:
    reading = read_dosage_text(text)
    assert (reading.amount_mg, reading.part_mg, reading.dose_unclear) == (None, part, True)


@pytest.mark.parametrize(
    "text", ["", "100 mg/10 mL", "300 mg/h", "120 mL/h", "100 mg vial", "100 MG Injection", "0.9%", "2 mg/m2"]
)
def test_strengths_and_rates_are_no_doses(text: str) -> None:
    assert read_dosage_text(text) == TextDosage()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max 500 mg", True),
        ("Maximum dose of 10 mg/kg", True),
        ("not exceeding 500 mg", True),
        ("500 mg", False),
    ],
)
def test_limits_are_told_from_doses(text: str, expected: bool) -> None:
    assert mentions_limit(text) is expected


@given(st.integers(1, 30), st.sampled_from(["every {} weeks", "q{}w", "om de {} weken", "{}-weekly"]))
def test_any_whole_number_of_weeks_is_read(weeks: int, phrase: str) -> None:
    assert read_dosage_text(phrase.format(weeks)).interval_days == weeks * 7


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_throw(text: str) -> None:
    reading = read_dosage_text(text)
    assert reading.interval_days is None or reading.interval_days > 0
    assert reading.amount_mg is None or reading.amount_mg > 0


_EIGHT_WEEKLY = "5 mg/kg every 8 weeks"


@pytest.mark.parametrize(
    "text", ["0" * 10 + " ", f"{_EIGHT_WEEKLY}, order 1234567890", f"{_EIGHT_WEEKLY} ".ljust(300, "x") + "x"]
)
def test_a_long_text_or_number_is_unclear_before_any_pattern_is_tried(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dosage_text, "_read", None)  # whoever calls it throws
    assert read_dosage_text(text) == TextDosage(dose_unclear=True, interval_unclear=True)
    assert mentions_limit(text)


@pytest.mark.parametrize("text", [f"{_EIGHT_WEEKLY}, order 123456789", f"{_EIGHT_WEEKLY} ".ljust(300, "x")])
def test_a_text_and_a_number_of_the_longest_length_are_read(text: str) -> None:
    assert read_dosage_text(text) == TextDosage(amount_mg_per_kg=5, interval_days=56)
    assert not mentions_limit(text)
