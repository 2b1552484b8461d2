"""The interval of what was handed out: used where orders and infusions tell none, else compared with them."""

import pytest

from tdm.facts import Dose, OrderState, Route
from tdm.history import dispenses, read_history
from tdm.issues import IssueCode
from tdm.regimen import dispense_at, is_at_cap, planned_interval, regimen_in_force
from tests.tdm.cases import NOW, ago, course, draft, order, policy, source

POLICY = policy()
IV, SC = Route.INTRAVENOUS, Route.SUBCUTANEOUS


def handed_out(days: float, interval: float | None, route: Route | None = IV, **fields) -> Dose:
    of = source(f"MedicationDispense/{days:g}")
    return Dose(ago(days), of, route, 300, reported=True, interval_days=interval, **fields)


def infused(days: float) -> Dose:
    return Dose(ago(days), source(f"MedicationAdministration/{days:g}"), IV, 300)


def history(*dispensed: Dose, doses=(), orders=()):
    return read_history(course(dispensed=dispensed, doses=doses, orders=tuple(orders)), NOW, POLICY)[0]


def regimen(*dispensed: Dose, doses=(), orders=(), route: Route = IV, asked=None):
    of = history(*dispensed, doses=doses, orders=orders)
    return regimen_in_force(NOW, route, of, asked, None, POLICY)


def told(issues) -> list[tuple[IssueCode, dict[str, str]]]:
    return [(issue.code, dict(issue.parameters)) for issue in issues]


def test_the_interval_of_a_dispense_is_used_where_orders_and_infusions_tell_none():
    dispense = handed_out(30, 42)
    found, issues = regimen(dispense, orders=[order(interval_days=None)], asked=draft(interval_days=56))
    assert (found.interval_days, found.ordered_interval_days, found.observed_interval_days) == (
        42,
        None,
        None,
    )
    assert told(issues) == [(IssueCode.INTERVAL_FROM_DISPENSE, {"day": ago(30).day.isoformat()})]
    assert issues[0].source == dispense.source


def test_orders_and_infusions_decide_first_and_a_dispense_that_differs_is_named():
    day = ago(30).day.isoformat()
    differs = (IssueCode.DISPENSE_DISAGREES, {"day": day, "dispensed": "6 weeks", "used": "8 weeks"})
    ordered, issues = regimen(handed_out(30, 42), orders=[order(interval_days=56)])
    assert (ordered.interval_days, told(issues)) == (56, [differs])
    given = [infused(days) for days in (20, 76, 132, 188, 244, 300)]
    observed, issues = regimen(handed_out(30, 42), doses=given)
    assert (observed.interval_days, told(issues)) == (56, [differs])


def test_a_dispense_that_agrees_within_the_trough_window_is_silent():
    assert regimen(handed_out(30, 49), orders=[order(interval_days=56)])[1] == ()


def test_a_dispense_before_the_latest_order_is_not_held_against_it():
    changed = [order(interval_days=42), order(authored=ago(30), interval_days=56)]
    assert regimen(handed_out(31, 42), orders=changed)[1] == ()
    assert [code for code, _ in told(regimen(handed_out(30, 42), orders=changed)[1])] == [
        IssueCode.DISPENSE_DISAGREES
    ]
    without = [order(interval_days=56), order(authored=ago(10), interval_days=None)]
    assert regimen(handed_out(31, 42), orders=without)[1] != ()
    undated = [order(authored=None, interval_days=56)]
    assert regimen(handed_out(31, 42), orders=undated)[1] != ()


def test_the_last_dispense_before_a_sample_counts_for_it_else_the_next_one():
    of = history(handed_out(200, 56), handed_out(100, 42), handed_out(20, 28))
    days = [dispense_at(ago(at), of, IV).interval_days for at in (10, 20, 21, 100, 150, 200, 300)]
    assert days == [28, 28, 42, 42, 56, 56, 56]
    assert planned_interval(ago(50), of, draft(), POLICY, IV) == (42, False)


def test_a_dispense_of_another_route_tells_nothing():
    pens = handed_out(20, 14, SC)
    assert dispense_at(NOW, history(pens), IV) is None
    found, issues = regimen(pens)
    assert (found.interval_days, issues) == (None, ())
    assert planned_interval(NOW, history(pens), draft(), POLICY, IV) == (56, True)
    assert dispense_at(NOW, history(pens), None) is not None
    assert dispense_at(NOW, history(handed_out(20, 14, None)), IV) is not None


def test_without_a_route_the_one_at_the_moment_is_asked():
    of = history(handed_out(90, 42), handed_out(20, 14, SC), doses=[infused(90)])
    assert planned_interval(ago(40), of, None, POLICY) == (42, False)
    assert planned_interval(ago(10), history(handed_out(20, 14, SC)), None, POLICY) == (14, False)


def test_the_doubled_pen_is_at_the_cap_by_the_interval_of_its_dispense():
    pens = Dose(ago(10), source("MedicationDispense/1"), SC, 240, reported=True, interval_days=7)
    found, _ = regimen(pens, doses=[pens], route=SC)
    assert (found.dose_mg, found.interval_days) == (240, 7)
    assert is_at_cap(found, POLICY)


def test_dispenses_of_one_day_that_differ_are_named_and_left_out():
    issues: list = []
    kept = dispenses([handed_out(20, 42), handed_out(20, 56), handed_out(90, 42)], None, NOW, POLICY, issues)
    assert [dose.given for dose in kept] == [ago(90)]
    what = f"what was handed out on {ago(20).day.isoformat()}"
    assert told(issues) == [(IssueCode.INTERVAL_UNREADABLE, {"what": what})]


@pytest.mark.parametrize("order_of", [1, -1])
def test_dispenses_come_oldest_first_and_once_a_day(order_of):
    every = [handed_out(20, 42), handed_out(90, 42), handed_out(20, 42)][::order_of]
    kept = dispenses(every, None, NOW, POLICY, [])
    assert [dose.given for dose in kept] == [ago(90), ago(20)]


def test_dispenses_of_the_future_and_of_an_earlier_course_do_not_count():
    assert dispenses([handed_out(-1, 42)], None, NOW, POLICY, []) == ()
    again = [infused(days) for days in (10, 24, 300)]
    ended = order(OrderState.STOPPED, authored=ago(400), ended=ago(299), interval_days=None)
    of = history(handed_out(290, 42), handed_out(24, 28), doses=again, orders=[ended])
    assert of.restarted
    assert [dose.interval_days for dose in of.dispensed] == [28]
