"""Which levels can be used at all, and what stands at one instant."""

from itertools import permutations

import pytest

from tdm.facts import Comparator, LevelReading, ResultStatus
from tdm.issues import IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.plausibility import (
    amount_text,
    is_undetectable,
    level_issue,
    level_text,
    limit_text,
    preference,
    samplings,
)
from tests.support.course_builder import NOW, after, level, source

POLICY = load_knowledge().policy
FINAL, CORRECTED, AMENDED = ResultStatus.FINAL, ResultStatus.CORRECTED, ResultStatus.AMENDED
PRELIMINARY = ResultStatus.PRELIMINARY


def one(*readings: LevelReading):
    """The single sampling of readings of one moment, the same in every order."""
    results = {samplings(order, NOW, POLICY) for order in permutations(readings)}
    assert len(results) == 1
    (found, issues) = results.pop()
    (sampling,) = found
    return sampling, [issue.code for issue in issues]


@pytest.mark.parametrize(
    ("value", "comparator", "undetectable"),
    [
        (None, Comparator.EXACT, True),
        (0.49, Comparator.EXACT, True),
        (0.5, Comparator.EXACT, False),
        (1.0, Comparator.BELOW, True),
        (1.01, Comparator.BELOW, False),
        (1.0, Comparator.AT_MOST, True),
        (1.01, Comparator.AT_MOST, False),
        (0.4, Comparator.ABOVE, False),
        (0.4, Comparator.AT_LEAST, False),
    ],
)
def test_undetectable_is_not_detected_or_a_low_limit_or_a_very_low_number(value, comparator, undetectable):
    assert is_undetectable(level(value, comparator=comparator), POLICY) is undetectable


@pytest.mark.parametrize(
    ("value", "shown"),
    [(5.999999, "5.999999"), (6.0, "6"), (120.0, "120"), (0.4, "0.4"), (12.345678, "12.345678")],
)
def test_a_level_is_shown_with_all_the_decimals_that_it_is_compared_with(value, shown):
    assert amount_text(value) == shown
    assert level_text(level(value)) == f"{shown} µg/mL"
    above = level(value, comparator=Comparator.ABOVE)
    assert limit_text(above, POLICY) == f"above {shown} µg/mL"


def test_not_detected_holds_whatever_number_stands_beside_it():
    reading = LevelReading(3.0, NOW, source("Observation", "1"), detected=False)
    assert is_undetectable(reading, POLICY)
    assert samplings([reading], NOW, POLICY)[0][0].reading is reading


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (level(0.0), IssueCode.LEVEL_IMPLAUSIBLE),
        (level(-1.0), IssueCode.LEVEL_IMPLAUSIBLE),
        (level(200.1), IssueCode.LEVEL_IMPLAUSIBLE),
        (level(float("nan")), IssueCode.LEVEL_IMPLAUSIBLE),
        (level(4.0, undated=True), IssueCode.LEVEL_UNDATED),
        (level(4.0, drawn=after(1)), IssueCode.LEVEL_IN_FUTURE),
        (level(None, drawn=after(1)), IssueCode.LEVEL_IN_FUTURE),
        (LevelReading(None, NOW, source("Observation", "1")), IssueCode.LEVEL_VALUE_UNREADABLE),
    ],
)
def test_an_unusable_level_is_left_out_and_named(reading, code):
    found, issues = samplings([reading], NOW, POLICY)
    assert found == ()
    assert [issue.code for issue in issues] == [code]
    assert issues[0].source is reading.source


@pytest.mark.parametrize("value", [0.01, 200.0])
def test_the_ends_of_the_plausible_range_count(value):
    assert len(samplings([level(value)], NOW, POLICY)[0]) == 1


def test_samples_come_newest_first():
    found, _ = samplings([level(1.0, 60), level(2.0, 4), level(3.0, 4, hour=12)], NOW, POLICY)
    assert [sampling.reading.value_ug_ml for sampling in found] == [3.0, 2.0, 1.0]


def test_equal_values_of_one_instant_are_duplicates():
    sampling, issues = one(level(4.2, reference="a"), level(4.2000000001, reference="b"))
    assert not sampling.conflict
    assert issues == []


def test_two_undetectable_results_of_one_instant_agree():
    sampling, _ = one(level(None, reference="a"), level(0.4, comparator=Comparator.BELOW, reference="b"))
    assert not sampling.conflict


@pytest.mark.parametrize(
    "other",
    [
        level(4.3, reference="b"),
        level(None, reference="b"),
        level(4.2, comparator=Comparator.BELOW, reference="b"),
        level(2.0, status=CORRECTED, reference="b"),
        level(2.0, status=PRELIMINARY, reference="b"),
    ],
)
def test_different_values_of_one_instant_and_different_records_conflict(other):
    sampling, issues = one(level(4.2, reference="a"), other)
    assert sampling.conflict
    assert issues == [IssueCode.LEVEL_CONFLICT]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(FINAL, CORRECTED), (FINAL, AMENDED), (PRELIMINARY, FINAL), (ResultStatus.UNKNOWN, FINAL)],
)
def test_a_later_status_of_the_same_record_replaces_the_earlier_one(earlier, later):
    sampling, issues = one(level(8.0, status=earlier, reference="a"), level(2.0, status=later, reference="a"))
    assert sampling.reading.value_ug_ml == 2.0
    assert issues == []


def test_two_corrections_of_one_record_with_different_values_conflict():
    sampling, _ = one(level(8.0, status=CORRECTED, reference="a"), level(2.0, status=AMENDED, reference="a"))
    assert sampling.conflict


def test_a_level_without_a_time_joins_all_samples_of_its_day():
    sampling, issues = one(
        level(2.0, 1, hour=8, reference="a"),
        level(30.0, 1, hour=12, reference="b"),
        level(2.0, 1, hour=None, reference="c"),
    )
    assert sampling.conflict
    assert issues == [IssueCode.LEVEL_CONFLICT]


def test_the_best_documented_duplicate_speaks_for_the_sample():
    best = level(4.2, reference="c")
    sampling, _ = one(level(4.2, coded=False, reference="a"), best, level(4.2, hour=None, reference="b"))
    assert sampling.reading is best
    assert sampling.drawn is best.drawn


def test_a_final_duplicate_is_preferred_to_a_preliminary_one_of_another_record():
    best = level(4.2, reference="b")
    sampling, _ = one(level(4.2, status=PRELIMINARY, reference="a"), best)
    assert sampling.reading is best


IN_ORDER_OF_PREFERENCE = (
    level(4.2, status=CORRECTED, coded=False, hour=None, reference="z"),
    level(4.2, hour=9, reference="z"),
    level(4.2, hour=10, reference="a"),
    level(4.2, hour=None, reference="a"),
    level(None, coded=False, hour=9, reference="z"),
    level(4.1, coded=False, hour=9, reference="y"),
    level(4.2, coded=False, hour=9, comparator=Comparator.BELOW, reference="x"),
    level(4.2, coded=False, hour=9, reference="a"),
    level(4.2, coded=False, hour=9, reference="b", laboratory="a"),
    level(4.2, coded=False, hour=9, reference="b", laboratory="b", method="a"),
    level(4.2, coded=False, hour=9, reference="b", laboratory="b", method="b"),
    level(4.2, status=PRELIMINARY, hour=9, reference="a"),
    level(4.2, status=ResultStatus.UNKNOWN, hour=9, reference="a"),
)


def test_readings_of_one_moment_have_one_order():
    ranked = sorted(IN_ORDER_OF_PREFERENCE, key=lambda reading: preference((reading.drawn, reading)))
    assert tuple(ranked) == IN_ORDER_OF_PREFERENCE
    for one_reading, other in permutations(IN_ORDER_OF_PREFERENCE, 2):
        earlier = IN_ORDER_OF_PREFERENCE.index(one_reading) < IN_ORDER_OF_PREFERENCE.index(other)
        before, after_it = preference((one_reading.drawn, one_reading)), preference((other.drawn, other))
        assert (before < after_it) is earlier


def test_a_level_is_shown_as_reported_or_rebuilt_from_its_parts():
    assert level_text(LevelReading(4.2, NOW, source("Observation", "1"), original="4,2 mg/l")) == "4,2 mg/l"
    assert level_text(level(4.2)) == "4.2 µg/mL"
    assert level_text(level(3.0, comparator=Comparator.BELOW)) == "< 3 µg/mL"
    assert level_text(level(None)) == "not detected"
    assert level_text(LevelReading(0.3, NOW, source("Observation", "1"), detected=False)) == "not detected"


def test_an_issue_of_a_level_gives_its_day_and_value():
    reading = level(4.2, 3)
    issue = level_issue(IssueCode.LEVEL_OUTDATED, reading)
    assert issue.subject == "level"
    assert issue.parameters == (("day", "2026-03-06"), ("value", "4.2 µg/mL"))
    assert (issue.code, issue.source) == (IssueCode.LEVEL_OUTDATED, reading.source)
    assert level_issue(IssueCode.LEVEL_UNDATED, level(4.2, undated=True)).parameters[0] == ("day", "")


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (level(9.0, comparator=Comparator.ABOVE), "above 9 µg/mL"),
        (level(9.5, comparator=Comparator.AT_LEAST), "at least 9.5 µg/mL"),
        (level(3.0, comparator=Comparator.BELOW), "below 3 µg/mL"),
        (level(1.01, comparator=Comparator.AT_MOST), "at most 1.01 µg/mL"),
        (level(3.0), None),
        (level(1.0, comparator=Comparator.BELOW), None),
        (level(None), None),
        (LevelReading(None, NOW, source("Observation", "a"), comparator=Comparator.ABOVE), None),
    ],
)
def test_only_a_limit_that_is_detectable_is_put_in_words(reading, words):
    assert limit_text(reading, POLICY) == words
