"""Amounts, rhythms and routes of a FHIR dosage, and where number and text disagree."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.codes import MedicationMatch
from fhir_mappings.dosage import ReadDosage, Setting, combined_amount, dosage_text, read_dosages
from fhir_mappings.dosage_text import read_dosage_text
from fhir_mappings.dose_amount import Amount, amount_of, dose_and_rate_amount
from fhir_mappings.dose_timing import Interval, code_interval, repeat_interval
from fhir_mappings.medication import Medicine, Strength
from fhir_mappings.routes import route_of
from tdm.facts import Route
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

VIAL = Medicine(MedicationMatch(None, coded=True), "infliximab", strength=Strength(100, ""))
BAG = Medicine(MedicationMatch(None, coded=True), "infliximab", strength=Strength(2, "ml"))
BILLED = Medicine(MedicationMatch(None, coded=True, unit_mg=10), "infliximab", strength=Strength(100, ""))
BARE = Medicine(MedicationMatch(None, coded=True), "infliximab")
SOURCE = Source("MedicationRequest", "MedicationRequest/1")


def quantity(value: Any, unit: Any = None, code: Any = None) -> dict[str, Any]:
    return {"value": value, "unit": unit, "code": code}


def read(*dosages: Any, medicine: Medicine = BARE) -> ReadDosage:
    return read_dosages(list(dosages), Setting(medicine, "this order", SOURCE))


def codes_of(reading: ReadDosage) -> list[IssueCode]:
    return [issue.code for issue in reading.issues]


@pytest.mark.parametrize(
    ("given", "medicine", "expected"),
    [
        (quantity(400, "mg"), BARE, Amount(mg=400)),
        (quantity(400, None, "mg"), BARE, Amount(mg=400)),
        (quantity("400", " MG "), BARE, Amount(mg=400)),
        (quantity(0.4, "g"), BARE, Amount(mg=400)),
        (quantity(5, "mg/kg"), BARE, Amount(mg_per_kg=5)),
        (quantity(5, "milligram per kilogram", "mg/kg"), BARE, Amount(mg_per_kg=5)),
        (quantity(50, "units"), BILLED, Amount(mg=500)),
        (quantity(50, None, "1"), BILLED, Amount(mg=500)),
        (quantity(500, "mg"), BILLED, Amount(mg=500)),
        (quantity(4, "vial"), VIAL, Amount(mg=400)),
        (quantity(4, "vial"), BILLED, Amount(mg=400)),
        (quantity(250, "mL"), BAG, Amount(mg=500)),
        (quantity(4, "vial"), BAG, Amount(unreadable=True)),
        (quantity(250, "mL"), VIAL, Amount(unreadable=True)),
        (quantity(4, "vial"), BARE, Amount(unreadable=True)),
        (quantity(50, "units"), VIAL, Amount(unreadable=True)),
        (quantity(400), BARE, Amount(unreadable=True)),
        (quantity(400, "tablet"), VIAL, Amount(unreadable=True)),
        (quantity(0, "mg"), BARE, Amount(unreadable=True)),
        (quantity(-400, "mg"), BARE, Amount(unreadable=True)),
        (quantity(True, "mg"), BARE, Amount(unreadable=True)),
        (quantity("1_000", "mg"), BARE, Amount(unreadable=True)),
        (quantity(None, "mg"), BARE, Amount()),
        ("400 mg", BARE, Amount()),
        (None, BARE, Amount()),
    ],
)
def test_a_dose_is_told_in_milligrams_or_not_at_all(given: Any, medicine: Medicine, expected: Amount) -> None:
    assert amount_of(given, medicine) == expected


def test_pieces_of_a_medicine_that_is_not_known_are_unreadable() -> None:
    assert amount_of(quantity(4, "vial"), Medicine(None, "")) == Amount(unreadable=True)
    assert amount_of(quantity(50, "units"), Medicine(None, "")) == Amount(unreadable=True)


MG = quantity(400, "mg")
PER_KG = quantity(5, "mg/kg")


@pytest.mark.parametrize(
    ("dosage", "expected"),
    [
        ({"doseAndRate": [{"doseQuantity": MG}]}, Amount(400)),
        ({"doseAndRate": {"doseQuantity": MG}}, Amount(400)),
        ({"doseQuantity": MG}, Amount(400)),
        ({"dose": MG}, Amount(400)),
        ({"doseAndRate": [{"doseQuantity": MG}, {"doseQuantity": PER_KG}]}, Amount(400, 5)),
        ({"doseAndRate": [{"doseQuantity": MG}], "doseQuantity": MG}, Amount(400)),
        (
            {"doseAndRate": [{"doseQuantity": MG}], "doseQuantity": quantity(500, "mg")},
            Amount(unreadable=True),
        ),
        ({"doseAndRate": [{"doseRange": {"low": MG, "high": MG}}]}, Amount(400)),
        ({"doseAndRate": [{"doseRange": {"low": MG, "high": quantity(500, "mg")}}]}, Amount(unreadable=True)),
        ({"doseAndRate": [{"doseRange": {"low": MG}}]}, Amount(unreadable=True)),
        ({"doseAndRate": [{"rateQuantity": quantity(250, "mL/h")}]}, Amount()),
        ({"doseAndRate": [None, "x"]}, Amount()),
        ({"doseAndRate": []}, Amount()),
        ({}, Amount()),
    ],
)
def test_the_dose_is_found_wherever_it_stands(dosage: dict[str, Any], expected: Amount) -> None:
    assert dose_and_rate_amount(dosage, BARE) == expected


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({"period": 8, "periodUnit": "wk"}, Interval(56)),
        ({"frequency": 1, "period": 8, "periodUnit": "week"}, Interval(56)),
        ({"frequency": 1, "period": 8, "periodUnit": " Weeks "}, Interval(56)),
        ({"period": 56, "periodUnit": "d"}, Interval(56)),
        ({"period": "8", "periodUnits": "wk"}, Interval(56)),
        ({"frequency": 2, "period": 8, "periodUnit": "wk"}, Interval(28)),
        ({"period": 8, "periodMax": 8, "periodUnit": "wk"}, Interval(56)),
        ({"period": 2, "periodUnit": "mo"}, Interval(60.875)),
        ({"period": 8, "periodMax": 10, "periodUnit": "wk"}, Interval(unclear=True)),
        ({"frequency": 1, "frequencyMax": 2, "period": 8, "periodUnit": "wk"}, Interval(unclear=True)),
        ({"period": 8}, Interval(unclear=True)),
        ({"period": 8, "periodUnit": "h"}, Interval(unclear=True)),
        ({"period": 0, "periodUnit": "wk"}, Interval(unclear=True)),
        ({"period": -8, "periodUnit": "wk"}, Interval(unclear=True)),
        ({"frequency": 0, "period": 8, "periodUnit": "wk"}, Interval(unclear=True)),
        ({"period": "eight", "periodUnit": "wk"}, Interval(unclear=True)),
        ({"boundsPeriod": {"start": "2026-01-01"}}, Interval()),
        ({"count": 1}, Interval()),
        ("every 8 weeks", Interval()),
        (None, Interval()),
    ],
)
def test_a_schedule_is_read_in_days(repeat: Any, expected: Interval) -> None:
    assert repeat_interval({"repeat": repeat}) == expected
    assert repeat_interval(repeat if isinstance(repeat, str) else None) == Interval()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ({"text": "every 8 weeks"}, Interval(56)),
        ({"coding": [{"code": "Q8W"}]}, Interval(56)),
        ({"coding": [{"code": "12", "display": "Every 8 weeks"}]}, Interval(56)),
        ({"text": "every 8 weeks", "coding": [{"code": "Q6W"}]}, Interval(unclear=True)),
        ({"text": "monthly"}, Interval(unclear=True)),
        ({"text": "weeks 0, 2, 6"}, Interval(loading_schedule=True)),
        ({"text": "as directed"}, Interval()),
        (None, Interval()),
    ],
)
def test_the_code_of_a_timing_is_read_by_its_words(code: Any, expected: Interval) -> None:
    assert code_interval({"code": code}) == expected
    assert code_interval(None) == Interval()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}, Route.INTRAVENOUS),
        ({"coding": [{"code": "34206005"}]}, Route.SUBCUTANEOUS),
        ({"coding": [{"code": " sc "}]}, Route.SUBCUTANEOUS),
        ({"text": "Intravenous infusion"}, Route.INTRAVENOUS),
        ({"text": "i.v."}, Route.INTRAVENOUS),
        ({"text": "Subcutaan"}, Route.SUBCUTANEOUS),
        ({"coding": [{"code": "x", "display": "Subcutaneous route"}]}, Route.SUBCUTANEOUS),
        ("IV", Route.INTRAVENOUS),
        ({"coding": [{"code": "IV"}, {"code": "SC"}]}, None),
        ({"text": "IV or SC"}, None),
        ({"text": "oral"}, None),
        ({"text": "private"}, None),
        (None, None),
        (7, None),
    ],
)
def test_routes_are_known_by_code_or_name(value: Any, expected: Route | None) -> None:
    assert route_of(value) is expected


WEEKS_8 = {"repeat": {"frequency": 1, "period": 8, "periodUnit": "wk"}}


def test_number_and_text_complete_each_other() -> None:
    reading = read({"doseAndRate": [{"doseQuantity": MG}], "text": "5 mg/kg every 8 weeks"})
    assert (reading.amount_mg, reading.amount_mg_per_kg, reading.interval_days) == (400, 5, 56)
    assert reading.issues == ()


@pytest.mark.parametrize(
    ("text", "agrees"), [("404 mg", True), ("396 mg", True), ("405 mg", False), ("395 mg", False)]
)
def test_number_and_text_of_a_dose_may_differ_by_rounding_only(text: str, agrees: bool) -> None:
    reading = read({"doseQuantity": MG, "text": text})
    assert reading.amount_mg == (400 if agrees else None)
    assert codes_of(reading) == ([] if agrees else [IssueCode.DOSE_TEXT_DIFFERS])


def test_a_dose_per_kilogram_that_disagrees_with_the_text_is_not_used() -> None:
    reading = read({"doseQuantity": PER_KG, "text": "10 mg/kg, 400 mg"})
    assert (reading.amount_mg, reading.amount_mg_per_kg) == (None, None)
    assert reading.issues[0].parameters == (
        ("what", "this order"),
        ("number", "5 mg/kg"),
        ("text", "10 mg/kg"),
    )


def test_an_interval_that_disagrees_with_the_text_is_not_used() -> None:
    reading = read({"timing": WEEKS_8, "text": "every 6 weeks"})
    assert reading.interval_days is None
    assert reading.issues[0].code is IssueCode.INTERVAL_TEXT_DIFFERS
    assert reading.issues[0].parameters == (
        ("what", "this order"),
        ("number", "56 days"),
        ("text", "42 days"),
    )


@pytest.mark.parametrize(
    "timing", [WEEKS_8, [WEEKS_8], {"code": {"text": "Q8W"}}, WEEKS_8 | {"code": {"text": "q8w"}}]
)
def test_the_interval_is_found_wherever_it_stands(timing: Any) -> None:
    assert read({"timing": timing}).interval_days == 56


def test_what_cannot_be_read_is_named() -> None:
    assert codes_of(read({"doseQuantity": quantity(400)})) == [IssueCode.DOSE_UNREADABLE]
    assert codes_of(read({"text": "400 to 500 mg"})) == [IssueCode.DOSE_UNREADABLE]
    assert codes_of(read({"text": "monthly"})) == [IssueCode.INTERVAL_UNREADABLE]
    assert codes_of(read({"timing": {"code": {"text": "monthly"}}})) == [IssueCode.INTERVAL_UNREADABLE]
    assert codes_of(read({"timing": {"repeat": {"period": 8}}})) == [IssueCode.INTERVAL_UNREADABLE]
    assert codes_of(read({})) == []


def test_a_readable_part_is_kept_beside_an_unreadable_one() -> None:
    reading = read({"doseQuantity": quantity(400), "text": "400 mg", "timing": {"repeat": {"period": 8}}})
    assert reading.amount_mg == 400
    assert codes_of(reading) == [IssueCode.INTERVAL_UNREADABLE]
    assert read({"timing": {"repeat": {"period": 8}}, "text": "q8w"}).interval_days == 56


def test_several_dosages_count_only_as_far_as_they_agree() -> None:
    one = {"doseQuantity": MG, "timing": WEEKS_8, "route": {"text": "IV"}}
    assert read(one, {"text": "over 2 hours"}) == read(one)
    other = read(one, one | {"doseQuantity": quantity(500, "mg")})
    assert (other.amount_mg, other.interval_days, other.route) == (None, 56, Route.INTRAVENOUS)
    assert codes_of(other) == [IssueCode.SEVERAL_DOSAGES]
    rhythm = read(one, {"text": "q6w"})
    assert (rhythm.amount_mg, rhythm.interval_days) == (400, None)
    routes = read(one, {"route": {"text": "SC"}})
    assert (routes.route, codes_of(routes)) == (None, [IssueCode.SEVERAL_DOSAGES])


def test_one_line_twice_may_be_two_bags_and_leaves_the_dose_open() -> None:
    line = {"doseQuantity": MG, "timing": WEEKS_8, "route": {"text": "IV"}}
    twice = read(line, line)
    assert (twice.amount_mg, twice.interval_days, twice.route) == (None, 56, Route.INTRAVENOUS)
    assert codes_of(twice) == [IssueCode.SEVERAL_DOSAGES]
    per_kg = {"text": "5 mg/kg", "timing": WEEKS_8}
    assert read(per_kg, per_kg) == read(per_kg)


@pytest.mark.parametrize(("text", "whole"), [("200 mg x 2 bags", True), ("400 mg x 2 bags", False)])
def test_a_number_counts_beside_parts_in_the_text_only_where_it_is_more_than_one_of_them(text, whole) -> None:
    reading = read({"doseQuantity": MG, "text": text})
    assert reading.amount_mg == (400 if whole else None)
    assert codes_of(reading) == ([] if whole else [IssueCode.DOSE_TEXT_DIFFERS])
    if not whole:
        assert dict(reading.issues[0].parameters)["text"] == "several of 400 mg"


def test_an_issue_of_a_dosage_names_subject_order_and_record() -> None:
    what = ("what", "this order")

    def issue(code: IssueCode, subject: str, *shown: tuple[str, str]) -> DataIssue:
        return DataIssue(code, subject, (what, *shown), SOURCE)

    differs = read({"doseQuantity": MG, "text": "500 mg"})
    said = (("number", "400 mg"), ("text", "500 mg"))
    assert differs.issues == (issue(IssueCode.DOSE_TEXT_DIFFERS, "dose", *said),)
    assert read({"text": "400 to 500 mg"}).issues == (issue(IssueCode.DOSE_UNREADABLE, "dose"),)
    assert read({"text": "monthly"}).issues == (issue(IssueCode.INTERVAL_UNREADABLE, "interval"),)
    rhythms = read({"timing": WEEKS_8 | {"code": {"text": "q7w"}}, "text": "every 6 weeks"})
    said = (("number", "56 days"), ("text", "42 days"))
    assert rhythms.issues == (issue(IssueCode.INTERVAL_TEXT_DIFFERS, "interval", *said),)
    several = read({"doseQuantity": MG, "text": "monthly"}, {"doseQuantity": quantity(500, "mg")})
    assert several.issues == (
        issue(IssueCode.INTERVAL_UNREADABLE, "interval"),
        issue(IssueCode.SEVERAL_DOSAGES, "order"),
    )


def test_doses_per_kilogram_and_loading_schedules_of_several_dosages_are_kept() -> None:
    loading = {"text": "5 mg/kg at weeks 0, 2 and 6"}
    both = read(loading, {"doseQuantity": PER_KG})
    assert (both.amount_mg_per_kg, both.loading_schedule, both.issues) == (5, True, ())
    assert not read({"doseQuantity": PER_KG}, {"doseQuantity": PER_KG}).loading_schedule
    assert read({"doseQuantity": PER_KG}, {"doseQuantity": MG}).amount_mg_per_kg == 5
    other = read({"doseQuantity": PER_KG}, {"doseQuantity": quantity(10, "mg/kg")})
    assert (other.amount_mg_per_kg, codes_of(other)) == (None, [IssueCode.SEVERAL_DOSAGES])


@pytest.mark.parametrize(
    "dosage",
    [
        {"timing": {"code": {"text": "weeks 0, 2, 6"}}},
        {"text": "weeks 0, 2 and 6"},
        {"timing": {"code": {"text": "weeks 0, 2, 6"}} | WEEKS_8},
        {"timing": WEEKS_8, "text": "weeks 0, 2 and 6, then every 8 weeks"},
        {"timing": WEEKS_8, "text": "weeks 0, 2 and 6, then every 6 weeks"},
        {"timing": {"repeat": {"period": 8}}, "text": "weeks 0, 2 and 6"},
    ],
)
def test_a_loading_schedule_is_told_whatever_becomes_of_the_interval(dosage: dict[str, Any]) -> None:
    assert read(dosage).loading_schedule is True


def test_half_a_day_between_number_and_text_is_rounding() -> None:
    half = {"timing": {"repeat": {"period": 56.5, "periodUnit": "d"}}, "text": "every 8 weeks"}
    assert (read(half).interval_days, codes_of(read(half))) == (56.5, [])
    more = {"timing": {"repeat": {"period": 56.6, "periodUnit": "d"}}, "text": "every 8 weeks"}
    assert (read(more).interval_days, codes_of(read(more))) == (None, [IssueCode.INTERVAL_TEXT_DIFFERS])


def test_a_dose_of_number_and_text_that_is_unreadable_says_so_itself() -> None:
    setting = Setting(BARE, "this order", SOURCE)
    amount, _ = combined_amount(Amount(unreadable=True), read_dosage_text(""), setting)
    assert amount == Amount(unreadable=True)
    kept, issues = combined_amount(Amount(mg_per_kg=5), read_dosage_text("5.04 mg/kg"), setting)
    assert (kept, issues) == (Amount(mg_per_kg=5), ())


def test_a_dosage_without_words_has_no_text() -> None:
    assert dosage_text({}) == dosage_text({"text": 7}) == ""


@pytest.mark.parametrize("dosages", [None, "x", [], [None], ["x"], [{}], {}, 7])
def test_no_dosage_says_nothing(dosages: Any) -> None:
    assert read_dosages(dosages, Setting(BARE, "this order", SOURCE)) == ReadDosage()


def test_one_dosage_that_is_no_list_is_read() -> None:
    assert read_dosages({"doseQuantity": MG}, Setting(BARE, "x", SOURCE)).amount_mg == 400
