"""A course that only starts is told the targets of the troughs it plans, not of today."""

from dataclasses import replace

import pytest

from tdm.decide import decide, decide_assessed
from tdm.decision import Activity, AgeGroup, LevelClass, Phase
from tdm.facts import Route, TreatmentCourse
from tdm.knowledge.model import TreatmentGoal
from tdm.planned import planned_of, planned_targets
from tdm.targets import target_of
from tests.tdm.cases import NOW, assessment, course, draft, situation
from tests.tdm.enumeration import shipped_knowledge

STARTING = {"level": LevelClass.NONE, "level_ug_ml": None, "phase": Phase.INDUCTION_WEEK_2, "starting": True}


def rows(**fields) -> list[str]:
    return [target.row for target in planned_targets(situation(**(STARTING | fields)), shipped_knowledge())]


def test_weeks_6_and_14_are_planned_for_each_age_group():
    assert rows() == ["adult-week-6", "adult-week-14"]
    assert rows(age_group=AgeGroup.CHILD) == ["child-week-6", "child-week-14"]


def test_an_active_fistula_sets_the_target_of_week_14():
    fistula = {"active_fistula": True, "activity": Activity.ACTIVE_CONFIRMED}
    assert rows(**fistula) == ["adult-week-6", "perianal-active"]


def test_the_goal_of_a_site_sets_the_aim_of_each_age_group():
    shipped = shipped_knowledge()
    goal = replace(shipped, policy=replace(shipped.policy, treatment_goal=TreatmentGoal.CLINICAL))
    for age in AgeGroup:
        planned = planned_targets(situation(**STARTING, age_group=age), goal)
        usual = [target_of(f"{age}-{week}", age, goal) for week in ("week-6", "week-14")]
        assert list(planned) == usual


def test_under_the_skin_no_phase_has_a_target_of_its_own():
    assert rows(route=Route.SUBCUTANEOUS) == []


def decided(*situations):
    return decide_assessed(
        course(draft=draft()), assessment(*situations), now=NOW, knowledge=shipped_knowledge()
    )


def test_a_starting_decision_cites_what_stands_behind_the_planned_targets():
    found = decided(situation(**STARTING))
    assert found.rule == "R-START-1"
    targets = shipped_knowledge().targets
    planned = {*targets["adult-week-6"].evidence, *targets["adult-week-14"].evidence}
    assert set(found.evidence) & planned
    assert not set(found.evidence) & (set(targets["adult-week-2"].evidence) - planned)
    assert [target.row for target in planned_of(found, shipped_knowledge())] == [
        "adult-week-6",
        "adult-week-14",
    ]


def test_without_one_age_group_or_in_another_answer_nothing_is_planned():
    both = decided(situation(**STARTING), situation(**STARTING, age_group=AgeGroup.CHILD))
    assert both.rule == "R-START-1"
    assert planned_of(both, shipped_knowledge()) == ()
    assert planned_of(decided(situation()), shipped_knowledge()) == ()


@pytest.mark.parametrize("route", list(Route))
def test_a_first_order_names_no_target_of_week_2(route):
    first = TreatmentCourse(draft=draft(route=route))
    found = decide(first, now=NOW, knowledge=shipped_knowledge())
    assert found.rule == "R-START-1"
    assert bool(planned_of(found, shipped_knowledge())) is False  # the birth date is not known
