"""The trough that is asked of a regimen."""

from dataclasses import replace

import pytest

from tdm.decision import Phase
from tdm.facts import Route
from tdm.forecast.targets import target_in, to_keep, to_reach
from tdm.knowledge.model import TreatmentGoal
from tests.support.course_builder import child, fistula, level, maintenance, order
from tests.tdm.forecast.cases import assessed, knowledge, person, quiet, relapse

IV = Route.INTRAVENOUS


@pytest.mark.parametrize(
    ("phase", "route", "row"),
    [
        (Phase.MAINTENANCE, IV, "adult-maintenance-active"),
        (Phase.POST_INDUCTION, IV, "adult-week-14"),
        (Phase.MAINTENANCE, Route.SUBCUTANEOUS, "subcutaneous-active"),
    ],
)
def test_the_row_is_that_of_the_phase_and_route_in_question(phase, route, row):
    assert target_in(phase, route, assessed(relapse()), knowledge()).row == row


@pytest.mark.parametrize("group", ["adult", "child"])
def test_the_goal_of_a_site_is_that_of_the_patients_age(group):
    goal = TreatmentGoal.RADIOLOGIC
    of = relapse() if group == "adult" else replace(relapse(), **child())
    site = knowledge(treatment_goal=goal)
    site = replace(site, goal_values={**site.goal_values, (goal, group): 8.5})
    assert to_reach(target_in(Phase.MAINTENANCE, IV, assessed(of), site)).at_least_ug_ml == 8.5


def test_an_active_fistula_has_its_own_row():
    assert (
        target_in(Phase.MAINTENANCE, IV, assessed(relapse(fistula())), knowledge()).row == "perianal-active"
    )


def test_more_drug_is_to_reach_the_aim_and_not_to_pass_the_ceiling():
    asked = to_reach(target_in(Phase.MAINTENANCE, IV, assessed(relapse()), knowledge()))
    assert (asked.at_least_ug_ml, asked.above_ug_ml) == (6, 9)


def test_who_is_well_is_not_led_past_the_upper_end_of_the_aim():
    well = person(order(500), maintenance(), level(2.0), quiet())
    asked = to_reach(target_in(Phase.MAINTENANCE, IV, assessed(well), knowledge()))
    assert (asked.at_least_ug_ml, asked.above_ug_ml) == (3, 7)
    row = target_in(Phase.POST_INDUCTION, IV, assessed(well), knowledge())
    assert to_reach(row).above_ug_ml == row.ceiling_ug_ml == 9


def test_where_the_aim_is_the_ceiling_the_grey_zone_ends_what_helps():
    asked = to_reach(target_in(Phase.MAINTENANCE, IV, assessed(relapse(fistula())), knowledge()))
    assert (asked.at_least_ug_ml, asked.above_ug_ml) == (12.7, 15)


def test_a_row_without_ceiling_or_aim_asks_for_none():
    target = target_in(Phase.MAINTENANCE, Route.SUBCUTANEOUS, assessed(relapse()), knowledge())
    assert to_reach(target).above_ug_ml is None
    asked = to_reach(replace(target, aim_ug_ml=None, aim_upper_ug_ml=None, ceiling_ug_ml=9.0))
    assert (asked.at_least_ug_ml, asked.above_ug_ml) == (None, 9)


def test_less_drug_is_to_stay_where_nothing_has_to_be_raised():
    target = target_in(Phase.MAINTENANCE, IV, assessed(relapse()), knowledge())
    assert (to_keep(target).at_least_ug_ml, to_keep(target).above_ug_ml) == (5, None)
    assert to_keep(replace(target, act_below_ug_ml=None)).at_least_ug_ml == 6
