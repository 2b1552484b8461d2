"""The interval that was kept: only doses that were seen given, and only those of one route."""

import pytest

from tdm.course_history import Infusion
from tdm.facts import Dose, OrderState, Route
from tdm.history import read_history
from tdm.issues import IssueCode
from tdm.regimen import is_at_cap, observed_interval, regimen_in_force
from tests.tdm.cases import NOW, ago, course, order, policy, source

POLICY = policy()
IV, SC = Route.INTRAVENOUS, Route.SUBCUTANEOUS


def given(days: float, route: Route | None = IV, *, reported: bool = False) -> Dose:
    return Dose(ago(days), source(f"MedicationAdministration/{days:g}"), route, 240, reported=reported)


def history(*doses: Dose, orders=()):
    return read_history(course(doses=doses, orders=tuple(orders)), NOW, POLICY)[0]


def observed(*doses: Dose, route: Route | None = None) -> float | None:
    of = history(*doses)
    return observed_interval(of.infusions, of, POLICY, route)


def test_a_pack_of_pens_for_twelve_weeks_is_no_dose_every_twelve_weeks():
    packs = [given(days, SC, reported=True) for days in (10, 94, 178)]
    assert observed(*packs) is None
    order_14 = order(route=SC, interval_days=None, amount_mg=240)
    found, issues = regimen_in_force(NOW, SC, history(*packs, orders=[order_14]), None, None, POLICY)
    assert (found.interval_days, found.observed_interval_days) == (None, None)
    assert issues == ()
    assert is_at_cap(found, POLICY)


def test_reported_doses_leave_the_steps_between_those_given():
    assert observed(given(10), given(66), given(94, reported=True), given(122)) == 56


def test_several_records_of_a_day_keep_that_they_were_only_reported():
    of = history(given(10, reported=True), given(10, reported=True), given(94))
    assert [one.reported for one in of.infusions] == [False, True]


@pytest.mark.parametrize(("route", "expected"), [(None, 14), (SC, 14), (IV, 56)])
def test_infusions_before_injections_do_not_count_among_them(route, expected):
    doses = [given(10, SC), given(24, SC), given(80), given(136)]
    assert observed(*doses, route=route) == expected


def test_doses_of_an_unnamed_route_count():
    assert observed(given(10, SC), given(24, None), given(38, SC), given(52, SC)) == 14
    assert observed(given(10, None), given(66), given(150, SC)) == 70
    assert Infusion(ago(1), source()).reported is False


def test_an_order_for_pens_is_not_said_to_disagree_with_the_infusions_before_it():
    pens = order(OrderState.ACTIVE, route=SC, interval_days=14, amount_mg=120, authored=ago(50))
    of = history(given(60), given(116), given(172), given(228), orders=[pens])
    found, issues = regimen_in_force(NOW, SC, of, None, None, POLICY)
    assert found.observed_interval_days is None
    assert IssueCode.INTERVAL_DISAGREES not in [issue.code for issue in issues]
