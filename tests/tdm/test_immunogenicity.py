"""Which antibody results go with the level, and what is known of antibodies from them."""

from dataclasses import replace
from itertools import permutations

import pytest

from tdm.decision import AtiClass
from tdm.facts import AtiReading, AtiWord, Comparator, ResultStatus
from tdm.immunogenicity import Antibodies, LevelSeen, read_antibodies
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.knowledge.model import Assay
from tests.support.course_builder import NOW, after, ati, level, moment, source

NOT_MEASURED, NEGATIVE = AtiClass.NOT_MEASURED, AtiClass.NEGATIVE
LOW, HIGH = AtiClass.POSITIVE_LOW, AtiClass.POSITIVE_HIGH
UNQUANTIFIED, INCONCLUSIVE = AtiClass.POSITIVE_UNQUANTIFIED, AtiClass.INCONCLUSIVE

TOLERANT = Assay(
    "tolerant", "Tolerant", "U/mL", laboratory_pattern="north", positive_from=3.3, high_above=9.1
)
SENSITIVE = Assay(
    "sensitive", "Sensitive", "AU/mL", laboratory_pattern="south", positive_from=10, drug_sensitive=True
)
REFLEX = Assay(
    "reflex", "Reflex", "U/mL", laboratory_pattern="west", positive_from=50, reflex_level_below_ug_ml=5.1
)
KNOWLEDGE = replace(load_knowledge(), assays=(TOLERANT, SENSITIVE, REFLEX))


def seen(
    value: float = 2.0, days_ago: float = 0, *, undetectable: bool = False, laboratory: str = ""
) -> LevelSeen:
    reading = level(value, days_ago, laboratory=laboratory)
    return LevelSeen(reading, moment(days_ago), value, undetectable)


def north(value: float, days_ago: float = 0, **more: object) -> AtiReading:
    return ati(value=value, days_ago=days_ago, unit="U/mL", laboratory="North", **more)


def read(
    *readings: AtiReading,
    beside: LevelSeen | None = None,
    pending: bool = False,
    unread: tuple[DataIssue, ...] = (),
) -> Antibodies:
    """The antibodies, the same whatever the order of the results."""
    results = [
        read_antibodies(some, beside, NOW, KNOWLEDGE, pending=pending, unread=unread)
        for some in permutations(readings)
    ]
    for other in results[1:]:
        assert replace(other, issues=()) == replace(results[0], issues=())
        assert set(other.issues) == set(results[0].issues)
    return results[0]


def codes(found: Antibodies) -> list[IssueCode]:
    return [issue.code for issue in found.issues]


def test_without_results_antibodies_are_not_measured():
    assert read() == Antibodies(NOT_MEASURED)
    assert read(beside=seen()) == Antibodies(NOT_MEASURED)


@pytest.mark.parametrize("days_ago", [0, 3, 6])
def test_a_result_within_three_days_belongs_to_the_level(days_ago):
    found = read(north(12, days_ago), north(1, 40), beside=seen(days_ago=3))
    assert found.ati is HIGH
    assert codes(found) == []


def test_the_result_nearest_to_the_level_decides():
    assert read(north(12, 10), north(1, 11), beside=seen(days_ago=10, undetectable=True)).ati is HIGH
    assert read(north(12, 12), north(1, 11), beside=seen(days_ago=10, undetectable=True)).ati is NEGATIVE


def test_a_paired_result_counts_at_any_age():
    assert read(north(12, 170), beside=seen(days_ago=170)).ati is HIGH


def test_a_newer_result_that_differs_from_the_pair_is_named():
    found = read(north(12, 40), north(1, 20), beside=seen(days_ago=40))
    assert found.ati is HIGH
    assert codes(found) == [IssueCode.ATI_NEWER_DIFFERS]
    assert codes(read(north(1, 40), north(2, 20), beside=seen(days_ago=40))) == []
    assert codes(read(north(1, 40), north(12, 60), beside=seen(days_ago=40))) == []


@pytest.mark.parametrize(("value", "expected"), [(12, HIGH), (5, LOW)])
def test_a_positive_of_after_the_pair_counts_where_the_pair_is_negative(value, expected):
    newer = north(value, 20)
    found = read(north(1, 40), newer, beside=seen(days_ago=40))
    assert (found.ati, found.reading, found.steps_down) == (expected, newer, 1)
    parameters = (("day", moment(20).day.isoformat()), ("value", f"{value} U/mL"))
    assert found.issues == (DataIssue(IssueCode.ATI_NEWER_POSITIVE, "ati", parameters, newer.source),)


def test_an_ungraded_positive_of_another_assay_after_a_negative_pair_counts():
    found = read(north(1, 40), ati("positive", days_ago=20, laboratory="East"), beside=seen(days_ago=40))
    assert (found.ati, found.steps_down) == (UNQUANTIFIED, 1)
    assert IssueCode.ATI_NEWER_POSITIVE in codes(found)


def test_a_positive_of_after_an_old_pair_counts_however_long_ago():
    found = read(north(1, 170), north(12, 120), beside=seen(days_ago=170))
    assert found.ati is HIGH


def test_a_later_negative_of_its_assay_takes_a_newer_positive_back_and_one_of_another_does_not():
    pair, newer = north(1, 40), north(12, 20)
    assert read(pair, newer, north(2, 10), beside=seen(days_ago=40)).ati is NEGATIVE
    assert read(pair, newer, ati("negative", days_ago=10), beside=seen(days_ago=40)).ati is HIGH


def test_a_positive_of_after_the_pair_counts_behind_newer_results_that_say_less():
    taken_back = (
        ati("positive", days_ago=15, laboratory="East"),
        ati("negative", days_ago=12, laboratory="East"),
    )
    found = read(north(1, 40), north(12, 20), *taken_back, beside=seen(days_ago=40))
    assert found.ati is HIGH


def test_a_positive_beside_a_negative_of_one_moment_after_the_pair_leaves_it_open():
    both = (north(12, 20, reference="a"), north(1, 20, reference="b"))
    found = read(north(1, 40), *both, beside=seen(days_ago=40))
    assert found.ati is INCONCLUSIVE
    assert {IssueCode.ATI_NEWER_POSITIVE, IssueCode.ATI_CONFLICT} <= set(codes(found))


@pytest.mark.parametrize(
    ("pair", "newer", "expected"),
    [(5, 12, HIGH), (12, 5, HIGH), (12, 14, HIGH), (5, 6, LOW)],
)
def test_beside_a_positive_pair_only_a_high_titre_says_more(pair, newer, expected):
    found = read(north(pair, 40), north(newer, 20), beside=seen(days_ago=40))
    assert found.ati is expected
    assert (IssueCode.ATI_NEWER_POSITIVE in codes(found)) is ((pair, newer) == (5, 12))


def test_an_ungraded_positive_after_a_low_pair_is_named_and_the_grade_stays():
    newer = ati("positive", days_ago=20, laboratory="East")
    found = read(north(5, 40), newer, beside=seen(days_ago=40))
    assert (found.ati, codes(found)) == (LOW, [IssueCode.ATI_NOT_COMPARABLE, IssueCode.ATI_NEWER_DIFFERS][1:])


def test_a_newer_positive_counts_after_an_inconclusive_pair_and_says_what_is_doubtful_in_it():
    newer = north(12, 20, status=ResultStatus.PRELIMINARY)
    found = read(ati("inconclusive", days_ago=40), newer, beside=seen(days_ago=40))
    assert found.ati is HIGH
    assert IssueCode.ATI_PRELIMINARY in codes(found)


def test_a_positive_of_the_day_of_the_pair_without_a_time_is_not_surely_after_it():
    found = read(north(1, 40, hour=None), north(12, 38), north(2, 37), beside=seen(days_ago=40))
    assert found.ati is NEGATIVE


@pytest.mark.parametrize(("days_ago", "expected"), [(84, HIGH), (85, NOT_MEASURED)])
def test_without_a_pair_the_newest_within_84_days_counts(days_ago, expected):
    found = read(north(12, days_ago, hour=10), north(1, 200), beside=seen())
    assert found.ati is expected
    outdated = [IssueCode.ATI_OUTDATED, IssueCode.ATI_POSITIVE_ELSEWHERE]
    assert codes(found) == ([] if expected is HIGH else outdated)


def test_just_beyond_three_days_is_no_pair():
    found = read(north(1, 4), beside=seen(undetectable=True))
    assert found.ati is NOT_MEASURED
    assert codes(found) == [IssueCode.ATI_NOT_PAIRED]
    assert found.reading is not None


def test_a_negative_of_another_day_counts_beside_a_detectable_level_and_a_positive_beside_any():
    assert read(north(1, 40), beside=seen()).ati is NEGATIVE
    assert read(north(12, 40), beside=seen(undetectable=True)).ati is HIGH
    assert read(north(1, 40)).ati is NEGATIVE
    assert read(north(1, 3), beside=seen(undetectable=True)).ati is NEGATIVE


def south(value: float, days_ago: float = 0, **more: object) -> AtiReading:
    return ati(value=value, days_ago=days_ago, unit="AU/mL", laboratory="South", **more)


def test_a_negative_by_a_drug_sensitive_assay_proves_nothing_beside_drug():
    found = read(south(2), beside=seen())
    assert found.ati is INCONCLUSIVE
    assert codes(found) == [IssueCode.ATI_DRUG_SENSITIVE]
    assert read(south(2), beside=seen(undetectable=True)).ati is NEGATIVE
    assert read(south(2)).ati is NEGATIVE
    assert read(south(12), beside=seen()).ati is UNQUANTIFIED


def test_a_negative_by_an_unknown_assay_beside_drug_carries_an_issue():
    found = read(ati("negative"), beside=seen())
    assert found.ati is NEGATIVE
    assert codes(found) == [IssueCode.ATI_ASSAY_UNKNOWN]
    assert codes(read(ati("negative"), beside=seen(undetectable=True))) == []
    assert codes(read(ati("positive"), beside=seen())) == []
    assert codes(read(ati("negative"))) == []


def test_a_number_of_an_unknown_assay_is_inconclusive_and_named():
    found = read(ati(value=7, unit="U/mL"), beside=seen())
    assert found.ati is INCONCLUSIVE
    assert codes(found) == [IssueCode.ATI_ASSAY_UNKNOWN]


def test_what_the_laboratory_calls_inconclusive_needs_no_other_reason():
    found = read(ati("inconclusive"), beside=seen())
    assert found.ati is INCONCLUSIVE
    assert codes(found) == []


def test_a_wide_limit_of_a_known_assay_is_inconclusive_without_blaming_the_assay():
    found = read(north(20, comparator=Comparator.BELOW), beside=seen())
    assert found.ati is INCONCLUSIVE
    assert codes(found) == []


def test_a_result_that_contradicts_itself_is_inconclusive_and_named():
    found = read(ati("negative", 20, unit="U/mL", laboratory="North"), beside=seen())
    assert found.ati is INCONCLUSIVE
    assert codes(found) == [IssueCode.ATI_CONTRADICTS_ITSELF]


@pytest.mark.parametrize(
    ("readings", "expected", "conflict"),
    [
        ((ati("positive", reference="w"), north(12)), HIGH, False),
        ((ati("positive", reference="w"), north(5)), LOW, False),
        ((ati("inconclusive", reference="w"), north(1)), NEGATIVE, False),
        ((north(1, reference="a"), north(2, reference="b")), NEGATIVE, False),
        ((north(1), ati("positive", reference="w")), INCONCLUSIVE, True),
        ((north(1, reference="a"), north(12, reference="b")), INCONCLUSIVE, True),
        ((north(5, reference="a"), north(12, reference="b")), UNQUANTIFIED, True),
    ],
)
def test_results_of_one_moment_complete_or_contradict_each_other(readings, expected, conflict):
    found = read(*readings, beside=seen(undetectable=True))
    assert found.ati is expected
    assert (IssueCode.ATI_CONFLICT in codes(found)) is conflict


def test_the_result_that_says_what_was_decided_is_shown():
    found = read(ati("positive", reference="a"), north(12, reference="b"), beside=seen())
    assert found.reading is not None
    assert found.reading.value == 12


def test_results_equally_far_before_and_after_belong_together():
    found = read(north(1, 12), north(12, 8), beside=seen(days_ago=10, undetectable=True))
    assert found.ati is INCONCLUSIVE
    assert IssueCode.ATI_CONFLICT in codes(found)


def test_a_correction_replaces_the_earlier_state_of_the_same_record():
    first = north(12, reference="a")
    corrected = north(1, reference="a", status=ResultStatus.CORRECTED)
    assert read(first, corrected, beside=seen(undetectable=True)).ati is NEGATIVE
    elsewhere = north(1, reference="b", status=ResultStatus.CORRECTED)
    assert read(first, elsewhere, beside=seen(undetectable=True)).ati is INCONCLUSIVE
    another_day = north(1, 40, reference="a", status=ResultStatus.CORRECTED)
    assert read(first, another_day, beside=seen(undetectable=True)).ati is HIGH


@pytest.mark.parametrize(
    ("reading", "code"),
    [
        (north(12, undated=True), IssueCode.ATI_UNDATED),
        (north(12, drawn=after(1)), IssueCode.ATI_IN_FUTURE),
        (ati(), IssueCode.ATI_UNREADABLE),
        (ati(value=-1.0), IssueCode.ATI_UNREADABLE),
    ],
)
def test_an_unusable_result_is_left_out_and_named(reading, code):
    found = read(reading, beside=seen())
    assert found.ati is NOT_MEASURED
    assert found.reading is None
    assert codes(found) == [code]


def test_numbers_of_different_assays_are_not_compared_and_that_is_said():
    assert codes(read(north(12), south(30, 60), beside=seen())) == [IssueCode.ATI_NOT_COMPARABLE]
    assert codes(read(north(12), north(30, 60), beside=seen())) == []
    assert codes(read(north(12), ati("positive", days_ago=60), beside=seen())) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": ResultStatus.PRELIMINARY}, IssueCode.ATI_PRELIMINARY),
        ({"status": ResultStatus.UNKNOWN}, IssueCode.ATI_PRELIMINARY),
        ({"coded": False}, IssueCode.ATI_BY_TEXT),
    ],
)
def test_doubts_of_the_deciding_result_are_named(changes, code):
    assert codes(read(replace(north(12), **changes), beside=seen())) == [code]


@pytest.mark.parametrize(("value", "expected"), [(5.09, NOT_MEASURED), (5.1, NEGATIVE)])
def test_a_level_at_the_reflex_limit_explains_the_absence_of_antibodies(value, expected):
    found = read(beside=seen(value, laboratory="West Laboratories"))
    assert found.ati is expected
    assert found.steps_down == (1 if expected is NEGATIVE else 0)
    assert codes(found) == ([IssueCode.ATI_REFLEX_LIMIT] if expected is NEGATIVE else [])
    if found.issues:
        assert found.issues[0].parameters == (("limit", "5.1 µg/mL"),)


def test_the_reflex_limit_is_that_of_the_levels_laboratory():
    assert read(beside=seen(8.0, laboratory="North")).ati is NOT_MEASURED
    assert read(beside=seen(8.0)).ati is NOT_MEASURED


def test_an_outdated_result_is_named_beside_the_reflex_limit():
    found = read(north(12, 200), beside=seen(8.0, laboratory="West"))
    assert found.ati is NEGATIVE
    assert found.steps_down == 2
    outdated = [IssueCode.ATI_OUTDATED, IssueCode.ATI_POSITIVE_ELSEWHERE]
    assert codes(found) == [*outdated, IssueCode.ATI_REFLEX_LIMIT]
    negative = read(north(1, 200), beside=seen(8.0, laboratory="West"))
    assert (codes(negative), negative.steps_down) == ([IssueCode.ATI_OUTDATED, IssueCode.ATI_REFLEX_LIMIT], 1)


def test_an_awaited_result_or_a_missing_level_explains_nothing_by_reflex():
    assert read(beside=seen(8.0, laboratory="West"), pending=True).ati is NOT_MEASURED
    assert read(north(12, 200)).ati is NOT_MEASURED


def test_a_result_on_record_is_not_replaced_by_the_reflex_limit():
    found = read(ati("inconclusive"), beside=seen(8.0, laboratory="West"))
    assert found.ati is INCONCLUSIVE
    assert found.steps_down == 0


# ---- a result that could not be read ------------------------------------------------------------------


def unreadable(days_ago: float | None = 0) -> tuple[DataIssue, ...]:
    day = "an unknown date" if days_ago is None else moment(days_ago).day.isoformat()
    return (DataIssue(IssueCode.ATI_UNREADABLE, "ati", (("day", day),)),)


@pytest.mark.parametrize("days_ago", [None, 0, 84])
def test_a_result_that_could_not_be_read_is_not_explained_by_the_reflex_limit(days_ago):
    found = read(beside=seen(8.0, laboratory="West"), unread=unreadable(days_ago))
    assert (found.ati, found.unread, found.steps_down) == (NOT_MEASURED, True, 0)
    assert codes(found) == []


def test_an_unreadable_result_is_forgotten_when_it_would_be_too_old_anyway():
    assert read(beside=seen(8.0, laboratory="West"), unread=unreadable(85)).ati is NEGATIVE
    assert not read(unread=unreadable(85)).unread
    assert read(beside=seen(8.0, 100, laboratory="West"), unread=unreadable(103)).unread
    assert not read(beside=seen(8.0, 100, laboratory="West"), unread=unreadable(104)).unread


@pytest.mark.parametrize("reading", [north(12, undated=True), north(12, drawn=after(1)), ati()])
def test_a_result_that_cannot_be_used_counts_as_unread(reading):
    found = read(reading, beside=seen(8.0, laboratory="West"))
    assert (found.ati, found.unread) == (NOT_MEASURED, True)


def test_an_outdated_result_beside_an_unread_one_leaves_antibodies_unknown():
    found = read(north(12, 200), beside=seen(8.0, laboratory="West"), unread=unreadable())
    assert (found.ati, found.unread) == (NOT_MEASURED, True)


def test_an_unread_result_leaves_what_says_nothing_in_doubt_and_what_says_positive_standing():
    assert read(ati("inconclusive"), unread=unreadable()).unread
    assert not read(ati("positive"), unread=unreadable()).unread
    assert not read(ati("inconclusive")).unread


def test_a_negative_is_doubted_where_the_unread_result_is_newer_and_it_is_no_pair():
    assert read(north(1, 40), beside=seen(), unread=unreadable(39)).unread
    assert not read(north(1, 40), beside=seen(), unread=unreadable(40)).unread
    assert not read(north(1, 2), beside=seen(), unread=unreadable()).unread
    assert not read(north(1, 40), beside=seen()).unread
    assert read(north(1, 40), beside=seen(undetectable=True), unread=unreadable()).unread
    assert not read(north(1, 40), beside=seen(undetectable=True)).unread


# ---- a positive of another assay -----------------------------------------------------------------------

ELSEWHERE = IssueCode.ATI_POSITIVE_ELSEWHERE


@pytest.mark.parametrize(
    ("days_ago", "expected"), [(8, INCONCLUSIVE), (84, INCONCLUSIVE), (85, NEGATIVE), (400, NEGATIVE)]
)
def test_a_negative_of_an_unknown_assay_does_not_hide_a_high_titre_of_another(days_ago, expected):
    found = read(north(45, days_ago, hour=10), ati("negative"), beside=seen())
    assert (found.ati, found.steps_down) == (expected, 1)
    (named,) = [one for one in found.issues if one.code is ELSEWHERE]
    assert named.parameters == (("day", moment(days_ago).day.isoformat()), ("value", "45 U/mL"))
    assert named.source == source("Observation", f"ati-{days_ago:g}")


def test_a_negative_of_an_unknown_assay_stands_beside_a_low_titre_of_another_with_less_certainty():
    found = read(north(5, 8), ati("negative"), beside=seen())
    assert (found.ati, found.steps_down) == (NEGATIVE, 1)
    assert ELSEWHERE in codes(found)
    unquantified = read(ati("positive", days_ago=8, laboratory="Elsewhere"), ati("negative"), beside=seen())
    assert unquantified.ati is INCONCLUSIVE


def test_a_negative_of_a_known_assay_stands_beside_a_high_titre_of_another_with_less_certainty():
    found = read(ati("positive", days_ago=8), north(1), beside=seen())
    assert (found.ati, found.steps_down) == (NEGATIVE, 1)
    assert ELSEWHERE in codes(found)


def test_a_later_negative_of_its_own_assay_takes_a_positive_back():
    for readings in (
        (north(45, 30), north(1)),
        (north(45, 30), north(1, 20), ati("negative")),
        (ati("positive", days_ago=30), ati("negative")),
    ):
        found = read(*readings, beside=seen())
        assert (found.ati, found.steps_down) == (NEGATIVE, 0)
        assert ELSEWHERE not in codes(found)
    undecided = read(
        north(45, 30),
        north(5, 20, comparator=Comparator.ABOVE),
        replace(north(1, 10), word=AtiWord.INCONCLUSIVE),
        ati("negative"),
        beside=seen(),
    )
    assert ELSEWHERE in codes(undecided)


def test_a_known_assay_is_one_assay_however_its_laboratory_is_written():
    positive = ati("positive", 60, days_ago=30, unit="U/mL", laboratory="Mayo")
    negative = ati("negative", 1, unit="U/mL", laboratory="MAYO Clinic", method="ELISA")
    found = read_antibodies((positive, negative), seen(), NOW, load_knowledge(), pending=False, unread=())
    assert ELSEWHERE not in codes(found)


def test_a_positive_of_another_assay_is_named_beside_what_says_nothing_and_not_beside_a_positive():
    found = read(north(45, 8), ati("inconclusive"), beside=seen())
    assert (found.ati, ELSEWHERE in codes(found)) == (INCONCLUSIVE, True)
    found = read(north(45, 8), ati("positive"), beside=seen())
    assert (found.ati, found.steps_down, ELSEWHERE in codes(found)) == (UNQUANTIFIED, 0, False)


def test_a_negative_of_another_sample_than_the_undetectable_level_names_the_positive_too():
    found = read(north(5, 60), ati("negative", days_ago=30), beside=seen(undetectable=True))
    assert (found.ati, found.steps_down) == (NOT_MEASURED, 1)
    assert set(codes(found)) >= {ELSEWHERE, IssueCode.ATI_NOT_PAIRED}


@pytest.mark.parametrize("known", ["laboratory", "method", "code"])
def test_unknown_assays_are_told_apart_by_all_their_names(known):
    found = read(ati("positive", days_ago=30, **{known: "a"}), ati("negative", **{known: "b"}), beside=seen())
    assert ELSEWHERE in codes(found)


def test_a_positive_of_another_assay_beside_an_unread_result_stays_in_doubt():
    assert read(north(45, 8), ati("negative"), beside=seen(), unread=unreadable()).unread
    assert not read(north(45, 8), ati("negative"), beside=seen()).unread
