"""The filters behind the table, and several situations becoming one answer."""

from dataclasses import replace

import pytest

from tdm.answers import answer, at_cap, combine
from tdm.decision import (
    Activity,
    AgeGroup,
    AtiClass,
    Certainty,
    LevelClass,
    OptionKind,
    Phase,
    SwitchDirection,
    Verdict,
)
from tdm.table import build_table, numbers_of
from tests.tdm.cases import policy, regimen, situation
from tests.tdm.enumeration import shipped_knowledge

K = OptionKind
CHILD, ADULT = AgeGroup.CHILD, AgeGroup.ADULT


def answered(interval_only=False, force=None, **fields):
    table = build_table(numbers_of(shipped_knowledge()))
    return answer(situation(**fields), table, force or regimen(), policy(), interval_only=interval_only)


def kinds(found, **marks):
    return [
        option.kind
        for option in found.plan.options
        if all(getattr(option, name) is value for name, value in marks.items())
    ]


def test_an_answer_names_row_and_situation():
    found = answered()
    assert (found.rule, found.row, found.certainty) == ("R-PK-1", "R-PK-1", Certainty.MODERATE)
    assert found.situation == situation()
    assert found.policy_keys == ()


@pytest.mark.parametrize(("level", "certainty"), [(5.9, Certainty.MODERATE), (6.0, Certainty.WEAK)])
def test_intensify_is_weak_from_the_aim_on(level, certainty):
    found = answered(level=LevelClass.WINDOW, level_ug_ml=level)
    assert (found.outcome.verdict, found.certainty) == (Verdict.INTENSIFY, certainty)


def test_a_low_level_at_the_aim_is_weak_too_and_a_row_without_aim_is_not():
    assert answered(aim_ug_ml=1.8).certainty is Certainty.WEAK
    assert answered(aim_ug_ml=1.9).certainty is Certainty.MODERATE
    assert answered(aim_ug_ml=None).certainty is Certainty.MODERATE


def test_only_intensify_is_weakened_by_the_aim():
    found = answered(level=LevelClass.HIGH, level_ug_ml=16.0)
    assert (found.outcome.verdict, found.certainty) == (Verdict.SWITCH, Certainty.MODERATE)


# ---- R-CAP-1


def test_at_the_cap_confirmed_activity_leads_out_of_the_class():
    found = answered(at_cap=True)
    assert (found.rule, found.row) == ("R-CAP-1", "R-PK-1")
    assert (found.outcome.verdict, found.certainty) == (Verdict.SWITCH, Certainty.WEAK)
    assert (found.outcome.direction, found.outcome.alternatives) == (SwitchDirection.OUT_OF_CLASS, ())
    assert kinds(found) == [K.SWITCH_OUT_OF_CLASS, K.SPECIALIST_REVIEW]
    assert kinds(found, recommended=True) == [K.SWITCH_OUT_OF_CLASS]


@pytest.mark.parametrize("level", [(LevelClass.LOW, 1.8), (LevelClass.UNDETECTABLE, 0.0)])
def test_at_the_cap_low_antibodies_at_a_low_level_stay_within_the_class(level):
    found = answered(at_cap=True, ati=AtiClass.POSITIVE_LOW, level=level[0], level_ug_ml=level[1])
    assert (found.rule, found.row) == ("R-CAP-1", "R-IMM-5")
    assert found.outcome.direction is SwitchDirection.WITHIN_CLASS
    assert found.outcome.alternatives == (SwitchDirection.OUT_OF_CLASS,)
    assert kinds(found) == [
        K.SWITCH_WITHIN_CLASS,
        K.ADD_IMMUNOMODULATOR,
        K.SWITCH_OUT_OF_CLASS,
        K.SPECIALIST_REVIEW,
    ]
    assert kinds(found, recommended=True) == [K.SWITCH_WITHIN_CLASS]
    assert found.certainty is Certainty.WEAK


def test_at_the_cap_low_antibodies_in_the_window_leave_the_class():
    found = answered(at_cap=True, ati=AtiClass.POSITIVE_LOW, level=LevelClass.WINDOW, level_ug_ml=7.0)
    assert (found.rule, found.row) == ("R-CAP-1", "R-LOR-1")
    assert found.outcome.direction is SwitchDirection.OUT_OF_CLASS


@pytest.mark.parametrize(
    "fields",
    [
        {"activity": Activity.ACTIVE_UNCONFIRMED},
        {"activity": Activity.REMISSION},
        {"activity": Activity.UNKNOWN},
        {"phase": Phase.INDUCTION_WEEK_2},
        {"phase": Phase.INDUCTION_WEEK_6},
    ],
)
def test_at_the_cap_without_confirmed_activity_or_in_induction_a_specialist_reviews(fields):
    found = answered(at_cap=True, **fields)
    assert (found.rule, found.outcome.verdict, found.certainty) == (
        "R-CAP-1",
        Verdict.ASSESS,
        Certainty.WEAK,
    )
    assert found.outcome.direction is None
    assert kinds(found) == [K.SPECIALIST_REVIEW, K.MEASURE_LEVEL_AND_ATI]
    assert kinds(found, recommended=True) == [K.SPECIALIST_REVIEW]


@pytest.mark.parametrize(
    ("fields", "remark"),
    [
        ({}, "cap-switch"),
        ({"ati": AtiClass.POSITIVE_LOW}, "cap-switch"),
        ({"activity": Activity.REMISSION}, "cap-review"),
        ({"phase": Phase.INDUCTION_WEEK_6}, "cap-review"),
    ],
)
def test_at_the_cap_a_sentence_says_whether_a_switch_or_a_review_comes_next(fields, remark):
    found = answered(at_cap=True, **fields)
    assert (found.rule, found.outcome.remarks) == ("R-CAP-1", (remark,))


def test_before_antibodies_are_read_more_drug_is_offered_but_provisional_only():
    found = answered(ati_unread=True)
    assert found.rule == "R-ATI-3"
    raised = [option for option in found.plan.options if option.kind is not K.MEASURE_ATI]
    assert K.RAISE_DOSE in [option.kind for option in raised]
    assert all(option.provisional is True for option in raised)


def test_the_cap_leaves_other_answers_alone():
    assert answered(at_cap=True, level=LevelClass.HIGH, level_ug_ml=16.0).rule == "R-MECH-2"
    assert answered(at_cap=True, ati=AtiClass.NOT_MEASURED).rule == "R-ATI-1"


def test_heart_failure_with_no_interval_left_is_at_the_cap():
    at_4_weeks = regimen(interval_days=28)
    assert answered(interval_only=True, force=at_4_weeks).rule == "R-CAP-1"
    assert answered(interval_only=True).rule == "R-PK-1"
    assert answered(force=at_4_weeks).rule == "R-PK-1"


def test_the_cap_counts_week_14_as_after_induction():
    assert at_cap(situation(phase=Phase.POST_INDUCTION)).verdict is Verdict.SWITCH
    assert at_cap(situation(ati=AtiClass.POSITIVE_LOW)).verdict is Verdict.SWITCH


# ---- R-TIME-1, R-PHASE-1


@pytest.mark.parametrize(
    ("doubt", "rule"), [({"timing_verified": False}, "R-TIME-1"), ({"phase_presumed": True}, "R-PHASE-1")]
)
def test_a_switch_on_doubtful_ground_becomes_a_repeat(doubt, rule):
    found = answered(ati=AtiClass.POSITIVE_HIGH, **doubt)
    assert (found.rule, found.row) == (rule, "R-IMM-1")
    assert (found.outcome.verdict, found.certainty) == (Verdict.ASSESS, Certainty.MODERATE)
    assert found.outcome.direction is None
    assert kinds(found, recommended=True) == [K.MEASURE_LEVEL_AND_ATI]
    assert kinds(found, provisional=True) == [K.SWITCH_WITHIN_CLASS, K.SWITCH_OUT_OF_CLASS]
    assert len(found.plan.options) == 3


def test_a_switch_made_by_the_cap_does_not_escape():
    assert answered(at_cap=True, timing_verified=False).rule == "R-TIME-1"
    assert answered(at_cap=True, phase_presumed=True).rule == "R-PHASE-1"


def test_timing_is_named_before_the_phase():
    both = answered(ati=AtiClass.POSITIVE_HIGH, timing_verified=False, phase_presumed=True)
    assert both.rule == "R-TIME-1"


def test_doubts_leave_other_verdicts_alone():
    assert answered(timing_verified=False, phase_presumed=True).rule == "R-PK-1"


# ---- several situations


@pytest.mark.parametrize("at_the_cap", [False, True])
def test_exposure_is_not_raised_while_an_antibody_result_is_unread(at_the_cap):
    found = answered(
        level_ug_ml=2.0,
        ati=AtiClass.NOT_MEASURED,
        activity=Activity.REMISSION,
        ati_unread=True,
        at_cap=at_the_cap,
    )
    assert (found.rule, found.row) == ("R-ATI-3", "R-ATI-2")
    assert (found.outcome.verdict, found.certainty) == (Verdict.ASSESS, Certainty.MODERATE)
    assert kinds(found, recommended=True) == [K.MEASURE_ATI]
    assert set(kinds(found, provisional=False)) == {K.MEASURE_ATI}


def test_an_unread_antibody_result_leaves_other_verdicts_alone():
    found = answered(level=LevelClass.WINDOW, level_ug_ml=7.0, activity=Activity.REMISSION, ati_unread=True)
    assert (found.rule, found.outcome.verdict) == ("R-OK-1", Verdict.CONTINUE)


def test_agreeing_situations_give_the_least_certain_answer():
    sure = answered(level_ug_ml=5.5, level=LevelClass.WINDOW)
    unsure = answered(level_ug_ml=7.0, level=LevelClass.WINDOW)
    assert combine([sure]) is sure
    assert combine([sure, unsure]) is unsure
    assert combine([unsure, sure]) is unsure
    assert combine([sure, replace(sure, row="other")]) is sure


def test_a_verdict_that_differs_by_age_alone_asks_for_the_birth_date():
    quiet = {"activity": Activity.REMISSION, "phase": Phase.INDUCTION_WEEK_6}
    child, adult = answered(age_group=CHILD, **quiet), answered(age_group=ADULT, **quiet)
    assert (child.rule, adult.rule) == ("R-IND-1", "R-IND-4")
    found = combine([adult, adult, child, child])
    assert (found.rule, found.outcome.verdict, found.certainty) == (
        "R-AGE-1",
        Verdict.ASSESS,
        Certainty.MODERATE,
    )
    assert found.plan.options == ()
    assert (found.row, found.situation) == ("R-AGE-1", None)


def test_a_verdict_that_differs_by_level_asks_for_the_number():
    low = answered()
    high = answered(level=LevelClass.HIGH, level_ug_ml=16.0)
    for order in ([low, high], [high, low]):
        found = combine(order)
        assert (found.rule, found.outcome.verdict, found.certainty) == (
            "R-CENSOR-1",
            Verdict.ASSESS,
            Certainty.MODERATE,
        )
        assert kinds(found, recommended=True) == [K.MEASURE_LEVEL_AND_ATI]
        assert (found.row, found.situation) == ("R-CENSOR-1", None)


def test_a_level_that_matters_in_one_age_group_alone_still_is_the_reason():
    low, high = answered(age_group=CHILD), answered(age_group=CHILD, level=LevelClass.HIGH, level_ug_ml=16.0)
    adult = answered()
    assert combine([adult, low, high]).rule == "R-CENSOR-1"


def test_the_direction_of_a_switch_is_part_of_the_answer():
    within = answered(ati=AtiClass.POSITIVE_HIGH)
    out_of = answered(ati=AtiClass.POSITIVE_HIGH, level=LevelClass.WINDOW, level_ug_ml=7.0)
    assert combine([within, out_of]).rule == "R-CENSOR-1"
