"""The assessment of a whole course, in stories."""

from dataclasses import replace

import pytest

from tdm.assess import assess, distinct
from tdm.decision import Activity, AgeGroup, Assessment, AtiClass, LevelClass, Phase, Situation
from tdm.facts import (
    Comparator,
    FactGroup,
    Finding,
    Marker,
    Moment,
    OrderState,
    ResultStatus,
    Shortfall,
)
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import TreatmentGoal
from tdm.source import Source
from tests.support.course_builder import (
    IV,
    NOW,
    SC,
    adult,
    ati,
    born,
    calprotectin,
    child,
    course,
    crohns,
    crp,
    draft,
    endoscopy,
    fistula,
    hbi,
    infusion,
    infusions,
    issue,
    lacking,
    level,
    maintenance,
    marker,
    moment,
    order,
    weight,
)

KNOWLEDGE = load_knowledge()


def of(*parts: object, now: Moment = NOW, **policy: object) -> Assessment:
    knowledge = replace(KNOWLEDGE, policy=replace(KNOWLEDGE.policy, **policy))
    return assess(course(*parts), now=now, knowledge=knowledge)


def situation(*parts: object, **policy: object) -> Situation:
    (only,) = of(*parts, **policy).situations
    return only


def codes(assessment: Assessment) -> list[IssueCode]:
    return [one.code for one in assessment.issues]


STEADY = (adult(), *maintenance(56), order(500), weight(), crohns())


def test_a_well_documented_low_trough_leaves_no_doubt():
    found = of(*STEADY, level(1.8), ati("negative", 1, unit="U/mL", laboratory="Prometheus"), crp(18))
    assert found.situations == (
        Situation(
            route=IV,
            age_group=AgeGroup.ADULT,
            phase=Phase.MAINTENANCE,
            level=LevelClass.LOW,
            level_ug_ml=1.8,
            ati=AtiClass.NEGATIVE,
            activity=Activity.ACTIVE_CONFIRMED,
            perianal_row=False,
            proactive=True,
            act_below_ug_ml=5,
            aim_ug_ml=6,
            ceiling_ug_ml=9,
        ),
    )
    assert found.issues == ()
    assert found.certainty_steps_down == 0
    assert found.target is KNOWLEDGE.targets["adult-maintenance-active"]
    assert found.situation_targets == (found.target,)
    assert found.level is not None
    assert found.level.value_ug_ml == 1.8
    assert found.ati is not None
    assert found.trend == ()
    assert not found.level_conflict


def test_an_empty_course_still_has_a_situation():
    found = of()
    assert [one.age_group for one in found.situations] == [AgeGroup.ADULT, AgeGroup.CHILD]
    assert {one.level for one in found.situations} == {LevelClass.NONE}
    assert found.target is None
    assert (found.level, found.ati, found.last_dose, found.gap_days, found.course_start) == (None,) * 5
    assert (found.draft_regimen, found.weight, found.age_years, found.age_years_youngest) == (None,) * 4
    assert set(codes(found)) == {
        IssueCode.BIRTH_DATE_UNKNOWN,
        IssueCode.ROUTE_PRESUMED,
        IssueCode.WEIGHT_UNKNOWN,
    }


def test_facts_for_gates_and_options_are_carried():
    found = of(*STEADY, draft(mg_per_kg=10, interval=28), level(1.8))
    assert found.last_dose == moment(56, hour=9)
    assert found.gap_days == pytest.approx(56 + 1 / 24)
    assert found.course_start is not None
    assert found.last_change == found.course_start
    assert (found.age_years, found.age_years_youngest) == (40, 40)
    assert found.weight == weight()
    assert found.draft_regimen is not None
    assert (found.draft_regimen.dose_mg_per_kg, found.draft_regimen.interval_days) == (10, 28)
    assert not found.draft_changes_route
    assert [dose.given for dose in found.history.infusions][-1] == found.last_dose


def test_a_draft_of_another_route_is_told():
    assert of(*STEADY, draft(route=SC, mg=120, mg_per_kg=None)).draft_changes_route
    assert not of(*STEADY, draft(route=None)).draft_changes_route
    assert not of(adult(), draft(route=SC)).draft_changes_route
    assert not of(adult(), draft(route=None)).draft_changes_route


def test_an_unknown_start_is_not_shown_as_the_start_of_the_course():
    assert of(adult(), *infusions(56, 112)).course_start is None


def test_the_newest_usable_trough_decides_and_older_ones_are_the_trend():
    found = of(*STEADY, level(7.0), level(5.0, 56), level(6.0, 112), crp(1))
    assert found.level is not None
    assert found.level.value_ug_ml == 7.0
    assert [reading.value_ug_ml for reading in found.trend] == [5.0, 6.0]


def test_a_newer_level_that_is_no_trough_is_named_and_the_older_trough_decides():
    found = of(*STEADY, level(20.0, 30), level(4.0, 56), crp(1))
    assert found.level is not None
    assert found.level.value_ug_ml == 4.0
    assert codes(found) == [IssueCode.LEVEL_NOT_A_TROUGH]


def test_conflicting_levels_leave_nothing_to_decide_on():
    found = of(*STEADY, level(2.0, reference="a"), level(8.0, reference="b"), level(5.0, 56))
    assert found.level_conflict
    assert found.level is None
    assert found.situations[0].level is LevelClass.NONE
    assert IssueCode.LEVEL_CONFLICT in codes(found)


def test_two_levels_of_another_class_hours_apart_leave_nothing_to_decide_on():
    found = of(*STEADY, level(2.9, hour=7), level(6.5, hour=10), level(5.0, 56), crp(1))
    assert found.level_conflict
    assert found.level is None
    assert [reading.value_ug_ml for reading in found.trend] == [5.0]
    (named,) = [one for one in found.issues if one.code is IssueCode.LEVEL_DIFFERS_WITHIN_A_DAY]
    assert dict(named.parameters) == {"day": "2026-03-09", "value": "2.9 µg/mL", "newer": "6.5 µg/mL"}


def test_two_levels_of_one_class_hours_apart_are_named_and_the_newer_decides():
    found = of(*STEADY, level(4.1, hour=7), level(4.6, hour=10), crp(1))
    assert found.level is not None
    assert found.level.value_ug_ml == 4.6
    assert [reading.value_ug_ml for reading in found.trend] == [4.1]
    assert codes(found) == [IssueCode.LEVEL_DIFFERS_WITHIN_A_DAY]


@pytest.mark.parametrize(
    "other",
    [
        level(4.6, hour=7, reference="copy"),
        level(2.0, 1, hour=10),
        level(2.0, 1, hour=None),
    ],
)
def test_a_copy_of_the_level_or_a_level_of_a_day_before_is_no_difference_within_a_day(other):
    found = of(*STEADY, level(4.6, hour=10), other, crp(1))
    assert found.level is not None
    assert IssueCode.LEVEL_DIFFERS_WITHIN_A_DAY not in codes(found)


def test_a_level_known_as_a_limit_hours_before_counts_with_every_class_it_may_stand_in():
    wide = level(2.0, hour=7, comparator=Comparator.ABOVE)
    assert of(*STEADY, level(6.5, hour=10), wide, crp(1)).level_conflict
    narrow = level(20.0, hour=7, comparator=Comparator.ABOVE)
    assert not of(*STEADY, level(40.0, hour=10), narrow, crp(1)).level_conflict


def test_a_level_hours_apart_from_an_undetectable_one_differs_from_it_in_class():
    for before in (level(None, hour=7), level(0.49, hour=7), level(3.0, hour=7, comparator=Comparator.BELOW)):
        assert of(*STEADY, before, level(0.5, hour=10), crp(1)).level_conflict
    alike = of(*STEADY, level(0.5, hour=7), level(2.0, hour=10), crp(1))
    assert not alike.level_conflict


def test_hours_apart_the_class_is_judged_against_the_row_of_every_age_that_is_possible():
    # 5.5 is low in a child and in the window in an adult; 6.5 is in the window in both.
    both = (*STEADY, level(5.5, hour=7), level(6.5, hour=10), crp(1))
    assert not of(*both, adult()).level_conflict
    assert of(*both, child()).level_conflict
    assert of(*both, {"birth_earliest": None, "birth_latest": None}).level_conflict


def test_hours_apart_an_active_fistula_sets_the_row_that_classes_are_judged_by():
    both = (*STEADY, level(8.0, hour=7), level(9.5, hour=10), crp(40))
    assert of(*both).level_conflict  # in the window, and above it
    assert not of(*both, fistula()).level_conflict  # both low


def test_a_pair_of_levels_with_the_infusion_between_them_has_one_trough_only():
    found = of(*STEADY, infusion(0, hour=9), level(2.0, hour=8), level(60.0, hour=12), crp(1))
    assert found.level is not None
    assert found.level.value_ug_ml == 2.0
    assert IssueCode.LEVEL_DIFFERS_WITHIN_A_DAY not in codes(found)


@pytest.mark.parametrize(
    ("markers", "days_ago", "usable"),
    [((crp(40),), 84, True), ((crp(40),), 85, False), ((), 182, True), ((), 183, False)],
)
def test_a_trough_counts_84_days_in_active_disease_and_182_otherwise(markers, days_ago, usable):
    cut = lacking(FactGroup.ADMINISTRATIONS)
    doses = infusions(days_ago + 56, days_ago + 112, days_ago + 168, days_ago)
    found = of(
        adult(),
        cut,
        *doses,
        infusion(days_ago - 56),
        *markers,
        level(6.0, days_ago, hour=8.9),
        order(900),
        now=moment(0, hour=8.9),
    )
    assert (found.level is not None) is usable
    assert (IssueCode.LEVEL_OUTDATED in codes(found)) is not usable


def test_a_level_before_a_raised_dose_is_superseded():
    treated = (adult(), *maintenance(20), order(500), weight(), level(2.0, 20, hour=8))
    assert of(*treated).level is not None
    raised = of(*treated, order(10, mg_per_kg=10))
    assert raised.level is None
    assert IssueCode.LEVEL_SUPERSEDED in codes(raised)


def test_the_draft_never_supersedes():
    assert of(*STEADY, draft(mg_per_kg=10, interval=28), level(2.0)).level is not None


@pytest.mark.parametrize(
    ("parts", "phase", "row"),
    [
        (infusions(14), Phase.INDUCTION_WEEK_2, "adult-week-2"),
        (infusions(28, 42), Phase.INDUCTION_WEEK_6, "adult-week-6"),
        (infusions(56, 84, 98), Phase.POST_INDUCTION, "adult-week-14"),
        (maintenance(56), Phase.MAINTENANCE, "adult-maintenance-otherwise"),
    ],
)
def test_the_samples_day_selects_phase_and_row(parts, phase, row):
    found = of(adult(), *parts, order(None), level(4.0))
    assert found.situations[0].phase is phase
    assert found.situations[0].level is not LevelClass.NONE
    assert found.target is not None
    assert found.target.row == row


def test_the_samples_day_counts_and_not_the_decisions():
    found = of(adult(), *infusions(30, 86, 114, 128), level(4.0, 30))
    assert found.situations[0].phase is Phase.POST_INDUCTION


def test_without_a_level_the_decision_date_gives_the_phase():
    assert situation(adult(), *infusions(30, 86, 114, 128)).phase is Phase.MAINTENANCE
    assert situation(adult(), *infusions(10)).phase is Phase.INDUCTION_WEEK_2


def test_a_level_without_infusions_is_unverified_and_costs_a_step():
    found = of(adult(), order(500), level(2.0))
    assert not found.situations[0].timing_verified
    assert not found.situations[0].phase_presumed
    assert found.certainty_steps_down == 1
    assert {IssueCode.LEVEL_TIMING_UNVERIFIED, IssueCode.MAINTENANCE_PRESUMED} <= set(codes(found))


def test_a_phase_for_want_of_better_costs_a_step_of_its_own():
    found = of(adult(), order(20), level(2.0))
    assert found.situations[0].phase_presumed
    assert found.situations[0].phase is Phase.MAINTENANCE
    assert found.certainty_steps_down == 2
    assert IssueCode.FIRST_INFUSION_UNKNOWN in codes(found)


def test_an_untimed_trough_costs_no_step_but_is_not_verified():
    found = of(*STEADY, infusion(0, hour=None), level(2.0, hour=None))
    assert found.certainty_steps_down == 0
    assert not found.situations[0].timing_verified
    assert codes(found) == [IssueCode.LEVEL_UNTIMED]


def test_a_reflex_limit_costs_a_step():
    found = of(*STEADY, level(8.0, laboratory="Mayo Clinic Laboratories"))
    assert found.situations[0].ati is AtiClass.NEGATIVE
    assert found.certainty_steps_down == 1


def test_a_pending_antibody_result_is_not_explained_by_the_reflex_limit():
    found = of(*STEADY, level(8.0, laboratory="Mayo"), issue(IssueCode.ATI_PENDING, "ati"))
    assert found.situations[0].ati is AtiClass.NOT_MEASURED


@pytest.mark.parametrize(
    "code", [IssueCode.ATI_UNREADABLE, IssueCode.PANEL_VALUE_NOT_USED, IssueCode.ATI_PENDING]
)
def test_an_unreadable_or_pending_antibody_result_is_not_explained_by_the_reflex_limit(code):
    (only,) = of(*STEADY, level(8.0, laboratory="Mayo"), issue(code, "ati")).situations
    assert (only.ati, only.ati_unread) == (AtiClass.NOT_MEASURED, True)
    (other,) = of(*STEADY, level(8.0, laboratory="Mayo"), issue(IssueCode.ATI_BY_TEXT, "ati")).situations
    assert (other.ati, other.ati_unread) == (AtiClass.NEGATIVE, False)


def test_an_unknown_birth_date_gives_both_age_groups():
    parts = (*maintenance(56), order(500), weight(), level(5.5), crohns())
    found = of(*parts)
    assert [(one.age_group, one.level) for one in found.situations] == [
        (AgeGroup.ADULT, LevelClass.WINDOW),
        (AgeGroup.CHILD, LevelClass.LOW),
    ]
    assert [target.row for target in found.situation_targets if target is not None] == [
        "adult-maintenance-otherwise",
        "child-maintenance",
    ]
    assert found.target is None
    assert IssueCode.BIRTH_DATE_UNKNOWN in codes(found)


def test_both_age_groups_may_share_a_row():
    found = of(*maintenance(56), order(500), weight(), level(11.0), fistula(), crp(40))
    assert found.target is KNOWLEDGE.targets["perianal-active"]
    assert len(found.situations) == 2


def test_a_level_known_as_a_limit_gives_a_situation_for_each_class_it_may_have():
    found = of(*STEADY, level(4.0, comparator=Comparator.BELOW), crp(18))
    assert {one.level for one in found.situations} == {LevelClass.UNDETECTABLE, LevelClass.LOW}
    above = of(*STEADY, level(8.0, comparator=Comparator.ABOVE), crp(18))
    assert {one.level for one in above.situations} == {LevelClass.WINDOW, LevelClass.GREY, LevelClass.HIGH}


def test_antibodies_are_read_beside_each_value_of_a_limit():
    found = of(*STEADY, level(4.0, comparator=Comparator.BELOW), ati("negative", days_ago=20))
    by_level = {one.level: one.ati for one in found.situations if one.level_ug_ml != 3.0}
    assert by_level[LevelClass.UNDETECTABLE] is AtiClass.NOT_MEASURED
    assert found.situations[-1].ati is AtiClass.NEGATIVE


def test_an_undetectable_level_stands_for_nothing():
    found = situation(*STEADY, level(None), ati("positive"))
    assert (found.level, found.level_ug_ml) == (LevelClass.UNDETECTABLE, 0.0)
    assert found.ati is AtiClass.POSITIVE_UNQUANTIFIED


def test_a_very_low_number_is_undetectable_and_keeps_its_value():
    found = situation(*STEADY, level(0.49))
    assert (found.level, found.level_ug_ml) == (LevelClass.UNDETECTABLE, 0.49)
    assert situation(*STEADY, level(0.5)).level is LevelClass.LOW


def test_an_active_fistula_in_active_disease_selects_the_perianal_row():
    found = situation(*STEADY, level(11.0), fistula(), crp(18))
    assert found.perianal_row
    assert found.active_fistula
    assert found.fistula_history
    quiet = situation(*STEADY, level(11.0), fistula(), crp(1))
    assert not quiet.perianal_row
    assert quiet.active_fistula
    healed = situation(*STEADY, level(11.0), fistula(active=False), crp(18))
    assert not healed.perianal_row
    assert not healed.active_fistula
    assert healed.fistula_history


@pytest.mark.parametrize("why", list(Shortfall))
def test_a_problem_list_that_did_not_arrive_whole_is_told(why):
    assert situation(*STEADY, level(11.0)).conditions_complete
    assert not situation(*STEADY, level(11.0), lacking(FactGroup.CONDITIONS, why)).conditions_complete
    assert situation(*STEADY, level(11.0), lacking(FactGroup.LABORATORY, why)).conditions_complete


def test_a_draining_fistula_of_any_date_is_history():
    draining = marker(Marker.FISTULA_EXAMINATION, days_ago=900, finding=Finding.ACTIVE)
    assert situation(*STEADY, draining).fistula_history
    assert not situation(*STEADY, marker(Marker.FISTULA_EXAMINATION, finding=Finding.QUIET)).fistula_history
    assert not situation(*STEADY, marker(Marker.IMAGING, finding=Finding.ACTIVE)).fistula_history


def test_a_subcutaneous_course_has_its_own_rows_and_needs_no_weight():
    found = of(adult(), *infusions(14, 28, 42, route=SC, mg=120), level(12.0), crp(18), fistula())
    (one,) = found.situations
    assert (one.route, one.level, one.perianal_row, one.active_fistula) == (SC, LevelClass.LOW, False, True)
    assert found.target is KNOWLEDGE.targets["subcutaneous-active"]
    assert IssueCode.WEIGHT_UNKNOWN not in codes(found)


def test_a_change_of_route_after_the_sample_gives_the_new_route_and_no_level():
    found = of(*STEADY, infusion(5, route=SC, mg=120), level(4.0, 10))
    assert found.situations[0].route is SC
    assert found.level is None


def test_the_strongest_regimen_is_at_the_cap():
    doses = maintenance(28, every=28, count=12, mg=700)
    assert situation(adult(), *doses, order(500, mg_per_kg=10, interval=28), weight(), level(2.0)).at_cap
    assert not situation(*STEADY, level(2.0)).at_cap


def test_deep_remission_is_told():
    assert situation(*STEADY, level(12.0), crp(1), calprotectin(50)).deep_remission
    assert not situation(*STEADY, level(12.0), crp(1)).deep_remission


def test_an_endoscopy_before_treatment_does_not_count():
    doses = maintenance(56, count=1)
    before = of(adult(), *doses, level(6.0), endoscopy(18, 200))
    assert before.situations[0].activity is Activity.UNKNOWN
    assert IssueCode.ENDOSCOPY_BEFORE_CHANGE in codes(before)
    since = of(adult(), *doses, level(6.0), endoscopy(18, 100))
    assert since.situations[0].activity is Activity.ACTIVE_CONFIRMED


def test_in_induction_markers_before_the_first_infusion_do_not_count():
    assert situation(adult(), *infusions(14, 28), crp(60, 30)).activity is Activity.UNKNOWN
    assert situation(adult(), *infusions(14, 28), crp(60, 20)).activity is Activity.ACTIVE_CONFIRMED


def test_after_induction_markers_before_the_first_infusion_may_still_be_recent():
    doses = infusions(28, 56, 84 - 14, 84)
    assert situation(adult(), *doses, crp(60, 85)).activity is Activity.ACTIVE_CONFIRMED


def test_a_course_that_only_starts_says_so():
    found = situation(adult(), draft(), crohns())
    assert found.starting
    assert found.phase is Phase.INDUCTION_WEEK_2
    assert not situation(*STEADY).starting


def test_a_treatment_goal_of_the_site_raises_the_aim_for_the_age_group():
    goal = TreatmentGoal.ENDOSCOPIC
    aim = KNOWLEDGE.goal_values[goal, "adult"]
    plain = of(*STEADY, level(4.0)).target
    raised = of(*STEADY, level(4.0), treatment_goal=goal).target
    assert plain is not None
    assert raised is not None
    assert raised.aim_ug_ml == min(max(aim, plain.act_below_ug_ml or 0), plain.ceiling_ug_ml or aim)
    assert raised.aim_ug_ml != plain.aim_ug_ml


def test_reactive_sites_are_told_by_age_group():
    assert not situation(*STEADY, level(2.0), proactive_adult=False).proactive
    assert (
        situation(child(), *maintenance(56), order(500), level(5.5), proactive_child=False).level
        is LevelClass.WINDOW
    )
    assert situation(child(), *maintenance(56), order(500), level(5.5)).level is LevelClass.LOW


def test_a_childs_weight_counts_half_a_year():
    assert of(child(), *maintenance(56), weight(30, 200)).weight is None
    assert of(adult(), *maintenance(56), weight(70, 200)).weight is not None


def test_the_drafts_interval_is_named_where_it_had_to_serve():
    found = of(adult(), infusion(56), draft(interval=56), level(3.0))
    assert found.level is not None
    assert found.situations[0].timing_verified
    assert IssueCode.INTERVAL_FROM_DRAFT in codes(found)
    assert IssueCode.INTERVAL_FROM_DRAFT not in codes(of(adult(), draft(interval=56), level(3.0)))
    assert IssueCode.INTERVAL_FROM_DRAFT not in codes(of(*STEADY, draft(interval=56), level(3.0)))
    assert IssueCode.INTERVAL_FROM_DRAFT not in codes(
        of(adult(), *infusions(14), draft(interval=56), level(3.0))
    )


def test_doubts_of_route_interval_and_age_name_their_subject():
    found = of(infusion(56, route=None), draft(interval=56, route=None), level(3.0)).issues
    for expected in (
        DataIssue(IssueCode.ROUTE_PRESUMED, "route"),
        DataIssue(IssueCode.INTERVAL_FROM_DRAFT, "interval"),
        DataIssue(IssueCode.BIRTH_DATE_UNKNOWN, "age"),
        DataIssue(IssueCode.WEIGHT_UNKNOWN, "weight"),
    ):
        assert expected in found


def test_doubts_of_reading_and_of_assessing_stand_once_each():
    reading = level(4.0, undated=True)
    known = DataIssue(IssueCode.LEVEL_UNDATED, "level", (), reading.source)
    found = of(*STEADY, reading, known, hbi(2))
    assert codes(found) == [IssueCode.LEVEL_UNDATED]


def test_distinct_doubts_are_told_by_record_or_by_what_they_say():
    here, there = Source("Observation", "1"), Source("Observation", "2")
    one = DataIssue(IssueCode.LEVEL_CONFLICT, "level", (("day", "2026-01-01"),), here)
    same = DataIssue(IssueCode.LEVEL_CONFLICT, "level", (("day", "2026-01-02"),), here)
    other = DataIssue(IssueCode.LEVEL_CONFLICT, "level", (), there)
    plain = DataIssue(IssueCode.WEIGHT_UNKNOWN, "weight")
    more = DataIssue(IssueCode.WEIGHT_UNKNOWN, "weight", (("day", "x"),))
    assert distinct((same, one), (other, plain, plain, more)) == (other, one, plain, more)
    assert distinct((other,), (same,), (one,)) == (other, same)


def test_issues_of_one_kind_stand_in_the_order_of_their_records():
    issues = [DataIssue(IssueCode.LEVEL_CONFLICT, "level", (), Source("Observation", name)) for name in "cab"]
    assert [one.source.reference for one in distinct(issues) if one.source is not None] == ["a", "b", "c"]


def test_issues_are_sorted_and_not_in_the_order_of_the_records():
    first = DataIssue(IssueCode.ATI_PENDING, "ati")
    second = DataIssue(IssueCode.LEVEL_PENDING, "level")
    assert distinct((second, first)) == (first, second)


def test_a_preliminary_and_a_stopped_order_do_not_disturb():
    found = of(
        adult(),
        *maintenance(56),
        order(500, state=OrderState.STOPPED, ended_days_ago=100),
        order(100),
        weight(),
        level(6.5, status=ResultStatus.PRELIMINARY),
    )
    assert found.situations[0].level is LevelClass.WINDOW
    assert codes(found) == [IssueCode.LEVEL_PRELIMINARY]


def test_seventeen_is_a_child_until_the_birthday():
    assert situation(born(18, days=0), *maintenance(56)).age_group is AgeGroup.ADULT
    assert situation(born(18, days=-1), *maintenance(56)).age_group is AgeGroup.CHILD
