"""The body weight that a dose per kilogram rests on."""

from dataclasses import replace
from itertools import permutations

import pytest

from tdm.facts import WeightReading
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.loader import load_knowledge
from tdm.source import Source
from tdm.weight import read_weight, weight_order
from tests.support.course_builder import NOW, weight

POLICY = load_knowledge().policy


def read(*readings: WeightReading, valid_days: float = 365):
    results = {read_weight(some, NOW, valid_days, POLICY) for some in permutations(readings)}
    assert len(results) == 1
    found, issues = results.pop()
    return (None if found is None else found.kilograms), [issue.code for issue in issues]


def test_the_newest_weight_counts():
    assert read(weight(60, 100), weight(70, 10), weight(65, 50)) == (70, [])


def test_without_a_weight_that_is_said():
    assert read() == (None, [IssueCode.WEIGHT_UNKNOWN])


@pytest.mark.parametrize("kilograms", [0, -70, 401, float("nan"), float("inf")])
def test_what_is_no_weight_of_a_person_is_passed_over(kilograms):
    assert read(weight(kilograms, 1)) == (None, [IssueCode.WEIGHT_UNKNOWN])
    assert read(weight(kilograms, 1), weight(70, 10)) == (70, [])


def test_the_ends_of_what_a_person_can_weigh_count():
    assert read(weight(400, 1)) == (400, [])
    assert read(weight(0.5, 1)) == (0.5, [])


def test_a_weight_of_the_future_is_passed_over():
    assert read(weight(80, -1), weight(70, 10)) == (70, [])


@pytest.mark.parametrize(("days_ago", "known"), [(180, True), (181, False)])
def test_a_weight_counts_for_so_many_days(days_ago, known):
    expected = (70, []) if known else (None, [IssueCode.WEIGHT_OUTDATED])
    assert read(weight(70, days_ago, hour=10), valid_days=180) == expected


@pytest.mark.parametrize(("other", "known"), [(102, True), (102.1, False)])
def test_weights_of_one_moment_agree_within_two_percent_and_the_lower_counts(other, known):
    expected = (100, []) if known else (None, [IssueCode.WEIGHT_CONFLICT])
    assert read(weight(100, 5), weight(other, 5)) == expected


def test_a_weight_without_a_time_stands_beside_those_of_its_day():
    assert read(weight(70, 5, hour=None), weight(154, 5)) == (None, [IssueCode.WEIGHT_CONFLICT])


def test_an_issue_names_the_day_and_the_record():
    old = weight(70, 400)
    day = (("day", "2025-02-02"),)
    assert read_weight([old], NOW, 365, POLICY) == (
        None,
        (DataIssue(IssueCode.WEIGHT_OUTDATED, "weight", day, old.source),),
    )
    newest = weight(52.9, 0)
    day = (("day", "2026-03-09"),)
    _, issues = read_weight([newest, weight(24, 57)], NOW, 365, POLICY)
    assert issues == (DataIssue(IssueCode.WEIGHT_CONTRADICTED, "weight", day, newest.source),)
    heavier = weight(154, 0)
    _, issues = read_weight([weight(70, 0), heavier], NOW, 365, POLICY)
    assert issues == (DataIssue(IssueCode.WEIGHT_CONFLICT, "weight", day, heavier.source),)
    _, issues = read_weight([], NOW, 365, POLICY)
    assert issues == (DataIssue(IssueCode.WEIGHT_UNKNOWN, "weight"),)


def test_weights_have_one_order_by_day_time_mass_and_record():
    a, b = Source("Observation", "Observation/a"), Source("Observation", "Observation/b")
    ordered = (
        weight(80, 1, hour=None),
        weight(80, 0, hour=7),
        weight(80, 0, hour=8),
        weight(70, 0, hour=None),
        replace(weight(80, 0, hour=None), source=Source("A", "Observation/z")),
        replace(weight(80, 0, hour=None), source=a),
        replace(weight(80, 0, hour=None), source=b),
    )
    for one, other in permutations(ordered, 2):
        earlier = ordered.index(one) < ordered.index(other)
        assert (weight_order(one) < weight_order(other)) is earlier


# ---- a weight that does not fit


@pytest.mark.parametrize(
    ("kilograms", "before", "days_before", "fits"),
    [
        (52.9, 24, 57, False),
        (24, 52.9, 57, False),
        (70, 154, 100, False),
        (90, 50, 30, True),  # 1.8 times
        (90.1, 50, 30, False),
        (50, 90, 30, True),
        (50, 90.1, 30, False),
        (52.9, 24, 366, True),  # counted from the newest: too long ago to compare
        (52.9, 24, 365, False),
    ],
)
def test_a_weight_far_from_the_one_before_it_is_not_used(kilograms, before, days_before, fits):
    expected = (kilograms, []) if fits else (None, [IssueCode.WEIGHT_CONTRADICTED])
    assert read(weight(kilograms, 0), weight(before, days_before), weight(kilograms, 1000)) == expected


def test_a_weight_is_compared_with_the_newest_one_before_it():
    assert read(weight(70, 0), weight(69, 20), weight(154, 40)) == (70, [])
