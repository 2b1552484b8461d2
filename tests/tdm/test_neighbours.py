"""Neighbouring rows: what would have to be different, and why the rows beside it did not answer."""

from dataclasses import replace

import pytest

from tdm.decision import Activity, AgeGroup, AtiClass, LevelClass, Phase, Situation, Verdict
from tdm.facts import Route
from tdm.knowledge.model import TreatmentGoal
from tdm.neighbours import Neighbour, neighbouring_rules
from tdm.table import build_table, first_match, numbers_of
from tests.tdm.cases import situation
from tests.tdm.enumeration import every_situation, shipped_knowledge


def found(of: Situation | None = None, dimension: str | None = None, **knowledge) -> list[Neighbour]:
    known = replace(shipped_knowledge(), **knowledge) if knowledge else shipped_knowledge()
    neighbours = neighbouring_rules(of or situation(), known)
    return [one for one in neighbours if dimension in (None, one.dimension)]


def brief(neighbours: list[Neighbour]) -> list[tuple[str, str, str]]:
    return [(one.rule, one.verdict.value, one.value) for one in neighbours]


def test_levels_come_nearest_first_each_row_once():
    assert brief(found(dimension="level")) == [
        ("R-LOR-1", "intensify", "5 µg/mL"),
        ("R-MECH-1", "switch", "9.1 µg/mL"),
        ("R-MECH-2", "switch", "15.1 µg/mL"),
    ]
    above = situation(level=LevelClass.HIGH, level_ug_ml=15.1)
    assert brief(found(above, "level")) == [
        ("R-MECH-1", "switch", "15 µg/mL"),
        ("R-LOR-1", "intensify", "9 µg/mL"),
        ("R-PK-1", "intensify", "4.9 µg/mL"),
    ]


def test_an_undetectable_level_begins_below_the_limit_of_detection():
    positive = situation(ati=AtiClass.POSITIVE_UNQUANTIFIED)
    assert ("R-IMM-1", "switch", "0.4 µg/mL") in brief(found(positive, "level"))


def test_a_missing_level_has_levels_for_neighbours():
    none = situation(level=LevelClass.NONE, level_ug_ml=None, starting=True)
    assert brief(found(none, "level"))[0] == ("R-PK-1", "intensify", "0 µg/mL")


def test_antibodies_one_class_at_a_time():
    assert brief(found(dimension="ati")) == [
        ("R-ATI-1", "assess", "not-measured"),
        ("R-IMM-5", "intensify", "positive-low"),
        ("R-IMM-1", "switch", "positive-high"),
        ("R-IMM-7", "assess", "positive-unquantified"),
    ]


def test_another_activity_brings_its_own_target_row():
    # 4 µg/mL is low for an adult with confirmed activity, but in the window otherwise.
    assert brief(found(situation(level_ug_ml=4.0), "activity")) == [
        ("R-LOR-2", "assess", "active-unconfirmed"),
        ("R-OK-1", "continue", "remission"),
    ]


def test_an_active_fistula_brings_its_own_target_row():
    twelve = situation(level=LevelClass.GREY, level_ug_ml=12.0)
    assert brief(found(twelve, "fistula")) == [("R-LOR-1", "intensify", "active perianal fistula")]
    with_fistula = situation(
        level=LevelClass.WINDOW,
        level_ug_ml=12.0,
        active_fistula=True,
        perianal_row=True,
        act_below_ug_ml=10,
        aim_ug_ml=12.7,
        ceiling_ug_ml=12.7,
    )
    assert brief(found(with_fistula, "fistula")) == [("R-MECH-1", "switch", "no active perianal fistula")]


@pytest.mark.parametrize(("proactive", "value", "rule"), [(True, "off", "R-PK-3"), (False, "on", "R-PK-2")])
def test_the_proactive_policy_of_the_site(proactive, value, rule):
    quiet = situation(activity=Activity.REMISSION, proactive=proactive, act_below_ug_ml=3, aim_ug_ml=3)
    (one,) = found(quiet, "proactive")
    assert (one.rule, one.value) == (rule, value)
    assert found(dimension="proactive") == []


def test_phase_and_age_bring_their_own_target_rows():
    assert brief(found(dimension="phase")) == [("R-IND-1", "intensify", "induction-week-2")]
    quiet = situation(
        level_ug_ml=4.0, level=LevelClass.WINDOW, activity=Activity.REMISSION, act_below_ug_ml=3
    )
    assert brief(found(quiet, "age")) == [("R-PK-2", "intensify", "child")]
    child = replace(quiet, age_group=AgeGroup.CHILD, level=LevelClass.LOW, act_below_ug_ml=6, aim_ug_ml=6)
    assert brief(found(child, "age")) == [("R-OK-1", "continue", "adult")]


def test_another_age_brings_its_own_proactive_policy():
    policy = replace(shipped_knowledge().policy, proactive_child=False)
    quiet = situation(level_ug_ml=1.8, activity=Activity.REMISSION, act_below_ug_ml=3, aim_ug_ml=3)
    assert brief(found(quiet, "age", policy=policy)) == [("R-PK-3", "continue", "child")]


def test_the_rows_beside_say_which_conditions_fail():
    above, below = found()[-2:]
    assert (above.rule, above.dimension) == ("R-SC-3", "row above")
    assert above.failing == ("subcutaneous", "level 17.5 µg/mL or above")
    assert (below.rule, below.dimension) == ("R-PK-2", "row below")
    assert below.failing == ("remission or activity unknown",)
    assert below.verdict is Verdict.INTENSIFY
    assert above.value == below.value == ""


def test_the_second_row_has_the_first_above_it():
    beside = found(situation(level=LevelClass.NONE, level_ug_ml=None))[-2:]
    assert [(one.rule, one.dimension) for one in beside] == [
        ("R-START-1", "row above"),
        ("R-SC-2", "row below"),
    ]


def test_a_fistula_at_the_ceiling_of_its_own_target_row_asks_for_a_workup():
    high = situation(level=LevelClass.GREY, level_ug_ml=12.7)
    assert brief(found(high, "fistula")) == [("R-FIST-1", "assess", "active perianal fistula")]


def test_a_subcutaneous_level_is_judged_by_its_own_target_row():
    enough = situation(
        route=Route.SUBCUTANEOUS,
        level=LevelClass.WINDOW,
        level_ug_ml=20.0,
        act_below_ug_ml=17.5,
        aim_ug_ml=17.5,
        ceiling_ug_ml=None,
    )
    assert brief(found(enough, "level")) == [("R-SC-1", "intensify", "17.4 µg/mL")]


def test_a_treatment_goal_moves_the_aim_and_no_row():
    policy = replace(shipped_knowledge().policy, treatment_goal=TreatmentGoal.ENDOSCOPIC)
    assert found(policy=policy) == found()


def test_a_row_below_that_would_answer_fails_nothing():
    starting = situation(level=LevelClass.NONE, level_ug_ml=None, starting=True)
    neighbours = found(starting)
    assert [one.dimension for one in neighbours if one.dimension.startswith("row")] == ["row below"]
    assert neighbours[-1] == Neighbour("R-DATA-1", Verdict.ASSESS, "row below")


def test_the_last_row_has_none_below():
    odd = situation(
        route=Route.SUBCUTANEOUS,
        level=LevelClass.WINDOW,
        level_ug_ml=None,
        aim_ug_ml=None,
        act_below_ug_ml=None,
    )
    assert [one.rule for one in found(odd) if one.dimension.startswith("row")] == ["R-OK-2"]


def test_every_neighbour_is_another_row_and_every_situation_has_one():
    knowledge = shipped_knowledge()
    table = build_table(numbers_of(knowledge))
    for index, one in enumerate(every_situation()):
        if index % 97:  # a prime step: all dimensions take part
            continue
        fired = first_match(table, one).id
        neighbours = neighbouring_rules(one, knowledge)
        assert neighbours
        assert fired not in {neighbour.rule for neighbour in neighbours}


def test_phases_keep_their_order():
    quiet = situation(level=LevelClass.WINDOW, level_ug_ml=7.0, activity=Activity.REMISSION)
    assert [one.value for one in found(quiet, "phase")] == [
        Phase.INDUCTION_WEEK_2.value,
        Phase.INDUCTION_WEEK_6.value,
    ]
