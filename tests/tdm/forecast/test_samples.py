"""The levels that go into a forecast, and when they were drawn."""

from dataclasses import replace

import pytest

from tdm.facts import Comparator, ResultStatus
from tdm.forecast.result import Remark
from tdm.forecast.samples import all_but, newest_only, read_samples
from tests.support.course_builder import SC, infusion, infusions, level, maintenance, moment, order
from tests.tdm.forecast.cases import TIMELINE, history_of_course, knowledge, person, quiet, read, remarks


def samples(*parts, **policies):
    of = person(order(500), *parts)
    return read_samples(of.levels, history_of_course(of), TIMELINE, knowledge(**policies).policy)


def test_every_level_goes_in_newest_first_trough_or_not():
    found = samples(maintenance(), level(2.5, 0), level(9.0, 40), level(3.0, 56, hour=8))
    assert [sample.value_ug_ml for sample in found.samples] == [2.5, 9.0, 3.0]
    assert [drawn.day.isoformat() for drawn in found.drawn] == ["2026-03-09", "2026-01-28", "2026-01-12"]


def test_an_old_level_and_one_that_contradicts_another_stay_out():
    found = samples(maintenance(count=9), level(2.0, 366), level(4.0, 10), level(5.0, 10, reference="other"))
    assert found.samples == ()
    assert [one.value_ug_ml for one in samples(maintenance(count=9), level(2.0, 364)).samples] == [2.0]


def test_a_level_before_the_first_infusion_stays_out_where_that_is_known():
    assert samples(infusions(400), infusions(100, 86, 58), level(3.0, 250)).samples == ()
    assert len(samples(infusions(110, 54), level(3.0, 111)).samples) == 1
    assert len(samples(level(3.0, 111)).samples) == 1


@pytest.mark.parametrize(
    ("reading", "value", "below"),
    [
        (level(1.0, 0, comparator=Comparator.BELOW), 1.0, True),
        (level(0.8, 0, comparator=Comparator.AT_MOST), 0.8, True),
        (level(None, 0), 1.0, True),  # "not detected", without a limit
        (replace(level(0.4, 0), detected=False), 1.0, True),  # nor by the limit of its laboratory
        (level(0.3, 0), 0.3, False),
        (level(7.0, 0, comparator=Comparator.BELOW), 7.0, True),
    ],
)
def test_what_is_below_a_limit_stays_below_it(reading, value, below):
    (sample,) = samples(maintenance(), reading).samples
    assert (sample.value_ug_ml, sample.below) == (value, below)


def test_a_newest_level_without_an_upper_limit_leaves_nothing_to_fit():
    found = samples(maintenance(), level(20, 0, comparator=Comparator.ABOVE), level(4, 56, hour=8))
    assert found.newest_unbounded
    assert remarks(found.left_out) == [Remark.LEVEL_AT_LEAST]


def test_an_older_level_without_an_upper_limit_is_left_out_by_name():
    found = samples(maintenance(), level(4, 0), level(20, 56, hour=8, comparator=Comparator.AT_LEAST))
    assert not found.newest_unbounded
    assert found.left_out == ((Remark.LEVEL_AT_LEAST, (("day", "2026-01-12"),)),)


def test_what_cannot_be_used_hides_no_older_level():
    usable = level(4.0, 112, hour=8)
    for unusable in (
        (level(2.0, 56, hour=8), level(6.0, 56, hour=8, reference="other")),  # they contradict each other
        (level(20, 56, hour=8, comparator=Comparator.AT_LEAST),),
    ):
        found = samples(maintenance(), level(3.0, 0), *unusable, usable)
        assert [sample.value_ug_ml for sample in found.samples] == [3.0, 4.0]


@pytest.mark.parametrize(
    ("drawn_hour", "given_hour", "before"),
    [(8.0, 9.0, True), (9.0, 9.0, True), (14.0, None, True), (None, 9.0, True), (11.5, 9.0, False)],
)
def test_on_the_day_of_an_infusion_a_sample_is_before_it_unless_times_say_otherwise(
    drawn_hour, given_hour, before
):
    given = infusion(56, hour=given_hour)
    earlier = maintenance(last=112)
    (sample,) = samples(earlier, given, level(3.0, 56, hour=drawn_hour)).samples
    assert (sample.at_days <= TIMELINE.at(given.given)) is before


def test_of_very_many_levels_the_newest_are_used_and_the_rest_left_out_by_name():
    found = samples(maintenance(count=9), *[level(3.0, day, reference=f"level-{day}") for day in range(30)])
    assert len(found.samples) == 24
    assert found.left_out == ((Remark.OLDER_LEVELS, (("day", "2026-02-14"),)),)


@pytest.mark.parametrize(
    "reading",
    [
        level(3.0, 0, status=ResultStatus.PRELIMINARY),
        level(3.0, 0, status=ResultStatus.UNKNOWN),
        level(3.0, 0, coded=False),
    ],
)
def test_a_level_with_a_doubt_goes_in_and_is_named(reading):
    found = samples(maintenance(), reading, level(4.0, 56, hour=8))
    assert [drawn.day.isoformat() for drawn in found.doubtful] == ["2026-03-09"]
    assert len(found.samples) == 2
    named = read(person(order(500), maintenance(), reading, level(4.0, 56, hour=8))).assumptions
    assert (Remark.LEVELS_DOUBTFUL, (("days", "2026-03-09"),)) in named
    both = read(person(order(500), maintenance(), reading, replace(reading, drawn=moment(56)))).assumptions
    assert (Remark.LEVELS_DOUBTFUL, (("days", "2026-03-09, 2026-01-12"),)) in both
    assert newest_only(found).doubtful == found.doubtful
    assert newest_only(samples(level(4.0, 0), replace(reading, drawn=moment(30)))).doubtful == ()


def test_of_two_levels_within_a_day_the_newer_counts_and_the_other_is_named():
    found = samples(maintenance(), level(2.1, 0, hour=9), level(1.8, 0, hour=6), level(2.4, 56, hour=8))
    assert [sample.value_ug_ml for sample in found.samples] == [2.1, 2.4]
    assert found.left_out == ((Remark.LEVEL_SAME_DAY, (("day", "2026-03-09"),)),)
    overnight = samples(maintenance(), level(2.1, 0, hour=6), level(1.8, 1, hour=20))
    assert [sample.value_ug_ml for sample in overnight.samples] == [2.1]
    assert overnight.left_out == ((Remark.LEVEL_SAME_DAY, (("day", "2026-03-08"),)),)


@pytest.mark.parametrize("hours", [(8.0, 13.5), (9.0, 13.5)])
def test_two_levels_with_an_infusion_between_them_both_go_in(hours):
    before, after = hours
    given = infusion(56, hour=9.0)
    peak = level(90.0, 56, hour=after, reference="peak")
    found = samples(maintenance(last=112), given, level(2.0, 56, hour=before), peak)
    assert [sample.value_ug_ml for sample in found.samples] == [90.0, 2.0]


def test_at_the_time_of_an_infusion_a_sample_is_still_before_it():
    given = infusion(56, hour=9.0)
    found = samples(maintenance(last=112), given, level(2.0, 56, hour=9.0), level(2.2, 56, hour=6.0))
    assert [sample.value_ug_ml for sample in found.samples] == [2.0]


def test_two_of_a_day_that_the_decision_chose_between_leave_the_newer_in_the_fit():
    found = read(person(order(500), maintenance(), level(2.1, 0, hour=9), level(1.8, 0, hour=6), quiet()))
    assert [sample.value_ug_ml for sample in found.levels.samples] == [2.1]
    assert found.levels.left_out == ((Remark.LEVEL_SAME_DAY, (("day", "2026-03-09"),)),)


def test_a_day_apart_two_levels_are_two():
    assert len(samples(maintenance(), level(2.1, 0, hour=9), level(1.8, 1, hour=9)).samples) == 2


def test_an_earlier_level_of_a_day_without_an_upper_limit_is_no_more_than_the_other():
    found = samples(maintenance(), level(4, 0, hour=9), level(20, 0, hour=6, comparator=Comparator.ABOVE))
    assert remarks(found.left_out) == [Remark.LEVEL_SAME_DAY]


def test_where_the_decision_cannot_choose_between_two_of_a_day_neither_goes_in():
    newer = level(6.5, 0, hour=9, status=ResultStatus.PRELIMINARY)
    found = read(person(order(500), maintenance(), newer, level(1.8, 0, hour=6), level(2.4, 56, hour=8)))
    assert [sample.value_ug_ml for sample in found.levels.samples] == [2.4]
    assert found.levels.left_out == ((Remark.LEVELS_CONTRADICT, (("day", "2026-03-09"),)),)
    assert found.levels.doubtful == ()
    alone = read(person(order(500), maintenance(), newer, level(1.8, 0, hour=6), level(6.4, 0, hour=5)))
    assert alone.levels.samples == ()
    assert remarks(alone.levels.left_out) == [Remark.LEVELS_CONTRADICT]
    unbounded = level(20, 56, hour=8, comparator=Comparator.ABOVE)
    older = read(person(order(500), maintenance(), newer, level(1.8, 0, hour=6), unbounded))
    assert remarks(older.levels.left_out) == [Remark.LEVELS_CONTRADICT, Remark.LEVEL_AT_LEAST]


@pytest.mark.parametrize(("hour", "left_out"), [(9.05, True), (10.0, True), (10.9, True), (11.1, False)])
def test_a_level_drawn_while_the_drug_was_running_in_is_left_out_by_name(hour, left_out):
    found = samples(maintenance(last=112), infusion(56, hour=9.0), level(60.0, 56, hour=hour), level(3.0, 70))
    assert (Remark.LEVEL_DURING_INFUSION, (("day", "2026-01-12"),)) in found.left_out or not left_out
    assert [sample.value_ug_ml for sample in found.samples] == ([3.0] if left_out else [60.0, 3.0])


def test_without_a_time_a_level_of_the_day_of_an_infusion_was_drawn_before_it():
    for given, drawn in ((9.0, None), (None, 10.0)):
        found = samples(maintenance(last=112), infusion(56, hour=given), level(3.0, 56, hour=drawn))
        assert (len(found.samples), found.left_out, found.after_infusion) == (1, (), ())


def test_no_injection_runs_in():
    given = infusion(8, hour=9.0, mg=120, route=SC)
    found = samples(given, level(12.0, 8, hour=10.0))
    assert (len(found.samples), found.left_out, found.after_infusion) == (1, (), ())


@pytest.mark.parametrize(
    ("days", "hour", "soon"),
    [(56, 11.5, True), (55, 8.0, True), (55, 10.9, True), (55, 12.0, False), (54, 8.0, False)],
)
def test_a_level_within_a_day_after_an_infusion_goes_in_and_is_named_as_a_doubt(days, hour, soon):
    parts = maintenance(last=112), infusion(56, hour=9.0), level(60.0, days, hour=hour)
    found = samples(*parts)
    assert len(found.samples) == 1
    assert (found.after_infusion == found.drawn) is soon
    named = [
        values
        for remark, values in read(person(order(500), *parts)).assumptions
        if remark is Remark.LEVEL_AFTER_INFUSION
    ]
    assert named == ([(("days", found.drawn[0].day.isoformat()),)] if soon else [])


def test_a_level_that_stays_out_is_no_doubt():
    parts = maintenance(last=112), infusion(56, hour=9.0), level(60.0, 55, hour=8), level(3.0, 1)
    found = samples(*parts)
    assert len(found.after_infusion) == 1
    assert newest_only(found).after_infusion == ()
    assert all_but(found, found.after_infusion[0]).after_infusion == ()
    inputs = read(person(order(500), *parts))
    assert Remark.LEVEL_AFTER_INFUSION in remarks(inputs.assumptions)
    assert Remark.LEVEL_AFTER_INFUSION not in remarks(inputs.by_newest_level().assumptions)
