"""The doses behind a forecast: recorded ones as recorded, and what is assumed where the record is silent."""

from itertools import pairwise

import pytest

from tdm.facts import FactGroup, OrderState, Route, Shortfall
from tdm.forecast.doses import INFUSION_DAYS, SETTLING_DAYS
from tdm.forecast.result import Absence, Remark
from tests.support.course_builder import (
    SC,
    ati,
    draft,
    infusion,
    infusions,
    lacking,
    level,
    maintenance,
    order,
    weight,
)
from tests.tdm.forecast.cases import active, albumin, inputs_of, person, read, remarks


def doses(*parts):
    return read(person(*parts)).doses


def days_ago(given):
    return [round(-dose.at_days) for dose in given]


def days_before(inputs):
    return days_ago(inputs.doses)


def amounts(given):
    return [dose.amount_mg for dose in given]


def test_recorded_infusions_of_a_whole_course_are_what_was_given():
    given = doses(order(300), maintenance(count=3))
    assert days_ago(given) == [224, 168, 112, 56]  # weeks 0 and 2 have settled long ago
    assert set(amounts(given)) == {350}
    assert {dose.duration_days for dose in given} == {INFUSION_DAYS}
    assert not any(dose.subcutaneous for dose in given)


def test_doses_that_settled_before_the_first_sample_are_left_out():
    given = doses(order(500), maintenance(count=8), level(3.0, 100))
    assert max(days_ago(given)) <= 100 + SETTLING_DAYS
    assert max(days_ago(given)) > 100 + SETTLING_DAYS - 57


@pytest.mark.parametrize(
    ("stated", "milligrams"),
    [
        ({"mg": 400, "mg_per_kg": None}, 400),
        ({"mg": None, "mg_per_kg": 6}, 420),
        ({"mg": 5, "mg_per_kg": None}, 350),  # nobody is given 5 mg: the amount ordered stands in
        ({"mg": 3500, "mg_per_kg": None}, 350),
        ({"mg": None, "mg_per_kg": None}, 350),
    ],
)
def test_an_amount_is_as_stated_or_else_that_of_the_order_of_the_day(stated, milligrams):
    given = read(person(order(300), infusion(112, **stated), *maintenance(count=3)[:1], infusion(168)))
    assert given.doses[-2].amount_mg == milligrams
    named = [values for remark, values in given.assumptions if remark is Remark.DOSE_AMOUNTS]
    assert named == ([(("count", "1"),)] if milligrams == 350 else [])


@pytest.mark.parametrize(("mg_per_kg", "given"), [(2.77, 5.0), (2.78, 2.78), (18.0, 18.0), (18.1, 5.0)])
def test_a_dose_is_believed_up_to_a_slip_of_pounds_beyond_the_doses_that_are_given(mg_per_kg, given):
    found = doses(order(300), infusion(112, mg=mg_per_kg * 70), infusion(56))
    assert found[-2].amount_mg == pytest.approx(given * 70)


def test_the_dose_in_force_that_stands_in_is_per_kilogram_of_the_weight_of_its_day():
    given = doses(weight(50, 150), infusion(168, mg=None), infusion(112, mg=None), infusion(56, mg=420))
    assert amounts(given)[-3:] == [300, 300, 420]


def test_an_order_in_milligrams_stands_in_as_it_is():
    given = doses(order(300, mg=300, mg_per_kg=None), infusion(112, mg=None), infusion(56))
    assert given[-2].amount_mg == 300


def test_an_amount_per_kilogram_is_of_the_weight_of_its_day():
    given = doses(
        order(300), weight(60, 150), infusion(112, mg=None, mg_per_kg=5), infusion(56, mg=None), infusion(0)
    )
    assert amounts(given)[-3:-1] == [300, 300]


def test_without_an_order_the_dose_in_force_stands_in():
    given = read(person(infusion(112, mg=None), infusion(56, mg=420), draft()))
    assert given.doses[-2].amount_mg == pytest.approx(420)


def test_without_any_amount_nothing_is_known():
    assert inputs_of(person(infusion(112, mg=None), infusion(56, mg=None))) is Absence.NO_DOSES


def test_a_record_that_begins_in_mid_course_had_the_same_doses_before():
    found = read(person(order(500), infusions(168, 112, 56)))
    assert days_ago(found.doses) == [280, 224, 168, 112, 56]
    assert set(amounts(found.doses)) == {350}
    assert (
        Remark.DOSES_BEFORE_RECORD,
        (("day", "2025-09-22"), ("every", "8 weeks")),
    ) in found.assumptions


def test_an_order_of_injections_does_not_tell_how_often_infusions_were_given():
    injections = order(300, mg=120, mg_per_kg=None, interval=14, route=SC)
    found = read(person(order(500), injections, infusions(168, 112, 56)))
    assert ("every", "8 weeks") in dict(found.assumptions)[Remark.DOSES_BEFORE_RECORD]


@pytest.mark.parametrize("interval", [28, 42])
def test_the_order_in_front_of_the_clinician_does_not_tell_of_doses_before_the_record(interval):
    """It asks for what is to come; what was given is as the record shows it."""
    found = read(person(infusions(168, 112, 56), draft(interval=interval)))
    assert ("every", "8 weeks") in dict(found.assumptions)[Remark.DOSES_BEFORE_RECORD]
    assert days_ago(found.doses) == [280, 224, 168, 112, 56]


def test_amounts_and_reports_are_counted():
    given = (infusion(168, mg=None), infusion(112, mg=None), infusion(56))
    assert dict(read(person(order(500), *given)).assumptions)[Remark.DOSE_AMOUNTS] == (("count", "2"),)
    told = (infusion(168, reported=True), infusion(112, reported=True), infusion(56))
    assert dict(read(person(order(500), *told)).assumptions)[Remark.DOSES_REPORTED] == (("count", "2"),)


def test_the_schedule_of_an_order_by_weight_is_at_the_weight_of_its_time():
    found = doses(order(400), weight(50, 300), level(3.0, 5))
    assert set(amounts(found)) == {250, 350}
    assert amounts(found)[-1] == 350


def test_a_record_that_begins_long_enough_ago_needs_none_before():
    found = read(person(order(900), infusions(*range(56, 400, 56))))
    assert Remark.DOSES_BEFORE_RECORD not in remarks(found.assumptions)


def test_a_record_that_begins_in_mid_course_without_any_interval_says_so():
    assert inputs_of(person(infusion(80), order(400, interval=None))) is Absence.NO_REGIMEN


def test_a_first_dose_without_a_plan_is_preceded_at_the_interval_in_force():
    found = read(person(infusions(150, 100, 50)))
    assert ("every", "50 days") in dict(found.assumptions)[Remark.DOSES_BEFORE_RECORD]


def test_infusions_known_from_a_statement_are_named():
    found = read(person(order(300), infusion(112, reported=True), infusion(56)))
    assert (Remark.DOSES_REPORTED, (("count", "1"),)) in found.assumptions


def test_an_unknown_amount_before_a_change_of_dose_is_what_was_ordered_then():
    old, new = order(600, state=OrderState.ENDED), order(100, mg_per_kg=10)
    given = doses(old, new, infusion(224, mg=None), infusion(168, mg=None), infusion(56, mg=None))
    assert amounts(given)[-3:] == [350, 350, 700]


def test_doses_before_the_record_are_those_of_its_first_whatever_came_later():
    given = doses(order(600), order(100, mg_per_kg=10), infusions(168, 112), infusion(56, mg=700))
    assert amounts(given) == [350] * (len(given) - 1) + [700]


def test_a_presumed_schedule_follows_the_order_of_each_time():
    found = read(person(order(600), order(100, mg_per_kg=10, interval=28), level(3.0, 1)))
    assert {dose.amount_mg for dose in found.doses if dose.at_days < -100} == {350}
    assert {dose.amount_mg for dose in found.doses if dose.at_days > -100} == {700}
    steps = [round(later.at_days - earlier.at_days) for earlier, later in pairwise(found.doses)]
    assert steps[-3:] == [28, 28, 28]
    assert set(steps[:-4]) == {56}
    assert (Remark.SCHEDULE_PRESUMED, (("every", "4 weeks"),)) in found.assumptions


@pytest.mark.parametrize("why", [Shortfall.TRUNCATED, Shortfall.ERROR])
def test_infusions_that_did_not_arrive_in_full_are_no_dosing_history(why):
    of = person(order(500), maintenance(), lacking(FactGroup.ADMINISTRATIONS, why))
    assert inputs_of(of) is Absence.DOSES_INCOMPLETE
    other = person(order(500), maintenance(), lacking(FactGroup.ALLERGIES, why))
    assert not isinstance(inputs_of(other), Absence)


def test_a_standing_order_without_infusions_is_presumed_to_have_been_followed():
    found = read(person(order(400), level(3.0, 5)))
    assert days_ago(found.doses)[-2:] == [61, 5]
    assert len(found.doses) == 6
    assert set(amounts(found.doses)) == {350}
    assert (Remark.SCHEDULE_PRESUMED, (("every", "8 weeks"),)) in found.assumptions


def test_a_presumed_schedule_runs_on_after_an_old_sample():
    assert days_ago(read(person(order(400), level(3.0, 120))).doses)[-3:] == [120, 64, 8]


def test_without_a_sample_the_next_presumed_infusion_is_due_now():
    assert days_ago(doses(order(400)))[-2:] == [112, 56]


@pytest.mark.parametrize(("days_ago", "old"), [(126, False), (127, True)])
def test_an_order_is_old_enough_for_maintenance_after_eighteen_weeks(days_ago, old):
    found = inputs_of(person(order(days_ago), level(3.0, 5)))
    assert (found is not Absence.NO_DOSES) is old


def test_an_order_without_a_date_is_old_enough():
    assert len(doses(order(None))) == 5


@pytest.mark.parametrize(
    "written",
    [order(100), order(400, interval=None), order(400, mg_per_kg=None), None],
)
def test_a_young_or_incomplete_order_tells_of_no_doses(written):
    of = person(*([] if written is None else [written]), level(3.0, 5))
    assert inputs_of(of) is Absence.NO_DOSES


def sc_order(days=182, mg=120, interval=14):
    return order(days, mg=mg, mg_per_kg=None, interval=interval, route=SC)


def test_injections_at_home_are_taken_as_ordered_after_the_infusions_on_record():
    found = read(person(infusions(224, 210), sc_order()))
    assert days_ago(found.doses)[:3] == [224, 210, 182]
    assert [dose.subcutaneous for dose in found.doses][:3] == [False, False, True]
    assert found.doses[2].duration_days == 0.0
    assert (Remark.INJECTIONS_AS_ORDERED, (("count", "14"), ("every", "2 weeks"))) in found.assumptions
    assert Remark.INFUSION_TIME not in remarks(found.assumptions)


def test_injections_on_record_are_as_recorded_and_fill_no_gap():
    recorded = [infusion(days, mg=120, route=SC) for days in (60, 45, 30)]
    found = read(person(infusions(224, 210), sc_order(100), *recorded))
    assert days_ago(found.doses) == [224, 210, 100, 86, 72, 60, 45, 30, 16, 2]


@pytest.mark.parametrize(("days_ago", "ordered"), [(93, [100]), (94, [])])
def test_an_injection_was_given_as_ordered_up_to_half_an_interval_before_a_recorded_one(days_ago, ordered):
    written = order(100, mg=120, mg_per_kg=None, interval=14, route=SC, hour=9.0)
    found = read(person(infusions(224, 210), written, infusion(days_ago, mg=120, route=SC)))
    assert days_before(found)[2 : 3 + len(ordered)] == [*ordered, days_ago]


def test_a_recorded_injection_has_the_amount_that_was_given_whatever_was_ordered():
    given = [infusion(days, mg=160, route=SC) for days in (28, 14)]  # too little for an infusion
    found = read(person(infusions(224, 210), sc_order(42), *given))
    recorded = [dose for dose in found.doses if round(-dose.at_days) in (28, 14)]
    assert [(dose.amount_mg, dose.duration_days) for dose in recorded] == [(160, 0.0)] * 2
    assert Remark.DOSE_AMOUNTS not in remarks(found.assumptions)


def test_injections_go_on_at_the_interval_of_the_order_of_their_time():
    orders = sc_order(182, interval=14), sc_order(44, interval=7)
    found = read(person(infusions(224, 210), *orders, infusion(44, mg=120, route=SC)))
    assert days_ago(found.doses)[2:] == [*range(182, 50, -14), 44, 37, 30, 23, 16, 9, 2]


def test_injections_of_an_order_without_a_date_are_taken_to_have_settled():
    found = read(person(order(None, mg=120, mg_per_kg=None, interval=14, route=SC), level(9.0, 1)))
    assert all(dose.subcutaneous for dose in found.doses)
    assert days_ago(found.doses) == [*range(239, 0, -14)]


def test_an_ordered_injection_just_before_a_recorded_one_is_that_one():
    found = read(person(infusions(224, 210), sc_order(100), infusion(95, mg=120, route=SC)))
    assert days_ago(found.doses)[2:4] == [95, 81]


def test_all_injections_on_record_leave_nothing_to_assume():
    recorded = [infusion(days, mg=120, route=SC) for days in range(5, 260, 14)]
    found = read(person(sc_order(300), *recorded))
    assert days_ago(found.doses)[-1] == 5
    assert all(dose.subcutaneous for dose in found.doses)


def test_without_infusions_on_record_the_injections_have_settled():
    assert max(days_ago(doses(sc_order(30)))) == 238


def at_home(*parts):
    """Injections that nobody recorded, begun so long ago that their day is not known."""
    return person(infusions(700, 686), sc_order(600), ati("negative"), albumin(4.1), active(), *parts)


@pytest.mark.parametrize("days", [0.5, 1, 3, 9, 13, 40])
def test_a_level_without_any_injection_on_record_is_taken_as_drawn_at_the_end_of_an_interval(days):
    found = read(at_home(level(12.0, days)))
    (sample,) = found.levels.samples
    before = [dose.at_days for dose in found.doses if dose.at_days < sample.at_days]
    assert sample.at_days - before[-1] == pytest.approx(14)
    assert -14 <= found.doses[-1].at_days < 0
    drawn = found.levels.drawn[0].day.isoformat()
    assert (Remark.LEVEL_AS_TROUGH, (("day", drawn),)) in found.assumptions


@pytest.mark.parametrize("ordered", [600, 598, 595, 591])
def test_on_which_day_an_order_was_written_long_ago_changes_nothing(ordered):
    parts = infusions(700, 686), level(12.0), ati("negative"), albumin(4.1)
    assert read(person(*parts, sc_order(ordered))).doses == read(person(*parts, sc_order(600))).doses


def test_without_a_level_the_next_injection_is_due_now():
    found = read(at_home())
    assert found.doses[-1].at_days == pytest.approx(-14)
    assert Remark.LEVEL_AS_TROUGH not in remarks(found.assumptions)


def test_older_levels_stay_out_where_the_newest_lays_the_injections():
    found = read(at_home(level(12.0, 1), level(14.0, 90)))
    assert len(found.levels.samples) == 1
    assert (Remark.OLDER_LEVELS, (("day", found.levels.drawn[0].day.isoformat()),)) in found.levels.left_out
    assert [note for note in found.inputs if note[0] is Remark.LEVELS] == []


def test_one_injection_on_record_says_where_in_its_interval_the_level_was_drawn():
    found = read(at_home(level(12.0, 1), level(14.0, 90), infusion(6, mg=120, route=SC)))
    (recorded,) = [dose.at_days for dose in found.doses if -7 < dose.at_days < -5]
    assert [round(dose.at_days - recorded, 6) for dose in found.doses] == [*range(-14 * 23, 1, 14)]
    assert len(found.levels.samples) == 2
    assert Remark.LEVEL_AS_TROUGH not in remarks(found.assumptions)


def test_the_order_that_began_the_injections_says_it_too():
    found = read(person(infusions(98, 42), sc_order(35), level(12.0, 1)))
    assert days_ago(found.doses) == [98, 42, 35, 21, 7]
    assert Remark.LEVEL_AS_TROUGH not in remarks(found.assumptions)
    (from_day,) = [values for remark, values in found.assumptions if remark is Remark.INJECTIONS_FROM]
    assert from_day == (("day", "2026-02-02"),)


def test_injections_are_laid_back_by_the_orders_of_their_time():
    weekly = order(200, mg=120, mg_per_kg=None, interval=7, route=SC)
    found = read(person(infusions(700, 686), sc_order(600), weekly, level(12.0, 1)))
    steps = [round(later.at_days - earlier.at_days, 6) for earlier, later in pairwise(found.doses)]
    assert set(steps) == {7, 14}
    assert all(
        (step == 7) is (later.at_days > -200) for later, step in zip(found.doses[1:], steps, strict=True)
    )


def test_injections_before_the_first_on_record_are_of_its_amount():
    recorded = infusion(100, mg=120, route=SC), infusion(10, mg=240, route=SC)
    for written in (sc_order(30, mg=240), order(None, mg=240, mg_per_kg=None, interval=14, route=SC)):
        given = doses(written, *recorded)
        assert {dose.amount_mg for dose in given if dose.at_days < -100.5} == {120}
        assert {dose.amount_mg for dose in given if dose.at_days > -30} == {240}


@pytest.mark.parametrize(
    "written", [sc_order(30), order(None, mg=120, mg_per_kg=None, interval=14, route=SC)]
)
def test_no_injection_is_assumed_beside_the_infusions_before_it(written):
    given = doses(written, infusions(224, 210), infusion(100, mg=120, route=SC), level(12.0, 1))
    assert not [dose for dose in given if dose.subcutaneous and dose.at_days < -209]
    home = read(person(written, infusions(224, 210), level(12.0, 1)))
    assert not [dose for dose in home.doses if dose.subcutaneous and dose.at_days < -209]


def test_an_infusion_in_a_long_course_of_injections_does_not_begin_it():
    given = doses(sc_order(600), infusion(100), infusion(80, mg=120, route=SC), level(12.0, 1))
    assert {108, 100, 94, 80, 66} <= set(days_ago(given))
    assert max(days_ago(given)) > 230


def test_an_order_after_the_first_injection_on_record_did_not_begin_them():
    recorded = infusions(224, 210), infusion(100, mg=120, route=SC)
    found = read(person(sc_order(30), *recorded))
    assert days_ago(found.doses)[:4] == [224, 210, 100, 86]
    assert Remark.INJECTIONS_FROM not in remarks(found.assumptions)


def test_a_doubled_dose_counts_from_its_order_on():
    found = read(person(infusions(224, 210), sc_order(182), sc_order(50, mg=240)))
    assert {dose.amount_mg for dose in found.doses if dose.subcutaneous and dose.at_days < -50.5} == {120}
    assert {dose.amount_mg for dose in found.doses if dose.at_days > -50} == {240}


def test_a_pack_handed_out_is_no_single_dose_but_tells_when_injections_began():
    pack = infusion(90, mg=120, route=SC, reported=True)
    found = read(person(infusions(224, 210), pack))
    assert days_ago(found.doses)[2:5] == [90, 76, 62]


def test_an_undated_order_of_injections_holds_all_along():
    found = read(person(order(None, mg=120, mg_per_kg=None, interval=None, route=SC)))
    assert max(days_ago(found.doses)) == 238
    assert {dose.amount_mg for dose in found.doses} == {120}


def test_injections_of_an_unknown_dose_are_unknown():
    assert inputs_of(person(order(182, mg=None, mg_per_kg=None, interval=14, route=SC))) is Absence.NO_DOSES


def test_infusions_of_an_unknown_dose_before_injections_were_of_their_order_or_standard():
    before = (infusion(224, mg=None), infusion(210, mg=700))
    assert read(person(order(300, mg_per_kg=10), before, sc_order())).doses[0].amount_mg == 700
    assert read(person(before, sc_order())).doses[0].amount_mg == 350


def test_an_injection_of_an_unknown_dose_before_infusions_was_a_standard_one():
    given = doses(order(100), infusion(114, mg=None, route=SC), infusions(100, 86, 58, 2))
    assert (given[0].amount_mg, given[0].subcutaneous) == (120, True)


def test_an_injection_on_record_without_any_amount_leaves_nothing_known():
    of = person(infusion(20, mg=None, route=SC), infusion(6, mg=None, route=SC))
    assert inputs_of(of) is Absence.NO_DOSES


def test_a_route_that_no_dose_names_is_that_of_the_course():
    given = doses(order(300), infusion(112, route=None), infusion(56, route=Route.INTRAVENOUS))
    assert not any(dose.subcutaneous for dose in given)


def test_more_doses_than_anyone_is_given_are_no_dosing_history():
    assert inputs_of(person(order(500), infusions(*range(1, 250)))) is Absence.DOSES_IMPLAUSIBLE
    for count, implausible in ((160, False), (161, True)):
        found = inputs_of(person(order(count), infusions(*range(1, count + 1))))
        assert (found is Absence.DOSES_IMPLAUSIBLE) is implausible
        assert implausible or len(found.doses) == 160
    weekly = sc_order(900, interval=7)
    assert len(read(person(weekly, level(9.0, 364))).doses) < 100


def test_doses_that_have_all_settled_are_none():
    assert inputs_of(person(order(900), infusions(400, 344))) is Absence.NO_DOSES
