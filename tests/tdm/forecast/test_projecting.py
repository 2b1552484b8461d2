"""The trough that a level drawn within the interval leads to."""

from dataclasses import replace

import pytest

from tdm.decision import Phase
from tdm.facts import Comparator
from tdm.forecast.projecting import level_within_interval, project
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
from tests.tdm.forecast.cases import active, albumin, assessed, fitted, knowledge, person


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
