"""When dose, interval or route changed, and which samples that supersedes."""

import pytest

from tdm.changes import Change, ChangeKind, dose_differs, is_superseded, last_change, regimen_changes
from tdm.course_history import History
from tdm.facts import FactGroup, Moment, OrderState, Route
from tdm.history import read_history
from tdm.knowledge.loader import load_knowledge
from tests.support.course_builder import (
    IV,
    NOW,
    SC,
    course,
    infusion,
    infusions,
    lacking,
    maintenance,
    moment,
    order,
)

POLICY = load_knowledge().policy
DOSE, INTERVAL, ROUTE = ChangeKind.DOSE, ChangeKind.INTERVAL, ChangeKind.ROUTE
STEADY = tuple(56.0 * step for step in range(6))


def history(*parts: object) -> History:
    return read_history(course(*parts), NOW, POLICY)[0]


def changes(*parts: object, weight_kg: float | None = 70) -> list[tuple[ChangeKind, int, bool]]:
    """Kind, days ago and whether ordered."""
    found = regimen_changes(history(*parts), weight_kg, POLICY)
    return [(one.kind, (NOW.day - one.moment.day).days, one.ordered) for one in found]


def test_a_steady_course_has_no_changes():
    assert changes(*maintenance(), order(400), order(100)) == []


@pytest.mark.parametrize(("mg_per_kg", "changed"), [(5.75, False), (5.76, True), (4.25, False), (4.24, True)])
def test_an_ordered_dose_apart_by_more_than_fifteen_percent_is_a_change(mg_per_kg, changed):
    expected = [(DOSE, 10, True)] if changed else []
    assert changes(order(400, mg_per_kg=5), order(10, mg_per_kg=mg_per_kg)) == expected


@pytest.mark.parametrize(("interval", "changed"), [(36, False), (35.9, True), (44, False), (44.1, True)])
def test_an_ordered_interval_apart_by_more_than_ten_percent_is_a_change(interval, changed):
    expected = [(INTERVAL, 10, True)] if changed else []
    assert changes(order(400, interval=40), order(10, interval=interval)) == expected


def test_an_ordered_route_is_a_change():
    assert changes(order(400, route=IV), order(10, route=SC)) == [(ROUTE, 10, True)]


def test_what_an_order_does_not_say_is_no_change():
    silent = order(200, mg_per_kg=None, interval=None, route=None)
    assert changes(order(400), silent, order(10)) == []
    assert changes(order(400), silent, order(10, mg_per_kg=10)) == [(DOSE, 10, True)]
    assert changes(order(400), silent, order(10, interval=28)) == [(INTERVAL, 10, True)]
    assert changes(order(400), silent, order(10, route=SC)) == [(ROUTE, 10, True)]


def test_each_order_is_compared_with_the_latest_before_it():
    assert changes(order(400), order(300, mg_per_kg=10), order(10, mg_per_kg=10)) == [(DOSE, 300, True)]
    assert changes(order(400), order(300, interval=28), order(10, interval=28)) == [(INTERVAL, 300, True)]
    assert changes(order(400), order(300, route=SC), order(10, route=SC)) == [(ROUTE, 300, True)]


def test_an_undated_order_is_no_change():
    assert changes(order(None, mg_per_kg=10), order(10)) == []


def test_the_step_from_a_loading_schedule_to_maintenance_is_no_change():
    assert changes(order(60, interval=14, loading=True), order(10, interval=56)) == []


def test_a_dose_in_mg_and_one_in_mg_per_kg_are_joined_by_the_weight():
    orders = (order(400, mg_per_kg=5), order(10, mg_per_kg=None, mg=700))
    assert changes(*orders) == [(DOSE, 10, True)]
    assert changes(*orders, weight_kg=140) == []
    assert changes(*orders, weight_kg=None) == []
    swapped = (order(400, mg_per_kg=None, mg=350), order(10, mg_per_kg=10))
    assert changes(*swapped) == [(DOSE, 10, True)]


def test_without_a_common_measure_the_weight_joins_doses_in_both_directions():
    both, total, per_kg = infusion(mg=350, mg_per_kg=5), infusion(mg=420), order(mg=None, mg_per_kg=6)
    assert dose_differs(total, per_kg, 90, POLICY)
    assert not dose_differs(total, per_kg, 70, POLICY)
    assert dose_differs(per_kg, total, 90, POLICY)
    assert not dose_differs(per_kg, total, 70, POLICY)
    assert dose_differs(both, total, None, POLICY)
    assert dose_differs(both, per_kg, None, POLICY)
    nothing = order(mg=None, mg_per_kg=None)
    assert not dose_differs(nothing, total, 70, POLICY)
    assert not dose_differs(total, nothing, 70, POLICY)


def test_mg_per_kg_decides_before_mg():
    grown = (order(400, mg_per_kg=5, mg=200), order(10, mg_per_kg=5, mg=300))
    assert changes(*grown) == []
    assert changes(order(400, mg=200, mg_per_kg=None), order(10, mg=300, mg_per_kg=None)) == [
        (DOSE, 10, True)
    ]


def test_given_doses_show_changes_of_amount_and_route():
    doses = (*infusions(*STEADY[1:]), infusion(0, mg=700))
    assert changes(*doses) == [(DOSE, 0, False)]
    assert changes(*infusions(*STEADY[1:]), infusion(0, route=SC)) == [(ROUTE, 0, False)]


def test_a_given_dose_is_compared_with_the_latest_known_one():
    unknown = infusion(56, mg=None, route=None)
    assert changes(infusion(112), unknown, infusion(0)) == []
    assert changes(infusion(112), unknown, infusion(0, mg=700)) == [(DOSE, 0, False)]
    assert changes(infusion(112), unknown, infusion(0, route=SC)) == [(ROUTE, 0, False)]
    raised = (infusion(112), infusion(56, mg=700), infusion(0, mg=700))
    assert changes(*raised) == [(DOSE, 56, False)]
    moved = (infusion(112), infusion(56, route=SC), infusion(0, route=SC))
    assert changes(*moved) == [(ROUTE, 56, False)]


@pytest.mark.parametrize(("step", "changed"), [(34, False), (33, True)])
def test_one_shorter_step_is_a_change_of_interval(step, changed):
    doses = infusions(40, 40 + step, 80 + step, 120 + step)
    assert changes(*doses) == ([(INTERVAL, 40, False)] if changed else [])


def test_a_late_first_maintenance_infusion_is_a_delay():
    assert changes(*infusions(0, 80, 108, 122)) == []


def test_one_late_infusion_after_a_longer_interval_was_established_is_a_delay():
    assert changes(*infusions(0, 101, 181, 261, 317)) == [(INTERVAL, 101, False)]


def test_one_late_infusion_is_a_delay_and_two_are_a_change():
    assert changes(*infusions(0, 80, 136, 192)) == []
    assert changes(*infusions(0, 56, 136, 192)) == []
    assert changes(*infusions(0, 80, 160, 216)) == [(INTERVAL, 0, False)]
    assert changes(*infusions(0, 80, 136, 216, 272)) == []


def test_a_step_of_a_quarter_longer_is_not_late():
    assert changes(*infusions(0, 70, 140, 196)) == []


def test_after_a_change_steps_are_compared_with_the_new_interval():
    assert changes(*infusions(0, 28, 56, 112, 168)) == [(INTERVAL, 28, False)]
    assert changes(*infusions(0, 80, 160, 240, 296)) == [(INTERVAL, 80, False)]


def test_the_steps_of_induction_are_planned():
    assert changes(*infusions(0, 56, 84, 98)) == []
    assert changes(*infusions(0, 28, 56, 70)) == [(INTERVAL, 0, False)]
    assert changes(*infusions(0, 28)) == []


def test_without_a_known_start_the_first_step_sets_the_interval():
    cut = lacking(FactGroup.ADMINISTRATIONS)
    assert changes(*infusions(0, 56, 84, 98), cut) == [(INTERVAL, 0, False)]
    assert changes(*infusions(0, 56, 112), cut) == []
    assert changes(*infusions(0, 14, 56), cut) == [(INTERVAL, 0, False)]


def test_a_restarted_course_has_no_planned_steps():
    assert changes(*infusions(0, 42, 84, 300)) == []


def test_the_last_change_is_the_latest_of_all():
    found = history(*infusions(0, 56, 112, mg=350), infusion(168, mg=700), order(400), order(30, interval=42))
    assert last_change(regimen_changes(found, 70, POLICY), found) == moment(30)


def test_starting_the_course_is_a_change_where_the_start_is_known():
    known = history(*infusions(14, 28))
    assert last_change((), known) == moment(28, hour=9)
    assert last_change((), history(*infusions(14, 28), lacking(FactGroup.ADMINISTRATIONS))) is None
    assert last_change((), history()) is None
    later = Change(DOSE, moment(3), ordered=True)
    assert last_change((later,), known) == moment(3)


def superseded(drawn: Moment, *parts: object, route: Route = IV) -> bool:
    found = history(*parts)
    return is_superseded(drawn, route, regimen_changes(found, 70, POLICY), found)


def test_a_change_after_the_sample_supersedes_it():
    orders = (*maintenance(), order(400), order(3, mg_per_kg=10))
    assert superseded(moment(10), *orders)
    assert superseded(moment(10), *maintenance(), order(400), order(3, interval=28))
    assert superseded(moment(10), *maintenance(), order(400), order(3, route=SC))


def test_a_change_given_right_after_the_sample_supersedes_it():
    doses = (*infusions(56, 112, 168), infusion(0, mg=700))
    assert superseded(moment(0, hour=8), *doses)
    assert superseded(moment(0, hour=None), *doses)


def test_a_change_before_the_last_infusion_does_not_supersede():
    assert not superseded(moment(0), *maintenance(56), order(400), order(100, mg_per_kg=10))
    assert not superseded(moment(0), *maintenance(56), order(400), order(56, mg_per_kg=10, hour=18))


def test_a_dose_ordered_but_not_yet_given_supersedes_the_sample():
    assert superseded(moment(0), *maintenance(56), order(400), order(20, mg_per_kg=10))


def test_a_subcutaneous_dose_ordered_before_the_sample_counts_as_injected():
    parts = (*maintenance(56), order(400), order(20, mg_per_kg=None, mg=120, route=SC))
    assert not superseded(moment(0), *parts, route=SC)
    assert superseded(moment(30), *parts, route=SC)


def test_an_interval_ordered_before_the_sample_does_not_supersede_it():
    assert not superseded(moment(0), *maintenance(56), order(400), order(20, interval=42))


def test_without_a_dose_before_the_sample_an_earlier_order_does_not_supersede_it():
    assert not superseded(moment(0), order(400), order(20, mg_per_kg=10))


def test_a_stopped_order_is_compared_like_any_other():
    stopped = order(400, state=OrderState.STOPPED, ended_days_ago=30, mg_per_kg=10)
    assert superseded(moment(35), *maintenance(56), stopped, order(30))
