"""Activity of the disease from the newest counting reading of each marker."""

from itertools import permutations

import pytest

from tdm.activity import ActivityReading, read_activity
from tdm.decision import Activity
from tdm.facts import Comparator, Finding, Marker, MarkerReading, Moment, ResultStatus
from tdm.issues import IssueCode
from tdm.knowledge.loader import load_knowledge
from tests.support.course_builder import NOW, after, calprotectin, crp, endoscopy, hbi, marker, moment

POLICY = load_knowledge().policy
CONFIRMED, UNCONFIRMED = Activity.ACTIVE_CONFIRMED, Activity.ACTIVE_UNCONFIRMED
REMISSION, UNKNOWN = Activity.REMISSION, Activity.UNKNOWN
ACTIVE, QUIET = Finding.ACTIVE, Finding.QUIET


def read(
    *readings: MarkerReading, not_before: Moment | None = None, last_change: Moment | None = None
) -> ActivityReading:
    """The activity, the same whatever the order of the readings."""
    results = {
        read_activity(order, NOW, POLICY, not_before=not_before, last_change=last_change).activity
        for order in permutations(readings)
    }
    assert len(results) == 1
    return read_activity(readings, NOW, POLICY, not_before=not_before, last_change=last_change)


def codes(reading: ActivityReading) -> list[IssueCode]:
    return [issue.code for issue in reading.issues]


@pytest.mark.parametrize(
    ("reading", "activity"),
    [
        (crp(10.01), CONFIRMED),
        (crp(10.0), UNCONFIRMED),
        (crp(5.0), UNCONFIRMED),
        (crp(4.99), UNKNOWN),
        (crp(3.0), UNKNOWN),
        (crp(2.99), REMISSION),
        (crp(0.0), REMISSION),
        (calprotectin(250.1), CONFIRMED),
        (calprotectin(250), UNKNOWN),
        (calprotectin(150), UNKNOWN),
        (calprotectin(149.9), REMISSION),
        (endoscopy(3), CONFIRMED),
        (endoscopy(2), UNKNOWN),
        (endoscopy(1), UNKNOWN),
        (endoscopy(0), REMISSION),
        (endoscopy(finding=ACTIVE), CONFIRMED),
        (endoscopy(finding=QUIET), REMISSION),
        (marker(Marker.IMAGING, finding=ACTIVE), CONFIRMED),
        (marker(Marker.IMAGING, finding=QUIET), REMISSION),
        (marker(Marker.FISTULA_EXAMINATION, finding=ACTIVE), CONFIRMED),
        (marker(Marker.FISTULA_EXAMINATION, finding=QUIET), UNKNOWN),
        (marker(Marker.PCDAI, 10), UNCONFIRMED),
        (marker(Marker.PCDAI, 9.9), UNKNOWN),
        (hbi(5), UNCONFIRMED),
        (hbi(4), UNKNOWN),
        (marker(Marker.CDAI, 150), UNCONFIRMED),
        (marker(Marker.CDAI, 149), UNKNOWN),
        (marker(Marker.ALBUMIN, 2.0), UNKNOWN),
        (marker(Marker.ESR, 80), UNKNOWN),
        (marker(Marker.CRP, finding=ACTIVE), CONFIRMED),
        (marker(Marker.HBI, finding=QUIET), UNKNOWN),
    ],
)
def test_one_marker_alone_says(reading, activity):
    assert read(reading).activity is activity


@pytest.mark.parametrize(
    ("value", "comparator", "activity"),
    [
        (3, Comparator.BELOW, REMISSION),
        (3, Comparator.AT_MOST, UNKNOWN),
        (5, Comparator.BELOW, UNKNOWN),
        (0, Comparator.BELOW, REMISSION),
        (2.9, Comparator.AT_MOST, REMISSION),
        (10, Comparator.ABOVE, CONFIRMED),
        (10, Comparator.AT_LEAST, UNCONFIRMED),
        (5, Comparator.AT_LEAST, UNCONFIRMED),
        (4.9, Comparator.AT_LEAST, UNKNOWN),
        (10.5, Comparator.AT_LEAST, CONFIRMED),
        (2, Comparator.ABOVE, UNKNOWN),
    ],
)
def test_a_crp_known_as_a_limit_says_what_all_its_values_say(value, comparator, activity):
    assert read(crp(value, comparator=comparator)).activity is activity


@pytest.mark.parametrize(
    ("readings", "activity"),
    [
        ((), UNKNOWN),
        ((crp(7), hbi(5)), CONFIRMED),
        ((crp(7), hbi(4)), UNCONFIRMED),
        ((crp(7), calprotectin(100)), UNCONFIRMED),
        ((crp(7), calprotectin(300)), CONFIRMED),
        ((crp(2), hbi(8)), UNCONFIRMED),
        ((crp(2), calprotectin(300)), CONFIRMED),
        ((crp(2), calprotectin(200)), REMISSION),
        ((crp(4), calprotectin(200)), UNKNOWN),
        ((crp(2), hbi(2)), REMISSION),
        ((endoscopy(0), marker(Marker.ENDOSCOPY, finding=ACTIVE)), CONFIRMED),
    ],
)
def test_markers_together_say(readings, activity):
    assert read(*readings).activity is activity


def test_only_the_newest_result_of_a_marker_counts():
    assert read(crp(40, 30), crp(2, 10)).activity is REMISSION
    assert read(crp(2, 30), crp(40, 10)).activity is CONFIRMED


def test_a_newer_quiet_endoscopy_overrides_older_markers():
    assert read(crp(40, 30), calprotectin(900, 20), endoscopy(0, 10)).activity is REMISSION
    assert read(endoscopy(12, 30), endoscopy(days_ago=10, finding=QUIET)).activity is REMISSION
    assert read(marker(Marker.IMAGING, days_ago=30, finding=ACTIVE), endoscopy(0, 10)).activity is REMISSION


def test_a_quiet_endoscopy_does_not_override_what_is_not_older():
    assert read(crp(40, 10), endoscopy(0, 10)).activity is CONFIRMED
    assert read(crp(40, 9), endoscopy(0, 10)).activity is CONFIRMED


def test_an_endoscopy_that_is_not_quiet_overrides_nothing():
    assert read(crp(40, 30), endoscopy(1, 10)).activity is CONFIRMED


def test_a_quiet_endoscopy_overrides_neither_a_fistula_nor_a_score():
    draining = marker(Marker.FISTULA_EXAMINATION, days_ago=30, finding=ACTIVE)
    assert read(draining, endoscopy(0, 10)).activity is CONFIRMED
    assert read(hbi(9, 30), endoscopy(0, 10)).activity is UNCONFIRMED


@pytest.mark.parametrize(("days_ago", "activity"), [(90, CONFIRMED), (91, UNKNOWN)])
def test_markers_count_for_ninety_days(days_ago, activity):
    assert read(crp(40, days_ago, hour=10)).activity is activity
    assert read(marker(Marker.IMAGING, days_ago=days_ago, hour=10, finding=ACTIVE)).activity is activity


@pytest.mark.parametrize(("days_ago", "activity"), [(365, CONFIRMED), (366, UNKNOWN)])
def test_an_endoscopy_counts_for_a_year(days_ago, activity):
    assert read(endoscopy(12, days_ago, hour=10)).activity is activity
    assert read(endoscopy(days_ago=days_ago, hour=10, finding=ACTIVE)).activity is activity


def test_an_endoscopy_before_the_last_change_of_regimen_does_not_count_and_is_named():
    changed = moment(100)
    reading = read(endoscopy(12, 100), last_change=changed)
    assert reading.activity is UNKNOWN
    assert codes(reading) == [IssueCode.ENDOSCOPY_BEFORE_CHANGE]
    assert read(endoscopy(12, 99), last_change=changed).activity is CONFIRMED
    assert read(crp(40, 60), last_change=moment(30)).activity is CONFIRMED


def test_in_induction_only_markers_after_the_first_infusion_count():
    first = moment(20, hour=9)
    assert read(crp(40, 20, hour=8), not_before=first).activity is UNKNOWN
    assert read(crp(40, 20, hour=None), not_before=first).activity is UNKNOWN
    assert read(crp(40, 19), not_before=first).activity is CONFIRMED


def test_a_marker_of_the_future_is_left_out_and_named():
    reading = read(crp(40, drawn=after(1)))
    assert reading.activity is UNKNOWN
    assert codes(reading) == [IssueCode.MARKER_IN_FUTURE]
    assert reading.issues[0].parameters == (("marker", "crp"), ("day", "2026-03-10"))


@pytest.mark.parametrize(
    "reading",
    [
        crp(-1),
        crp(float("nan")),
        crp(float("inf")),
        marker(Marker.CRP),
        marker(Marker.IMAGING, 3.0),
    ],
)
def test_a_marker_without_a_usable_value_is_left_out_and_named(reading):
    result = read(reading)
    assert result.activity is UNKNOWN
    assert codes(result) == [IssueCode.MARKER_IMPLAUSIBLE]
    assert result.markers == ()


@pytest.mark.parametrize("status", [ResultStatus.PRELIMINARY, ResultStatus.UNKNOWN])
def test_a_marker_that_is_not_final_counts_with_an_issue(status):
    reading = read(crp(40, status=status))
    assert reading.activity is CONFIRMED
    assert codes(reading) == [IssueCode.MARKER_PRELIMINARY]


def test_different_results_of_one_moment_are_neither_active_nor_quiet():
    reading = read(crp(2, reference="a"), crp(40, reference="b"))
    assert reading.activity is UNKNOWN
    assert codes(reading) == [IssueCode.MARKER_CONFLICT]


def test_results_of_one_moment_that_say_the_same_do_not_conflict():
    reading = read(crp(20, reference="a"), crp(40, reference="b"))
    assert reading.activity is CONFIRMED
    assert reading.issues == ()
    assert [shown.value for shown in reading.markers] == [20]


def test_a_result_without_a_time_stands_beside_the_last_of_its_day():
    reading = read(
        crp(40, 1, hour=8, reference="a"),
        crp(2, 1, hour=12, reference="b"),
        crp(2, 1, hour=None, reference="c"),
    )
    assert reading.activity is REMISSION
    assert reading.issues == ()


def test_the_readings_shown_are_the_newest_of_each_marker():
    reading = read(crp(2, 5), crp(40, 50), calprotectin(100, 7), marker(Marker.ALBUMIN, 4.0))
    assert [(one.marker, one.value) for one in reading.markers] == [
        (Marker.CALPROTECTIN, 100),
        (Marker.CRP, 2),
    ]


@pytest.mark.parametrize(
    ("readings", "deep"),
    [
        ((crp(2), calprotectin(100)), True),
        ((crp(2),), False),
        ((calprotectin(100),), False),
        ((crp(2), calprotectin(200)), False),
        ((endoscopy(0),), True),
        ((endoscopy(finding=QUIET),), True),
        ((crp(2), endoscopy(1)), False),
        ((crp(2), calprotectin(100), hbi(8)), False),
    ],
)
def test_deep_remission_is_shown_by_crp_and_calprotectin_or_by_endoscopy(readings, deep):
    assert read(*readings).deep_remission is deep
