"""S-DOSE: doses and intervals that cannot be meant, with the likely slip."""

import pytest

from tdm.decision import Phase
from tdm.facts import Route
from tdm.gates_context import order_dose_mg_per_kg
from tdm.gates_dose import describe_order, dose_slip, dose_warning
from tdm.issues import DataIssue, IssueCode
from tests.tdm.cases import assessment, context, course, draft, policy, regimen, situation


def warned(weight_kg: float | None = 60, **fields):
    assessed = assessment(regimen=regimen(weight_kg=weight_kg))
    return dose_warning(context(course(draft=draft(**fields)), assessed))


@pytest.mark.parametrize(
    ("amount_mg", "mg_per_kg", "weight_kg", "slip"),
    [
        (300, None, 60, None),
        (600, None, 60, None),
        (300, 5, 60, None),
        (None, 5, 60, None),
        (None, None, 60, None),
        (300, None, None, None),
        # mg/kg entered as mg, up to the highest dose per kg
        (5, None, 60, "dose-slip-mg-meant-per-kg"),
        (10, None, None, "dose-slip-mg-meant-per-kg"),
        (11, None, None, None),
        # the total entered as mg/kg
        (None, 300, 60, "dose-slip-per-kg-meant-mg"),
        (None, 24.3, None, "dose-slip-per-kg-meant-mg"),
        (None, 24.2, None, None),
        # pounds for kilograms: 5 or 10 mg/kg at 132 "kg", or too little at half the weight
        (661, None, 60, "dose-slip-pounds"),
        (1322, None, 60, "dose-slip-pounds"),
        (136, None, 60, "dose-slip-pounds"),
        (661, 5, 60, "dose-slip-pounds"),
        (136, 5, 60, "dose-slip-pounds"),
        # too much is not a slip, nor are whole vials
        (900, None, 60, None),
        (620, None, 60, None),
        (700, None, 63.5, None),
        (700, None, 60, None),
        (700, None, 70, None),
        (800, None, 70, "dose-slip-pounds"),
        (850, None, 77, "dose-slip-pounds"),
        (900, None, 80, "dose-slip-pounds"),
        # mg and mg/kg that contradict each other by another factor
        (540, 5, 60, None),
        (541, 5, 60, "dose-slip-contradiction"),
        (167, 5, 60, None),
        (166, 5, 60, "dose-slip-contradiction"),
        (900, 5, 60, "dose-slip-contradiction"),
        # far below the usual dose
        (100, None, 60, "dose-below-usual"),
        (167, None, 60, None),
        (None, 2.7, 60, "dose-below-usual"),
        (None, 2.8, 60, None),
        (None, 2.7, None, "dose-below-usual"),
        (300, 0, 60, None),
    ],
)
def test_a_slip_is_recognised_by_what_does_not_fit(amount_mg, mg_per_kg, weight_kg, slip):
    order = draft(amount_mg=amount_mg, amount_mg_per_kg=mg_per_kg)
    assert dose_slip(order, weight_kg, policy()) == slip


def test_pounds_are_recognised_within_ten_percent():
    def slip(factor: float) -> str | None:
        return dose_slip(draft(amount_mg=300 * factor, amount_mg_per_kg=5), 60, policy())

    assert slip(2.20462 * 1.09) == "dose-slip-pounds"
    assert slip(2.20462 * 1.11) == "dose-slip-contradiction"
    assert slip(2.20462 * 0.91) == "dose-slip-pounds"
    assert slip(2.20462 * 0.89) == "dose-slip-contradiction"


def test_without_a_dose_per_kg_pounds_are_recognised_within_five_percent():
    def slip(mg: float) -> str | None:
        return dose_slip(draft(amount_mg=mg), 60, policy(vial_mg=1000))

    assert slip(661 * 1.04) == "dose-slip-pounds"
    assert slip(661 * 1.06) is None
    assert slip(661 * 0.96) == "dose-slip-pounds"
    assert slip(661 * 0.94) is None
    assert slip(1323 * 1.04) == "dose-slip-pounds"
    assert slip(1323 * 1.06) is None


def test_whole_vials_explain_less_than_one_vial_above_the_maximum():
    assert (
        dose_slip(draft(amount_mg=1400), 63.5, policy()) == "dose-slip-pounds"
    )  # 700 vials of doubt: 22 mg/kg
    assert dose_slip(draft(amount_mg=1400), 63.5, policy(vial_mg=700)) == "dose-slip-pounds"
    assert dose_slip(draft(amount_mg=700), 63.5, policy()) is None
    assert dose_slip(draft(amount_mg=701), 63.5, policy()) == "dose-slip-pounds"


def test_a_dose_above_the_maximum_warns_and_the_maximum_does_not():
    gate, remarks = warned(amount_mg=620)
    assert (gate.gate, gate.deciding, gate.critical) == ("S-DOSE", False, False)
    assert remarks == ("dose-above-maximum",)
    assert gate.parameters == (("order", "620 mg every 56 days"),)
    assert gate.source.reference == "MedicationRequest/draft"
    assert warned(amount_mg=600) == (None, ())
    assert warned(amount_mg=None, amount_mg_per_kg=11)[1] == ("dose-above-maximum",)


def test_a_named_slip_stands_alone():
    assert warned(amount_mg=1322)[1] == ("dose-slip-pounds",)


def test_an_interval_below_4_weeks_warns_in_maintenance():
    assert warned(interval_days=27)[1] == ("interval-below-minimum",)
    assert warned(interval_days=28) == (None, ())
    assert warned(interval_days=None) == (None, ())
    assert warned(interval_days=14, loading_schedule=True) == (None, ())
    assert warned(interval_days=14, amount_mg=620)[1] == ("dose-above-maximum", "interval-below-minimum")


@pytest.mark.parametrize(
    "usual",
    [
        situation(phase=Phase.INDUCTION_WEEK_2),
        situation(phase=Phase.INDUCTION_WEEK_6),
        situation(starting=True),
    ],
)
def test_a_short_interval_is_usual_in_induction(usual):
    short = course(draft=draft(interval_days=14))
    assert dose_warning(context(short, assessment(usual))) == (None, ())


def test_subcutaneous_doses_are_not_measured_by_weight():
    assert warned(route=Route.SUBCUTANEOUS, amount_mg=120, interval_days=14) == (None, ())
    unnamed = course(draft=draft(route=None, amount_mg=120, interval_days=14))
    subcutaneous = assessment(regimen=regimen(route=Route.SUBCUTANEOUS))
    assert dose_warning(context(unnamed, subcutaneous)) == (None, ())
    assert dose_warning(context(unnamed, assessment()))[1] == ("dose-below-usual", "interval-below-minimum")


def test_without_a_draft_there_is_no_dose_to_check():
    assert dose_warning(context()) == (None, ())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "300 mg every 56 days"),
        ({"amount_mg_per_kg": 5}, "300 mg or 5 mg/kg every 56 days"),
        ({"amount_mg": None, "amount_mg_per_kg": 7.5, "interval_days": None}, "7.5 mg/kg"),
        ({"amount_mg": None}, "dose not readable every 56 days"),
    ],
)
def test_an_order_is_described_by_dose_and_interval(fields, words):
    assert describe_order(draft(**fields)) == words


@pytest.mark.parametrize(
    ("amount_mg", "mg_per_kg", "weight_kg", "expected"),
    [
        (300, None, 60, 5),
        (300, 4, 60, 5),
        (300, 6, 60, 6),
        (None, 6, 60, 6),
        (300, 6, None, 6),
        (300, None, None, None),
        (300, None, 0, None),
        (None, None, 60, None),
    ],
)
def test_the_dose_per_kg_is_the_higher_of_stated_and_computed(amount_mg, mg_per_kg, weight_kg, expected):
    assert order_dose_mg_per_kg(draft(amount_mg=amount_mg, amount_mg_per_kg=mg_per_kg), weight_kg) == expected


# ---- subcutaneous


@pytest.mark.parametrize(
    ("fields", "odd"),
    [
        ({"amount_mg": 120, "interval_days": 14}, False),
        ({"amount_mg": 240, "interval_days": 14}, False),
        ({"amount_mg": 241, "interval_days": 14}, True),
        ({"amount_mg": 1200, "interval_days": 14}, True),
        ({"amount_mg": 1200, "interval_days": 56}, True),
        ({"amount_mg": 120, "interval_days": 7}, False),
        ({"amount_mg": 121, "interval_days": 7}, True),
        ({"amount_mg": 240, "interval_days": None}, False),
        ({"amount_mg": 241, "interval_days": None}, True),
        ({"amount_mg": None, "interval_days": 7}, False),
    ],
)
def test_a_subcutaneous_draft_is_odd_above_the_doubled_dose(fields, odd):
    of = course(draft=draft(route=Route.SUBCUTANEOUS, **fields))
    gate, remarks = dose_warning(context(of))
    assert remarks == (("dose-above-maximum-subcutaneous",) if odd else ())
    assert (gate is not None) is odd


# ---- no usable weight


@pytest.mark.parametrize(
    ("amount_mg", "current_mg", "odd"),
    [
        (660, 300, False),
        (661, 300, True),
        (300, 660, False),
        (300, 661, True),
        (661, None, False),
        (300, 300, False),
    ],
)
def test_without_a_weight_a_draft_in_mg_is_compared_with_the_dose_in_force(amount_mg, current_mg, odd):
    assessed = assessment(regimen=regimen(weight_kg=None, dose_mg=current_mg, dose_mg_per_kg=None))
    gate, remarks = dose_warning(context(course(draft=draft(amount_mg=amount_mg)), assessed))
    assert remarks == (("dose-slip-step",) if odd else ())
    assert (gate is not None) is odd


@pytest.mark.parametrize("code", [IssueCode.WEIGHT_CONTRADICTED, IssueCode.WEIGHT_CONFLICT])
def test_a_draft_per_kg_waits_for_a_weight_that_fits(code):
    doubt = (DataIssue(code, "weight"),)
    assessed = assessment(regimen=regimen(weight_kg=None), issues=doubt)

    def remarks(of=assessed, **fields):
        return dose_warning(context(course(draft=draft(**fields)), of))[1]

    assert remarks(amount_mg=None, amount_mg_per_kg=5) == ("dose-slip-weight",)
    assert remarks(amount_mg=None) == ()
    assert remarks(assessment(regimen=regimen(weight_kg=None)), amount_mg=None, amount_mg_per_kg=5) == ()
