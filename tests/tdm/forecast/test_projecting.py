"""The trough that a level drawn within the interval leads to."""

from dataclasses import replace

import pytest

from tdm.decision import Phase
from tdm.facts import Comparator
from tdm.forecast.projecting import day_within_interval, level_within_interval, project
from tests.support.course_builder import (
    NOW,
    SC,
    ati,
    draft,
    infusion,
    infusions,
    level,
    maintenance,
    order,
)
from tests.tdm.forecast.cases import active, albumin, assessed, decided, fitted, knowledge, person, relapse


def mid_interval(*parts, value=6.5, days_ago=16, doses=None):
    return person(
        order(500),
        doses or maintenance(),
        level(value, days_ago),
        ati("negative", days_ago=16),
        albumin(4.1),
        active(),
        *parts,
    )


def waiting(of):
    return level_within_interval(assessed(of), of)


def projected(of, reading=None):
    return project(fitted(of), reading or waiting(of), of, assessed(of), NOW, knowledge())


def test_a_level_within_the_interval_waits_to_be_projected():
    assert waiting(mid_interval()).value_ug_ml == 6.5


def test_of_several_the_newest_waits():
    of = mid_interval(level(9.0, 30), level(5.9, 14))
    assert waiting(of).value_ug_ml == 5.9


def test_nothing_waits_in_a_course_of_injections_without_a_level():
    assert waiting(person(order(200, mg=120, mg_per_kg=None, interval=14, route=SC))) is None


@pytest.mark.parametrize(
    "of",
    [
        mid_interval(level(1.8, 0)),  # a trough decides
        mid_interval(level(2.0, 0), level(4.0, 0, reference="other")),  # two levels contradict each other
        person(order(500), maintenance()),
        person(
            order(200, mg=120, mg_per_kg=None, interval=14, route=SC),
            infusion(20, mg=120, route=SC),
            level(9.0, 2),
        ),
    ],
)
def test_nothing_waits_beside_a_trough_a_contradiction_no_level_or_injections(of):
    assert waiting(of) is None


def test_the_trough_is_projected_to_the_end_of_the_interval():
    found = projected(mid_interval())
    assert (found.drawn, found.level, found.due) == ("2026-02-21", "6.5 µg/mL", "2026-03-09")
    lowest, highest = found.trough.medians_ug_ml
    assert 0 < lowest <= highest < 6.5
    lower, upper = found.trough.interval_ug_ml
    assert lower < lowest
    assert upper > highest
    assert not found.trough.settled


def test_a_level_without_a_number_is_projected_from_what_it_is_taken_for():
    assert projected(mid_interval(value=None)).level == "below 1 µg/mL"


def test_an_infusion_that_came_early_ends_the_interval():
    found = projected(mid_interval(infusion(10)))
    assert found.due == "2026-02-27"
    assert found.past
    assert not projected(mid_interval()).past


def test_a_sample_just_before_an_early_infusion_has_no_trough_to_come():
    assert projected(mid_interval(infusion(16), value=6.5)) is None


def test_a_sample_of_the_minute_of_an_infusion_was_drawn_before_it():
    of = person(order(500), maintenance(), infusion(16), level(6.5, 16, hour=9.0), albumin(4.1), active())
    assert projected(of, of.levels[0]) is None


@pytest.mark.parametrize(("days_ago", "hour", "waits"), [(1, 9.0, True), (1, 10.0, False), (2, 9.0, True)])
def test_a_sample_of_the_last_day_is_the_trough_itself(days_ago, hour, waits):
    of = person(order(500), maintenance(), level(3.0, days_ago, hour=hour), albumin(4.1), active())
    assert (projected(of, of.levels[0]) is not None) is waits


def test_a_sample_of_a_whole_day_before_the_end_is_still_projected():
    of = person(order(500), maintenance(hour=10.0), level(3.0, 1, hour=10.0), albumin(4.1), active())
    assert projected(of, of.levels[0]).due == "2026-03-09"


def test_in_maintenance_the_step_is_the_interval_that_is_given():
    of = person(order(330, interval=42), maintenance(20, every=42), level(9.0, 5), albumin(4.1), active())
    assert assessed(of).history.start_known
    assert projected(of, of.levels[0]).due == "2026-03-31"


def test_an_order_of_injections_does_not_tell_when_the_next_infusion_is_due():
    injections = order(300, mg=120, mg_per_kg=None, interval=14, route=SC)
    assert projected(mid_interval(injections)).due == "2026-03-09"


def test_without_any_order_the_step_is_the_interval_that_was_observed():
    of = person(infusions(20, 62, 104, 160, 188, 202), level(9.0, 5), albumin(4.1), active())
    assert assessed(of).history.start_known
    assert projected(of, of.levels[0]).due == "2026-03-31"


def test_a_level_that_no_doubt_is_about_does_not_wait():
    """Only what is no trough is projected, however new another level on record is."""
    of = mid_interval()
    doubted = of.levels[0]
    other = replace(of, levels=(*of.levels, level(3.0, 12)))
    assert level_within_interval(assessed(of), other) == doubted


def test_where_only_the_order_in_front_tells_the_interval_it_is_that():
    of = person(infusions(200, 20), level(9.0, 5), albumin(4.1), draft(interval=42))
    whole = assessed(of)
    alone = replace(whole, history=replace(whole.history, infusions=whole.history.infusions[-1:]))
    assert project(fitted(of), of.levels[0], of, alone, NOW, knowledge()).due == "2026-03-31"


def test_in_induction_the_step_is_that_of_the_schedule():
    of = person(
        order(40), infusions(34, 20), level(30.0, 10), ati("negative", days_ago=10), albumin(4.1), active()
    )
    found = projected(of)
    assert found.due == "2026-03-17"
    assert assessed(of).situations[0].phase is Phase.INDUCTION_WEEK_6
    assert found.trough.at_least_ug_ml == 10


def test_after_a_course_of_unknown_interval_there_is_no_end_to_project_to():
    of = person(infusions(62, 48, 20), order(63, interval=None), level(30.0, 10), albumin(4.1))
    known = assessed(of)
    early = replace(known.history, start_known=False, infusions=known.history.infusions[-1:])
    assert project(fitted(of), of.levels[0], of, replace(known, history=early), NOW, knowledge()) is None


def test_levels_of_one_moment_that_contradict_each_other_lead_nowhere():
    of = mid_interval(level(3.0, 16, reference="other"))
    assert [projected(of, one) for one in of.levels] == [None, None]


def test_in_a_record_that_begins_in_mid_course_the_trough_is_one_of_maintenance():
    of = person(order(500), infusions(128, 72), level(8.0, 40), albumin(4.1), active())
    assert projected(of, of.levels[0]).trough.at_least_ug_ml == 6


def test_a_level_that_did_not_go_in_is_not_projected():
    of = mid_interval(level(20.0, 30, comparator=Comparator.ABOVE))
    other = next(one for one in of.levels if one.comparator is Comparator.ABOVE)
    assert projected(of, other) is None
    assert projected(of, level(3.0, undated=True)) is None
    undated = replace(of.levels[0], drawn=None)
    twin = replace(of, levels=(*of.levels, undated))
    assert waiting(twin) == of.levels[0]


def test_before_any_recorded_infusion_nothing_is_projected():
    of = person(order(500), infusions(30), level(3.0, 40), albumin(4.1), draft())
    assert projected(of, of.levels[0]) is None


def injected(last_days_ago, *parts, drawn=1):
    return person(
        order(300, mg=120, mg_per_kg=None, interval=14, route=SC),
        tuple(infusion(days, mg=120, route=SC) for days in range(last_days_ago, 300, 14)),
        level(12.0, drawn),
        ati("negative", days_ago=drawn),
        albumin(4.1),
        active(),
        *parts,
    )


def day_of(of):
    return day_within_interval(fitted(of), assessed(of), knowledge().policy)


@pytest.mark.parametrize(("last", "day"), [(8, 7), (2, 1), (11, 10), (12, 11), (14, None), (15, None)])
def test_the_day_on_which_a_level_was_drawn_within_the_interval_of_injections(last, day):
    assert day_of(injected(last)) == day


def test_where_the_interval_of_the_level_is_not_known_no_day_is_told():
    assert day_of(relapse()) is None
    assert day_of(replace(injected(8), levels=())) is None
    policy, of = knowledge().policy, assessed(injected(8))
    left_out = replace(of, level=level(12.0, 40))
    assert day_within_interval(fitted(injected(8)), left_out, policy) is None
    unknown = replace(of, regimen=replace(of.regimen, interval_days=None))
    assert day_within_interval(fitted(injected(8)), unknown, policy) is None


def test_why_a_level_of_injections_is_above_the_trough_is_told_with_it():
    told = decided(injected(8)).forecast
    assert (told.measured_ug_ml, told.measured_on_day) == (12, 7)
    assert decided(injected(15)).forecast.measured_on_day is None
    assert decided(relapse()).forecast.measured_on_day is None
