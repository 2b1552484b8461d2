"""What one antibody result says, and which assay it was made with."""

from dataclasses import replace
from itertools import permutations

import pytest

from tdm.antibody_result import (
    assay_of,
    ati_issue,
    class_of,
    contradicts_itself,
    reading_order,
    text_matches,
)
from tdm.decision import AtiClass
from tdm.facts import Comparator, ResultStatus
from tdm.issues import IssueCode
from tdm.knowledge.model import Assay
from tdm.source import Source
from tests.support.course_builder import ati

NEGATIVE, INCONCLUSIVE = AtiClass.NEGATIVE, AtiClass.INCONCLUSIVE
LOW, HIGH = AtiClass.POSITIVE_LOW, AtiClass.POSITIVE_HIGH
UNQUANTIFIED = AtiClass.POSITIVE_UNQUANTIFIED
BELOW, AT_MOST, ABOVE, AT_LEAST = Comparator.BELOW, Comparator.AT_MOST, Comparator.ABOVE, Comparator.AT_LEAST

GRADED = Assay("graded", "Graded", "U/mL", laboratory_pattern="north", positive_from=3.3, high_above=9.1)
UNGRADED = Assay("ungraded", "Ungraded", "U/mL", positive_from=50)
HIGH_ONLY = Assay("high-only", "High only", "U/mL", high_above=9.0)
BARE = Assay("bare", "Bare", "U/mL")


@pytest.mark.parametrize(
    ("value", "comparator", "expected"),
    [
        (3.29, Comparator.EXACT, NEGATIVE),
        (3.3, Comparator.EXACT, LOW),
        (9.1, Comparator.EXACT, LOW),
        (9.11, Comparator.EXACT, HIGH),
        (0.0, Comparator.EXACT, NEGATIVE),
        (3.3, BELOW, NEGATIVE),
        (3.3, AT_MOST, INCONCLUSIVE),
        (3.2, AT_MOST, NEGATIVE),
        (10, BELOW, INCONCLUSIVE),
        (9.1, ABOVE, HIGH),
        (9.1, AT_LEAST, UNQUANTIFIED),
        (9.2, AT_LEAST, HIGH),
        (3.3, AT_LEAST, UNQUANTIFIED),
        (3.2, AT_LEAST, INCONCLUSIVE),
        (3.2, ABOVE, INCONCLUSIVE),
        (3.3, ABOVE, UNQUANTIFIED),
    ],
)
def test_a_known_assay_grades_the_number(value, comparator, expected):
    assert class_of(ati(value=value, unit="U/mL", comparator=comparator), GRADED) is expected


@pytest.mark.parametrize(("value", "expected"), [(49.9, NEGATIVE), (50, UNQUANTIFIED), (5000, UNQUANTIFIED)])
def test_an_assay_without_a_high_limit_gives_no_titre_class(value, expected):
    assert class_of(ati(value=value, unit="U/mL"), UNGRADED) is expected


@pytest.mark.parametrize(
    ("value", "word", "expected"),
    [
        (9.1, "positive", HIGH),
        (9.0, "positive", LOW),
        (9.1, None, HIGH),
        (9.0, None, INCONCLUSIVE),
        (9.0, "negative", NEGATIVE),
    ],
)
def test_a_high_limit_alone_grades_what_the_laboratory_calls_positive(value, word, expected):
    assert class_of(ati(word, value, unit="U/mL"), HIGH_ONLY) is expected


@pytest.mark.parametrize("assay", [None, BARE])
@pytest.mark.parametrize(
    ("value", "comparator", "expected"),
    [
        (10, Comparator.EXACT, NEGATIVE),
        (10.1, Comparator.EXACT, UNQUANTIFIED),
        (10, BELOW, NEGATIVE),
        (10, AT_MOST, NEGATIVE),
        (11, BELOW, INCONCLUSIVE),
        (10, ABOVE, UNQUANTIFIED),
        (10, AT_LEAST, INCONCLUSIVE),
    ],
)
def test_else_the_laboratorys_own_limit_of_negative_decides(assay, value, comparator, expected):
    assert class_of(ati(value=value, comparator=comparator, reference_upper=10), assay) is expected


def test_the_assays_limit_comes_before_the_laboratorys():
    assert class_of(ati(value=5, unit="U/mL", reference_upper=10), GRADED) is LOW


@pytest.mark.parametrize(
    ("word", "expected"),
    [("negative", NEGATIVE), ("positive", UNQUANTIFIED), ("inconclusive", INCONCLUSIVE)],
)
def test_a_word_speaks_for_a_result_without_a_number_or_with_one_of_no_meaning(word, expected):
    assert class_of(ati(word), None) is expected
    assert class_of(ati(word), GRADED) is expected
    assert class_of(ati(word, 7), None) is expected
    assert class_of(ati(word, float("nan")), None) is expected


def test_a_number_without_limit_or_word_is_inconclusive():
    assert class_of(ati(value=7), None) is INCONCLUSIVE


def test_a_word_and_a_number_that_agree_give_the_finer_class():
    assert class_of(ati("positive", 5, unit="U/mL"), GRADED) is LOW
    assert class_of(ati("negative", 1, unit="U/mL"), GRADED) is NEGATIVE


@pytest.mark.parametrize(("word", "value"), [("positive", 1), ("negative", 5), ("negative", 20)])
def test_a_word_against_its_number_is_inconclusive(word, value):
    reading = ati(word, value, unit="U/mL")
    assert class_of(reading, GRADED) is INCONCLUSIVE
    assert contradicts_itself(reading, GRADED)


def test_what_the_laboratory_calls_inconclusive_stays_so():
    reading = ati("inconclusive", 20, unit="U/mL")
    assert class_of(reading, GRADED) is INCONCLUSIVE
    assert not contradicts_itself(reading, GRADED)


def test_a_wide_limit_leaves_the_word_to_decide():
    assert class_of(ati("positive", 10, unit="U/mL", comparator=BELOW), GRADED) is UNQUANTIFIED


@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan")])
def test_what_no_concentration_can_be_is_no_number(value):
    assert class_of(ati(value=value, unit="U/mL"), GRADED) is INCONCLUSIVE


NORTH = Assay("north", "North", "U/mL", laboratory_pattern=r"\bnorth\b", codes=("s|1",))
NORTH_SHIFT = Assay("shift", "North shift", "U/mL", laboratory_pattern=r"\bnorth\b", method_pattern="shift")
SOUTH = Assay("south", "South", "AU/mL", laboratory_pattern=r"\bsouth\b|southern")
KIT = Assay("kit", "Kit", "U/mL", method_pattern="kit")
ASSAYS = (NORTH, NORTH_SHIFT, SOUTH, KIT)


@pytest.mark.parametrize(
    ("reading", "assay"),
    [
        (ati(value=1, unit="AU/mL", laboratory="Southern Hospital"), SOUTH),
        (ati(value=1, unit="U/mL", laboratory="SOUTH"), None),
        (ati("negative", laboratory="South"), SOUTH),
        (ati(value=1, unit="U/mL", laboratory="North", method="Mobility shift"), NORTH_SHIFT),
        (ati(value=1, unit="U/mL", laboratory="North"), None),
        (ati(value=1, unit="U/mL", laboratory="North", code="s|1"), NORTH),
        (ati(value=1, unit="U/mL", code="s|1"), NORTH),
        (ati(value=1, unit="AU/mL", code="s|1"), None),
        (ati(value=1, unit="U/mL", laboratory="East", method="shift"), None),
        (ati(value=1, unit="U/mL", laboratory="East", method="The Kit"), KIT),
        (ati(value=1, unit="U/mL", method="shift"), NORTH_SHIFT),
        (ati(value=1, unit="U/mL"), None),
    ],
)
def test_code_laboratory_method_and_unit_find_the_assay(reading, assay):
    assert assay_of(reading, ASSAYS) is assay
    assert assay_of(reading, ASSAYS[::-1]) is assay


def test_patterns_are_found_whatever_the_case():
    assert text_matches(r"\bnorth\b", "The NORTH laboratory")
    assert not text_matches(r"\bnorth\b", "Northern")


def test_an_issue_of_a_result_gives_its_day():
    issue = ati_issue(IssueCode.ATI_OUTDATED, ati("negative", days_ago=3))
    assert (issue.subject, issue.parameters) == ("ati", (("day", "2026-03-06"),))
    assert ati_issue(IssueCode.ATI_UNDATED, ati("negative", undated=True)).parameters == (("day", ""),)


IN_ORDER = (
    ati("positive", 7, status=ResultStatus.CORRECTED, coded=False, reference="z"),
    ati("positive", 7, reference="a"),
    ati("negative", 7, reference="b"),
    ati("positive", reference="b"),
    ati("positive", 6, reference="b"),
    ati("positive", 7, comparator=Comparator.BELOW, reference="b"),
    ati("positive", 7, reference="b"),
    ati("positive", 7, reference="b", unit="AU/mL"),
    ati("positive", 7, reference="b", unit="U/mL"),
    ati("positive", 7, reference="b", unit="U/mL", reference_upper=5),
    ati("positive", 7, reference="b", unit="U/mL", reference_upper=6),
    ati("positive", 7, reference="b", unit="U/mL", reference_upper=6, laboratory="A"),
    ati("positive", 7, reference="b", unit="U/mL", reference_upper=6, laboratory="B"),
    ati("positive", 7, reference="b", unit="U/mL", reference_upper=6, laboratory="B", method="A"),
    ati("positive", 7, reference="b", unit="U/mL", reference_upper=6, laboratory="B", method="B"),
    ati("positive", 7, reference="b", unit="U/mL", reference_upper=6, laboratory="B", method="B", code="1"),
    ati("positive", 7, coded=False, reference="a"),
    ati("positive", 7, status=ResultStatus.PRELIMINARY, reference="a"),
    ati("positive", 7, status=ResultStatus.UNKNOWN, reference="a"),
)


def test_results_of_one_moment_have_one_order():
    for one, other in permutations(IN_ORDER, 2):
        earlier = IN_ORDER.index(one) < IN_ORDER.index(other)
        assert (reading_order(one) < reading_order(other)) is earlier
    plain = ati("positive", 7)
    assert reading_order(plain) < reading_order(replace(plain, original="7 U/mL"))
    assert reading_order(replace(plain, source=Source("A", plain.source.reference))) < reading_order(plain)
