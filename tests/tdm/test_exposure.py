"""Whether a sample is a usable trough, and which values a reported level may stand for."""

from dataclasses import replace

import pytest

from tdm.changes import Change, ChangeKind
from tdm.course_history import History
from tdm.decision import Activity, Phase
from tdm.exposure import Exposure, Timing, candidate_values, choose, timing_of, unusable, valid_days
from tdm.facts import Comparator, FactGroup, ResultStatus
from tdm.history import read_history
from tdm.issues import IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.plausibility import Sampling
from tests.support.course_builder import (
    IV,
    NOW,
    SC,
    course,
    infusion,
    infusions,
    lacking,
    level,
    maintenance,
    moment,
)

KNOWLEDGE = load_knowledge()
POLICY = KNOWLEDGE.policy
W2, W6, W14, LATER = Phase.INDUCTION_WEEK_2, Phase.INDUCTION_WEEK_6, Phase.POST_INDUCTION, Phase.MAINTENANCE
TROUGH, UNTIMED = Timing.TROUGH, Timing.UNTIMED
UNVERIFIED, NOT_A_TROUGH = Timing.UNVERIFIED, Timing.NOT_A_TROUGH


def history(*parts: object) -> History:
    return read_history(course(*parts), NOW, POLICY)[0]


def timing(*parts: object, drawn=None, route=IV, phase: Phase = LATER, interval: float | None = 56) -> Timing:
    return timing_of(drawn or moment(0, hour=9), route, phase, interval, history(*parts), POLICY)


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [(33, NOT_A_TROUGH), (34, TROUGH), (40, TROUGH), (50, TROUGH), (51, NOT_A_TROUGH)],
)
def test_a_trough_is_drawn_at_85_to_125_percent_of_the_planned_interval(days_ago, expected):
    assert timing(*maintenance(days_ago, every=40), interval=40) is expected


def test_the_interval_is_counted_from_the_last_dose_before_the_sample():
    assert timing(*maintenance(0), infusion(112), drawn=moment(56, hour=8)) is TROUGH
    assert timing(*maintenance(0), drawn=moment(50)) is NOT_A_TROUGH


def test_subcutaneous_levels_count_on_any_day():
    assert timing(infusion(3, route=SC), route=SC) is TROUGH
    assert timing(route=SC) is TROUGH


@pytest.mark.parametrize(
    ("sample_hour", "dose_hour", "expected"),
    [
        (8, 9, TROUGH),
        (10, 9, NOT_A_TROUGH),
        (9, 9, UNTIMED),
        (None, None, UNTIMED),
        (8, None, UNTIMED),
        (None, 9, UNTIMED),
    ],
)
def test_on_the_day_of_an_infusion_the_times_decide(sample_hour, dose_hour, expected):
    doses = (*maintenance(56), infusion(0, hour=dose_hour))
    assert timing(*doses, drawn=moment(0, hour=sample_hour)) is expected


def test_an_untimed_sample_in_mid_interval_is_not_a_trough():
    doses = (*maintenance(20), infusion(0, hour=None))
    assert timing(*doses, drawn=moment(0, hour=None)) is NOT_A_TROUGH


def test_without_a_dose_before_the_sample_the_timing_is_unverified():
    assert timing() is UNVERIFIED
    assert timing(infusion(0), level(3.0, 0), drawn=moment(0, hour=8)) is UNVERIFIED


def test_a_sample_before_a_known_first_dose_is_not_a_trough():
    assert timing(*infusions(14, 28), drawn=moment(30), phase=W2) is NOT_A_TROUGH
    cut = lacking(FactGroup.ADMINISTRATIONS)
    assert timing(*infusions(10, 150), cut, drawn=moment(20)) is NOT_A_TROUGH


def test_without_an_interval_the_timing_is_unverified():
    assert timing(*maintenance(56), interval=None) is UNVERIFIED


@pytest.mark.parametrize(
    ("doses", "phase", "expected"),
    [
        ((14,), W2, TROUGH),
        ((28,), W2, NOT_A_TROUGH),
        ((28, 42), W6, TROUGH),
        ((14, 28), W2, NOT_A_TROUGH),
        ((56, 84, 98), W14, TROUGH),
        ((28, 56, 70), W6, NOT_A_TROUGH),
        ((56, 60, 70, 80), W6, TROUGH),
        ((28, 56, 84, 98), W14, TROUGH),
        ((56, 84, 98, 112), W14, NOT_A_TROUGH),
        ((28, 110, 138, 152), LATER, TROUGH),
    ],
)
def test_steps_of_induction_are_14_28_and_56_days_whatever_the_order_says(doses, phase, expected):
    assert timing(*infusions(*doses), phase=phase, interval=28) is expected


def test_where_the_start_is_unknown_the_planned_interval_counts():
    cut = lacking(FactGroup.ADMINISTRATIONS)
    assert timing(infusion(28), cut, phase=W2, interval=28) is TROUGH
    assert timing(infusion(28), cut, phase=W14, interval=28) is TROUGH


def test_a_restarted_course_follows_the_planned_interval():
    assert timing(*infusions(56, 300), phase=W6, interval=56) is TROUGH
    assert timing(*infusions(14, 300), phase=W2, interval=56) is NOT_A_TROUGH


@pytest.mark.parametrize(
    ("activity", "days"),
    [
        (Activity.ACTIVE_CONFIRMED, 84),
        (Activity.ACTIVE_UNCONFIRMED, 84),
        (Activity.REMISSION, 182),
        (Activity.UNKNOWN, 182),
    ],
)
def test_a_trough_counts_less_long_in_active_disease(activity, days):
    assert valid_days(activity, POLICY) == days


def sampling(value: float, days_ago: float = 0, *, conflict: bool = False) -> Sampling:
    reading = level(value, days_ago, hour=10)
    return Sampling(reading, moment(days_ago, hour=10), conflict)


def fault(days_ago: float, when: Timing = TROUGH, *changes: Change) -> IssueCode | None:
    return unusable(sampling(4.0, days_ago), when, IV, changes, history(), NOW, 84)


def test_a_sample_is_unusable_by_timing_then_change_then_age():
    change = Change(ChangeKind.DOSE, moment(1), ordered=True)
    assert fault(84) is None
    assert fault(85) is IssueCode.LEVEL_OUTDATED
    assert fault(85, TROUGH, change) is IssueCode.LEVEL_SUPERSEDED
    assert fault(85, NOT_A_TROUGH, change) is IssueCode.LEVEL_NOT_A_TROUGH
    assert fault(0, UNTIMED) is None
    assert fault(0, UNVERIFIED) is None


def test_a_dose_ordered_before_the_sample_and_not_yet_given_supersedes_an_intravenous_one_only():
    ordered = (Change(ChangeKind.DOSE, moment(20), ordered=True),)
    found = history(*maintenance(56))
    trough = sampling(4.0)
    assert unusable(trough, TROUGH, IV, ordered, found, NOW, 84) is IssueCode.LEVEL_SUPERSEDED
    assert unusable(trough, TROUGH, SC, ordered, found, NOW, 84) is None
    assert unusable(trough, TROUGH, IV, ordered, history(), NOW, 84) is None
    given_since = history(*maintenance(10))
    assert unusable(trough, TROUGH, IV, ordered, given_since, NOW, 84) is None


def codes(exposure: Exposure) -> list[IssueCode]:
    return [issue.code for issue in exposure.issues]


def test_the_newest_usable_trough_decides_and_older_ones_are_the_trend():
    exposure = choose(
        [(sampling(4.0), TROUGH, None), (sampling(5.0, 56), TROUGH, None), (sampling(6.0, 112), TROUGH, None)]
    )
    assert exposure.newest is not None
    assert exposure.newest.sampling.reading.value_ug_ml == 4.0
    assert [reading.value_ug_ml for reading in exposure.trend] == [5.0, 6.0]
    assert exposure.issues == ()
    assert not exposure.conflict


def test_a_newer_unusable_sample_is_named_and_an_older_one_is_not():
    old = IssueCode.LEVEL_OUTDATED
    bad = IssueCode.LEVEL_NOT_A_TROUGH
    exposure = choose(
        [
            (sampling(20.0), NOT_A_TROUGH, bad),
            (sampling(4.0, 56), TROUGH, None),
            (sampling(5.0, 300), TROUGH, old),
        ]
    )
    assert exposure.newest is not None
    assert exposure.newest.sampling.reading.value_ug_ml == 4.0
    assert codes(exposure) == [bad]
    assert exposure.trend == ()


def test_a_conflict_where_the_newest_trough_would_be_leaves_nothing_to_decide_on():
    exposure = choose([(sampling(4.0, conflict=True), TROUGH, None), (sampling(5.0, 56), TROUGH, None)])
    assert exposure.newest is None
    assert exposure.conflict
    assert [reading.value_ug_ml for reading in exposure.trend] == [5.0]


def test_an_older_conflict_changes_nothing_and_is_no_trend():
    exposure = choose([(sampling(4.0), TROUGH, None), (sampling(5.0, 56, conflict=True), TROUGH, None)])
    assert exposure.newest is not None
    assert not exposure.conflict
    assert exposure.trend == ()


def test_a_conflict_of_samples_that_are_no_trough_does_not_stop_an_older_one():
    bad = (sampling(4.0, conflict=True), NOT_A_TROUGH, IssueCode.LEVEL_NOT_A_TROUGH)
    exposure = choose([bad, (sampling(5.0, 56), TROUGH, None)])
    assert exposure.newest is not None
    assert not exposure.conflict


def test_without_samples_there_is_no_exposure():
    assert choose([]) == Exposure(None, (), ())


@pytest.mark.parametrize(
    ("changes", "when", "code"),
    [
        ({"status": ResultStatus.PRELIMINARY}, TROUGH, IssueCode.LEVEL_PRELIMINARY),
        ({"status": ResultStatus.UNKNOWN}, TROUGH, IssueCode.LEVEL_STATUS_UNKNOWN),
        ({"coded": False}, TROUGH, IssueCode.LEVEL_BY_TEXT),
        ({}, UNTIMED, IssueCode.LEVEL_UNTIMED),
        ({}, UNVERIFIED, IssueCode.LEVEL_TIMING_UNVERIFIED),
    ],
)
def test_doubts_of_the_deciding_trough_are_named(changes, when, code):
    reading = replace(level(4.0), **changes)
    assert codes(choose([(Sampling(reading, moment(0)), when, None)])) == [code]


TARGET = KNOWLEDGE.targets["adult-maintenance-active"]  # 5, 6, 9, 15


@pytest.mark.parametrize(
    ("value", "comparator", "values"),
    [
        (4.2, Comparator.EXACT, (4.2,)),
        (0.3, Comparator.EXACT, (0.3,)),
        (None, Comparator.EXACT, (0.0,)),
        (1.0, Comparator.BELOW, (0.0,)),
        (1.0, Comparator.AT_MOST, (0.0,)),
        (2.5, Comparator.BELOW, (0.0, 0.25, 0.5, 1.5)),
        (2.5, Comparator.AT_MOST, (0.0, 0.25, 0.5, 1.5, 2.5)),
        (5.0, Comparator.BELOW, (0.0, 0.25, 0.5, 2.75)),
        (5.0, Comparator.AT_MOST, (0.0, 0.25, 0.5, 2.75, 5.0)),
        (9.0, Comparator.ABOVE, (12.0, 15.0, 107.5, 200.0)),
        (9.0, Comparator.AT_LEAST, (9.0, 12.0, 15.0, 107.5, 200.0)),
        (20.0, Comparator.ABOVE, (110.0, 200.0)),
        (200.0, Comparator.AT_LEAST, (200.0, 200.5, 201.0)),
    ],
)
def test_a_limit_stands_for_every_number_at_which_an_answer_may_turn(value, comparator, values):
    assert candidate_values(level(value, comparator=comparator), TARGET, POLICY) == values


def test_not_detected_with_a_number_stands_for_nothing_found():
    reading = replace(level(3.0), detected=False)
    assert candidate_values(reading, TARGET, POLICY) == (0.0,)


def test_a_row_without_bounds_has_only_the_edges_of_policy():
    target = KNOWLEDGE.targets["subcutaneous-otherwise"]
    assert candidate_values(level(10, comparator=Comparator.ABOVE), target, POLICY) == (
        12.5,
        15.0,
        107.5,
        200.0,
    )
