"""No option carries more than the highest dose: 10 mg/kg, in heart failure 5 mg/kg or what is ordered."""

import pytest

from tdm.decision import OptionKind, Regimen
from tdm.facts import Route
from tdm.options_ladder import escalation
from tdm.options_limit import planning_regimen
from tests.tdm.cases import draft, policy, regimen, situation


def base(force: Regimen, order=None, *, heart_failure: bool = False, **policies) -> tuple:
    of = planning_regimen(force, order, policy(**policies), interval_only=heart_failure)
    return of.dose_mg, of.dose_mg_per_kg


@pytest.mark.parametrize(
    ("in_force_mg", "ordered_mg", "expected"),
    [
        (600, 300, (300, 5)),  # the order is within the limit, what was given is not
        (300, 300, (300, 5)),
        (240, 300, (240, 4)),
        (300, 240, (240, 4)),
        (600, None, (300, 5)),
    ],
)
def test_in_heart_failure_the_lowest_of_dose_order_and_limit_is_the_base(in_force_mg, ordered_mg, expected):
    force = regimen(dose_mg=in_force_mg, dose_mg_per_kg=in_force_mg / 60)
    order = None if ordered_mg is None else draft(amount_mg=ordered_mg)
    assert base(force, order, heart_failure=True) == expected


def test_in_heart_failure_an_order_per_kg_counts_without_a_weight():
    order = draft(amount_mg=None, amount_mg_per_kg=4)
    unknown = regimen(dose_mg=None, dose_mg_per_kg=None, weight_kg=None)
    assert base(unknown, order, heart_failure=True) == (None, 4)
    assert base(regimen(dose_mg=None, weight_kg=None), order, heart_failure=True) == (None, 4)


def test_in_heart_failure_an_order_that_cannot_be_checked_leaves_no_dose_and_nothing_to_recommend():
    force = regimen(dose_mg_per_kg=None, weight_kg=None)
    assert base(force, draft(), heart_failure=True) == (None, None)
    assert base(regimen(weight_kg=None), draft(), heart_failure=True) == (None, None)
    of = planning_regimen(force, draft(), policy(), interval_only=True)
    options = escalation(situation(), of, policy(), interval_only=True, recommend=True)
    assert [(option.kind, option.recommended) for option in options] == [
        (OptionKind.SHORTEN_INTERVAL_2_WEEKS, False),
        (OptionKind.SHORTEN_INTERVAL_4_WEEKS, False),
    ]


def test_in_heart_failure_a_vial_above_the_limit_is_not_named():
    force = regimen(dose_mg=100, dose_mg_per_kg=100 / 15, weight_kg=15)
    assert base(force, None, heart_failure=True, round_to_vials=True) == (None, 5)


def test_without_heart_failure_the_order_does_not_lower_the_base():
    assert base(regimen(), draft(amount_mg=240)) == (300, 5)


def test_a_subcutaneous_dose_is_left_alone():
    force = Regimen(Route.SUBCUTANEOUS, 1200, 17, 14, weight_kg=70)
    assert planning_regimen(force, draft(), policy(), interval_only=True) is force


def test_a_dose_above_10_mg_per_kg_is_not_carried_into_an_option():
    above = regimen(dose_mg=700, dose_mg_per_kg=700 / 60)
    assert base(above) == (600, 10)
    assert base(above, draft(amount_mg=700)) == (600, 10)
    assert base(regimen(dose_mg=None, dose_mg_per_kg=12, weight_kg=None)) == (None, 10)
    at_most = regimen(dose_mg=600, dose_mg_per_kg=10)
    assert planning_regimen(at_most, None, policy(), interval_only=False) is at_most


def test_a_dose_above_10_mg_per_kg_is_lowered_to_whole_vials_where_the_site_rounds():
    above = regimen(dose_mg=600, dose_mg_per_kg=12, weight_kg=50)
    assert base(above, round_to_vials=True) == (500, 10)
    assert base(regimen(dose_mg=700, dose_mg_per_kg=700 / 55, weight_kg=55), round_to_vials=True) == (
        500,
        500 / 55,
    )
