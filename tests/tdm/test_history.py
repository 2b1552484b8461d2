"""Doses by day, the start of the course, and its orders."""

from itertools import permutations

import pytest

from tdm.course_history import History, Infusion
from tdm.facts import Dose, FactGroup, OrderState, Shortfall, TreatmentCourse
from tdm.history import read_history
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.loader import load_knowledge
from tests.support.course_builder import (
    IV,
    NOW,
    SC,
    course,
    draft,
    infusion,
    infusions,
    lacking,
    level,
    maintenance,
    moment,
    order,
)

POLICY = load_knowledge().policy


def history(*parts: object) -> History:
    return read_history(course(*parts), NOW, POLICY)[0]


def codes(*parts: object) -> list[IssueCode]:
    return [issue.code for issue in read_history(course(*parts), NOW, POLICY)[1]]


def one_day(*doses: Dose) -> Infusion:
    """The infusion of one day, the same in every order of its records."""
    results = {
        read_history(TreatmentCourse(doses=some), NOW, POLICY)[0].infusions for some in permutations(doses)
    }
    assert len(results) == 1
    (infused,) = results.pop()
    return infused


def test_without_doses_nothing_is_known_of_the_course():
    nothing = history()
    assert nothing.infusions == ()
    assert (nothing.start, nothing.last_dose) == (None, None)
    assert not nothing.start_known
    assert not nothing.restarted


def test_doses_are_gathered_by_day_oldest_first():
    found = history(*infusions(14, 28, 0, 28))
    assert [one.given.day for one in found.infusions] == [moment(days).day for days in (28, 14, 0)]
    assert found.start == moment(28, hour=9)
    assert found.last_dose == moment(0, hour=9)


def test_the_earliest_time_of_a_day_is_the_infusions():
    infused = one_day(
        infusion(5, hour=11, reference="a"), infusion(5, hour=9, reference="b"), infusion(5, hour=None)
    )
    assert infused.given == moment(5, hour=9)
    assert infused.source.reference.endswith("b")


def test_two_records_complete_each_other():
    infused = one_day(
        infusion(5, mg=None, mg_per_kg=5, route=None, reference="a"), infusion(5, mg=350, reference="b")
    )
    assert (infused.amount_mg, infused.amount_mg_per_kg, infused.route) == (350, 5, IV)


@pytest.mark.parametrize(
    "other",
    [infusion(5, mg=100, reference="b"), infusion(5, mg=None, mg_per_kg=10, reference="b")],
)
def test_different_amounts_of_one_day_are_unknown_and_named(other):
    first = infusion(5, mg=350, mg_per_kg=5, reference="a")
    infused = one_day(first, other)
    assert None in (infused.amount_mg, infused.amount_mg_per_kg)
    assert codes(first, other) == [IssueCode.DOSE_AMOUNTS_DIFFER]


def test_equal_amounts_of_one_day_are_one_dose():
    assert codes(infusion(5, reference="a"), infusion(5, reference="b")) == []


def test_contradictory_routes_of_one_day_are_unknown():
    assert one_day(infusion(5, route=IV, reference="a"), infusion(5, route=SC, reference="b")).route is None


def test_a_dose_of_the_future_is_left_out_and_named():
    assert history(infusion(-1)).infusions == ()
    assert codes(infusion(-1)) == [IssueCode.DOSE_IN_FUTURE]


@pytest.mark.parametrize(("days_ago", "count"), [(56, 1), (62, 1), (50, 1), (63, 2), (49, 2)])
def test_a_report_within_a_week_of_an_administration_repeats_it(days_ago, count):
    assert len(history(infusion(56), infusion(days_ago, reported=True, mg=100)).infusions) == count
    assert codes(infusion(56), infusion(days_ago, reported=True, mg=100)) == []


def test_reports_stand_where_there_are_no_administrations():
    assert len(history(*infusions(56, 59, reported=True)).infusions) == 2


@pytest.mark.parametrize(("gap", "restarted"), [(112, False), (113, True)])
def test_more_than_sixteen_weeks_without_a_dose_start_a_new_course(gap, restarted):
    doses = infusions(10, 10 + gap, 38 + gap)
    found = history(*doses)
    assert found.restarted is restarted
    assert len(found.infusions) == (1 if restarted else 3)
    assert codes(*doses) == ([IssueCode.COURSE_RESTARTED] if restarted else [])
    if restarted:
        assert found.start_known


def test_the_last_of_several_gaps_starts_the_course():
    assert history(*infusions(10, 200, 400)).start == moment(10, hour=9)


def test_the_issue_of_a_new_course_gives_day_and_weeks():
    first, earlier = infusions(10, 150)
    (issue,) = read_history(course(first, earlier), NOW, POLICY)[1]
    said = (("day", "2026-02-27"), ("weeks", "20"))
    assert issue == DataIssue(IssueCode.COURSE_RESTARTED, "course", said, first.source)


def test_an_issue_of_a_dose_names_its_day_and_its_record():
    first, second = infusion(5, mg=350, reference="a"), infusion(5, mg=100, reference="b")
    coming = infusion(-3, reference="c")
    future, differing = read_history(course(second, first, coming), NOW, POLICY)[1]
    said = (("day", moment(-3).day.isoformat()),)
    assert future == DataIssue(IssueCode.DOSE_IN_FUTURE, "dose", said, coming.source)
    said = (("day", moment(5).day.isoformat()),)
    assert differing == DataIssue(IssueCode.DOSE_AMOUNTS_DIFFER, "dose", said, first.source)


def test_amounts_per_kilogram_that_differ_are_named_where_the_milligrams_agree():
    first = infusion(5, mg=350, mg_per_kg=5, reference="a")
    assert codes(first, infusion(5, mg=350, mg_per_kg=10, reference="b")) == [IssueCode.DOSE_AMOUNTS_DIFFER]


def test_a_dose_of_one_record_keeps_all_that_it_says():
    told = infusion(5, mg=350, mg_per_kg=5, reported=True, reference="a")
    expected = Infusion(told.given, told.source, IV, 350, 5, reported=True)
    assert history(told).infusions == (expected,)
    assert one_day(told, infusion(5, mg=350, mg_per_kg=5, reported=True, hour=11, reference="b")) == expected


@pytest.mark.parametrize(
    "parts",
    [
        (infusion(10, route=SC), infusion(200)),
        (infusion(10), infusion(200, route=SC)),
        (infusion(10), infusion(200), order(150, route=SC)),
        (infusion(10), infusion(200), order(200, route=SC)),
        (infusion(10), infusion(200), order(10, route=SC)),
    ],
)
def test_injections_at_home_leave_no_gap(parts):
    assert not history(*parts).restarted


@pytest.mark.parametrize(
    "other", [order(150), order(None, route=SC), order(201, route=SC), order(9, route=SC)]
)
def test_other_orders_do_not_close_a_gap(other):
    assert history(infusion(10), infusion(200), other).restarted


@pytest.mark.parametrize(
    ("parts", "known"),
    [
        ((infusion(35, hour=10),), True),
        ((infusion(36, hour=10),), False),
        (infusions(0, 35), True),
        (infusions(0, 36), False),
        (infusions(42, 56), True),
    ],
)
def test_a_record_that_begins_with_a_step_too_long_for_induction_begins_in_mid_course(parts, known):
    assert history(*parts).start_known is known


@pytest.mark.parametrize("why", list(Shortfall))
def test_administrations_that_are_incomplete_leave_the_start_unknown(why):
    assert not history(infusion(14), lacking(FactGroup.ADMINISTRATIONS, why)).start_known
    assert history(infusion(14), lacking(FactGroup.LABORATORY, why)).start_known


@pytest.mark.parametrize(
    ("reading", "known"),
    [
        (level(3.0, 20), False),
        (level(3.0, 14, hour=8), False),
        (level(3.0, 14, hour=None), False),
        (level(3.0, 14, hour=12), True),
        (level(3.0, 0), True),
        (level(3.0, undated=True), True),
    ],
)
def test_a_level_before_the_first_recorded_dose_shows_that_the_record_begins_in_mid_course(reading, known):
    assert history(infusion(14), reading).start_known is known


def test_orders_are_those_of_the_past_oldest_first_without_drafts():
    found = history(order(10), order(None), order(300, state=OrderState.STOPPED), order(-2), draft(0))
    assert [one.authored for one in found.orders] == [None, moment(300), moment(10)]


def test_the_active_order_of_a_moment_comes_last():
    found = history(
        order(10, reference="a"), order(10, state=OrderState.STOPPED, ended_days_ago=3, reference="b")
    )
    assert [one.state for one in found.orders] == [OrderState.STOPPED, OrderState.ACTIVE]


def test_doses_before_a_moment_are_surely_before_it():
    found = history(*maintenance(0, count=2))
    assert len(found.before(moment(0, hour=8))) == 4
    assert len(found.before(moment(0, hour=12))) == 5
    assert len(found.before(moment(0, hour=None))) == 4


@pytest.mark.parametrize(
    ("doses", "ordered", "known"),
    [
        ((28,), 42, True),
        ((28,), 43, False),
        ((28, 56), 70, True),
        ((28, 56), 71, False),
        ((28, 56), 434, False),
        ((10, 28), 43, False),
        ((11, 28), 43, True),
        ((14, 28), 154, True),
        ((14, 28), 155, False),
    ],
)
def test_an_order_long_before_the_first_recorded_dose_shows_that_the_record_begins_in_mid_course(
    doses, ordered, known
):
    assert history(*infusions(*doses), order(ordered, hour=9)).start_known is known


def test_an_undated_order_and_one_of_an_earlier_course_leave_the_start_known():
    assert history(infusion(28), order(None)).start_known
    former = order(500, state=OrderState.STOPPED, ended_days_ago=28 + 113)
    assert history(infusion(28), former).start_known
    recent = order(500, state=OrderState.STOPPED, ended_days_ago=28 + 111)
    assert not history(infusion(28), recent).start_known
    assert not history(infusion(28), order(500, state=OrderState.STOPPED)).start_known


def test_an_older_order_of_an_earlier_course_says_nothing_after_a_gap():
    assert history(*infusions(10, 200), order(400)).start_known
