"""What a reader is told of the rhythm in which infusions were given."""

import pytest

from tdm.facts import OrderState
from tdm.forecast.result import Remark
from tests.support.course_builder import infusion, infusions, order
from tests.tdm.forecast.cases import person, read, remarks


def days_ago(given):
    return [round(-dose.at_days) for dose in given]


def test_a_gap_of_several_intervals_is_named_and_no_dose_invented():
    found = read(person(order(500), infusions(*range(168, 400, 56)), infusion(56)))
    assert (Remark.GAP, (("day", "2025-09-22"), ("weeks", "16"))) in found.assumptions
    assert 112 not in days_ago(found.doses)


def test_a_last_infusion_long_ago_is_a_gap_too_and_a_late_one_is_none():
    assert Remark.GAP in remarks(read(person(order(500), infusions(*range(105, 400, 56)))).assumptions)
    assert Remark.GAP not in remarks(read(person(order(500), infusions(*range(65, 400, 56)))).assumptions)


def test_gaps_are_not_looked_for_without_an_interval():
    found = read(person(*infusions(30, 16, 2)))
    assert Remark.GAP not in remarks(found.assumptions)


def test_steps_that_were_as_long_before_the_interval_was_shortened_are_no_gaps():
    old = order(600, state=OrderState.ENDED)
    found = read(person(old, order(90, interval=28), infusions(*range(90, 600, 56)), infusions(62, 34, 6)))
    assert Remark.GAP not in remarks(found.assumptions)


def test_infusions_that_always_came_more_rarely_than_ordered_are_named_once():
    found = read(person(order(500, interval=28), infusions(*range(56, 500, 56))))
    assert Remark.GAP not in remarks(found.assumptions)
    note = (Remark.INTERVAL_AS_ORDERED, (("ordered", "4 weeks"), ("observed", "8 weeks")))
    assert found.assumptions.count(note) == 1


@pytest.mark.parametrize(("every", "observed"), [(50, None), (62, None), (63, "9 weeks"), (49, "7 weeks")])
def test_a_week_more_or_less_than_ordered_is_worth_a_word(every, observed):
    found = read(person(order(500), infusions(*range(every, 500, every))))
    named = [dict(values) for remark, values in found.assumptions if remark is Remark.INTERVAL_AS_ORDERED]
    assert named == ([] if observed is None else [{"ordered": "8 weeks", "observed": observed}])


def test_one_long_step_among_short_ones_is_a_gap_by_the_order_of_its_time():
    long = order(600, state=OrderState.ENDED, ended_days_ago=200), order(200, interval=28)
    steps = infusions(312, 256, 200, 172, 116, 88, 60, 32, 4)
    found = read(person(*long, steps))
    assert [values for remark, values in found.assumptions if remark is Remark.GAP] == [
        (("day", "2025-09-18"), ("weeks", "8"))
    ]


@pytest.mark.parametrize(
    ("interval", "days", "gap"),
    [(28, 40, False), *[(28, days, True) for days in range(44, 113, 4)], (56, 80, False), (56, 90, True)],
)
def test_whatever_is_longer_than_a_gap_is_one_too(interval, days, gap):
    """Up to the pause that ends a course no multiple of the interval is passed over."""
    before = range(interval + days, interval + days + 6 * interval, interval)
    found = read(person(order(900, interval=interval), infusions(*before), infusion(interval)))
    named = dict(found.assumptions).get(Remark.GAP)
    assert (None if named is None else dict(named)["weeks"]) == (f"{days / 7:.0f}" if gap else None)
