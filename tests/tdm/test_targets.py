"""Target rows, goals and level classes."""

from dataclasses import replace
from itertools import product

import pytest

from tdm.decision import Activity, AgeGroup, LevelClass, Phase
from tdm.facts import Route
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Knowledge, TreatmentGoal
from tdm.targets import is_proactive, level_class, target_of, target_row

KNOWLEDGE = load_knowledge()
IV, SC = Route.INTRAVENOUS, Route.SUBCUTANEOUS
ADULT, CHILD = AgeGroup.ADULT, AgeGroup.CHILD
CONFIRMED, UNKNOWN = Activity.ACTIVE_CONFIRMED, Activity.UNKNOWN
W2, W6, W14, LATER = Phase.INDUCTION_WEEK_2, Phase.INDUCTION_WEEK_6, Phase.POST_INDUCTION, Phase.MAINTENANCE


def with_policy(*, local: frozenset[str] = frozenset(), **changes: object) -> Knowledge:
    return replace(KNOWLEDGE, policy=replace(KNOWLEDGE.policy, **changes), local_keys=local)


@pytest.mark.parametrize(
    ("route", "group", "phase", "activity", "fistula", "row"),
    [
        (IV, ADULT, W2, CONFIRMED, False, "adult-week-2"),
        (IV, ADULT, W6, CONFIRMED, False, "adult-week-6"),
        (IV, ADULT, W14, CONFIRMED, False, "adult-week-14"),
        (IV, ADULT, LATER, CONFIRMED, False, "adult-maintenance-active"),
        (IV, ADULT, LATER, Activity.ACTIVE_UNCONFIRMED, False, "adult-maintenance-otherwise"),
        (IV, ADULT, LATER, Activity.REMISSION, True, "adult-maintenance-otherwise"),
        (IV, CHILD, W2, CONFIRMED, True, "child-week-2"),
        (IV, CHILD, W6, CONFIRMED, True, "child-week-6"),
        (IV, CHILD, W14, UNKNOWN, True, "child-week-14"),
        (IV, CHILD, LATER, CONFIRMED, False, "child-maintenance"),
        (IV, ADULT, W14, CONFIRMED, True, "perianal-active"),
        (IV, CHILD, LATER, CONFIRMED, True, "perianal-active"),
        (SC, ADULT, W2, CONFIRMED, True, "subcutaneous-active"),
        (SC, CHILD, LATER, UNKNOWN, False, "subcutaneous-otherwise"),
    ],
)
def test_route_age_phase_activity_and_fistula_select_the_row(route, group, phase, activity, fistula, row):
    assert target_row(route, group, phase, activity, active_fistula=fistula) == row


def test_every_row_that_can_be_selected_is_in_the_table():
    for route, group, phase, activity, fistula in product(Route, AgeGroup, Phase, Activity, (True, False)):
        row = target_row(route, group, phase, activity, active_fistula=fistula)
        assert target_of(row, group, KNOWLEDGE).row == row


def test_without_a_goal_the_row_stands_as_written():
    assert (
        target_of("adult-week-14", ADULT, with_policy(treatment_goal=None))
        is KNOWLEDGE.targets["adult-week-14"]
    )


@pytest.mark.parametrize(
    ("row", "group", "goal", "aim"),
    [
        ("adult-maintenance-active", ADULT, TreatmentGoal.RADIOLOGIC, 7.8),
        ("adult-maintenance-active", ADULT, TreatmentGoal.CLINICAL, 5.0),
        ("adult-maintenance-active", ADULT, TreatmentGoal.HISTOLOGIC, 9.0),
        ("adult-maintenance-otherwise", ADULT, TreatmentGoal.CLINICAL, 3.0),
        ("child-week-14", CHILD, TreatmentGoal.FISTULA, 9.0),
        ("perianal-active", CHILD, TreatmentGoal.FISTULA, 12.7),
        ("adult-week-6", ADULT, TreatmentGoal.FISTULA, 12.7),
        ("subcutaneous-active", ADULT, TreatmentGoal.TRANSMURAL, 30.3),
        ("subcutaneous-active", ADULT, TreatmentGoal.RADIOLOGIC, 17.5),
        ("adult-maintenance-active", ADULT, TreatmentGoal.TRANSMURAL, 6.0),
    ],
)
def test_a_goal_sets_the_aim_between_act_below_and_the_ceiling(row, group, goal, aim):
    assert target_of(row, group, with_policy(treatment_goal=goal)).aim_ug_ml == aim


def test_a_goal_has_a_number_for_children_of_its_own():
    table = {**KNOWLEDGE.goal_values, (TreatmentGoal.CLINICAL, "child"): 6.5}
    knowledge = replace(with_policy(treatment_goal=TreatmentGoal.CLINICAL), goal_values=table)
    assert target_of("child-maintenance", CHILD, knowledge).aim_ug_ml == 6.5


def test_a_goal_leaves_a_row_without_act_below_alone():
    target = target_of("subcutaneous-otherwise", ADULT, with_policy(treatment_goal=TreatmentGoal.TRANSMURAL))
    assert target.aim_ug_ml is None


@pytest.mark.parametrize(
    ("goal", "upper"), [(TreatmentGoal.RADIOLOGIC, 9.0), (TreatmentGoal.HISTOLOGIC, None)]
)
def test_the_upper_end_of_the_aim_stays_only_above_the_aim(goal, upper):
    target = target_of("adult-maintenance-active", ADULT, with_policy(treatment_goal=goal))
    assert target.aim_upper_ug_ml == upper


def test_a_row_without_an_upper_end_gets_none_from_a_goal():
    target = target_of("adult-week-14", ADULT, with_policy(treatment_goal=TreatmentGoal.RADIOLOGIC))
    assert target.aim_upper_ug_ml is None


def test_a_reactive_site_acts_below_five_in_children():
    assert target_of("child-maintenance", CHILD, KNOWLEDGE).act_below_ug_ml == 6
    reactive = target_of("child-maintenance", CHILD, with_policy(proactive_child=False))
    assert reactive.act_below_ug_ml == 5
    assert reactive.aim_ug_ml == 6
    assert target_of("child-week-14", CHILD, with_policy(proactive_child=False)).act_below_ug_ml == 5


def test_a_row_changed_by_the_site_is_marked_as_local():
    goal = TreatmentGoal.RADIOLOGIC
    row = "adult-maintenance-active"
    assert not target_of(row, ADULT, with_policy(treatment_goal=goal)).local
    assert target_of(
        row, ADULT, with_policy(treatment_goal=goal, local=frozenset({"policy.treatment_goal"}))
    ).local
    assert not target_of("child-maintenance", CHILD, with_policy(proactive_child=False)).local
    local = frozenset({"policy.proactive_child"})
    assert target_of("child-maintenance", CHILD, with_policy(proactive_child=False, local=local)).local


def test_a_row_that_was_local_stays_local():
    rows = {name: replace(row, local=True) for name, row in KNOWLEDGE.targets.items()}
    goal = replace(with_policy(treatment_goal=TreatmentGoal.RADIOLOGIC), targets=rows)
    assert target_of("adult-week-14", ADULT, goal).local
    reactive = replace(with_policy(proactive_child=False), targets=rows)
    assert target_of("child-maintenance", CHILD, reactive).local


def test_children_and_adults_are_proactive_by_their_own_policy():
    knowledge = with_policy(proactive_child=True, proactive_adult=False)
    assert is_proactive(CHILD, knowledge)
    assert not is_proactive(ADULT, knowledge)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (4.99, LevelClass.LOW),
        (5.0, LevelClass.WINDOW),
        (9.0, LevelClass.WINDOW),
        (9.01, LevelClass.GREY),
        (15.0, LevelClass.GREY),
        (15.01, LevelClass.HIGH),
    ],
)
def test_act_below_and_ceiling_belong_to_the_window_and_fifteen_to_grey(value, expected):
    target = KNOWLEDGE.targets["adult-maintenance-active"]
    assert level_class(value, target, undetectable=False) is expected


def test_an_undetectable_level_is_a_class_of_its_own_in_every_row():
    for target in KNOWLEDGE.targets.values():
        assert level_class(0.4, target, undetectable=True) is LevelClass.UNDETECTABLE


def test_a_row_without_a_ceiling_has_no_grey_zone():
    assert level_class(60, KNOWLEDGE.targets["adult-week-2"], undetectable=False) is LevelClass.WINDOW


def test_a_row_without_act_below_calls_every_detectable_level_window():
    target = KNOWLEDGE.targets["subcutaneous-otherwise"]
    assert level_class(0.6, target, undetectable=False) is LevelClass.WINDOW
