"""The trough that is asked of a regimen."""

from dataclasses import replace

import pytest

from tdm.decision import Phase
from tdm.facts import Route
from tdm.forecast.result import Remark
from tdm.forecast.targets import counted, reaching, target_in, to_keep, to_reach
from tdm.knowledge.model import TreatmentGoal
from tests.support.course_builder import ati, child, fistula, infusions, level, maintenance, order
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


def told(of, phase=Phase.MAINTENANCE, *, keeping=False, **policies):
    return counted(phase, assessed(of), knowledge(**policies), keeping=keeping)


def test_nothing_is_explained_where_the_chances_speak_of_the_levels_own_target():
    assert told(relapse()) == ()
    assert told(relapse(), keeping=True) == ()


def test_a_level_of_week_14_is_followed_by_troughs_of_maintenance():
    week_14 = person(order(105), infusions(98, 84, 56), level(4.0, 0), ati("negative"), quiet())
    assert told(week_14) == (
        (Remark.COUNTED_MAINTENANCE, (("level", "3"),)),
        (Remark.COUNTED_UPPER, (("above", "7"), ("ceiling", "9"))),
    )
    assert told(week_14, keeping=True) == ((Remark.COUNTED_MAINTENANCE, (("level", "3"),)),)


@pytest.mark.parametrize(
    ("phase", "remark", "level_text"),
    [
        (Phase.INDUCTION_WEEK_2, Remark.COUNTED_WEEK_2, "25"),
        (Phase.INDUCTION_WEEK_6, Remark.COUNTED_WEEK_6, "10"),
        (Phase.POST_INDUCTION, Remark.COUNTED_WEEK_14, "7.8"),
    ],
)
def test_the_phase_that_a_trough_falls_into_is_named(phase, remark, level_text):
    assert told(relapse(), phase)[0] == (remark, (("level", level_text),))


def test_what_counts_as_too_much_is_explained_where_it_is_not_the_ceiling():
    well = person(order(500), maintenance(), level(2.0), quiet())
    assert told(well) == ((Remark.COUNTED_UPPER, (("above", "7"), ("ceiling", "9"))),)
    assert told(well, keeping=True) == ()
    assert told(relapse(fistula())) == ((Remark.COUNTED_ABOVE, (("above", "15"), ("ceiling", "12.7"))),)


def test_where_the_level_has_no_one_target_no_other_is_set_against_it():
    unknown = replace(assessed(relapse()), target=None)
    assert counted(Phase.POST_INDUCTION, unknown, knowledge(), keeping=False) == ()


@pytest.mark.parametrize(
    ("goal", "asked"),
    [
        (None, (3, 7, None)),
        (TreatmentGoal.CLINICAL, (3, 7, None)),
        (TreatmentGoal.ENDOSCOPIC, (6, 7, None)),
        (TreatmentGoal.RADIOLOGIC, (7.8, 9, 7)),
        (TreatmentGoal.HISTOLOGIC, (9, 15, 7)),
        (TreatmentGoal.TRANSMURAL, (3, 7, None)),
    ],
)
def test_a_goal_that_lifts_what_is_more_than_wanted_leaves_the_usual_limit_in_sight(goal, asked):
    well = person(order(500), maintenance(), level(2.0), quiet())
    known = knowledge(treatment_goal=goal)
    found = reaching(Phase.MAINTENANCE, IV, assessed(well), known)
    assert (found.at_least_ug_ml, found.above_ug_ml, found.usually_above_ug_ml) == asked
    injected = reaching(Phase.MAINTENANCE, Route.SUBCUTANEOUS, assessed(well), known)
    assert injected.usually_above_ug_ml is None
