"""Age at the decision date."""

from datetime import date

import pytest

from tdm.age import Age, issues_of_age, read_age, weight_days
from tdm.decision import AgeGroup
from tdm.facts import TreatmentCourse
from tdm.issues import IssueCode
from tdm.knowledge.loader import load_knowledge
from tests.support.course_builder import NOW, born, course

POLICY = load_knowledge().policy
ADULT, CHILD = AgeGroup.ADULT, AgeGroup.CHILD


def between(earliest: date | None, latest: date | None) -> Age:
    return read_age(TreatmentCourse(birth_earliest=earliest, birth_latest=latest), NOW, POLICY)


@pytest.mark.parametrize(
    ("years", "days", "age"),
    [
        (18, 0, Age(18, 18, (ADULT,))),
        (18, -1, Age(17, 17, (CHILD,))),
        (0, 0, Age(0, 0, (CHILD,))),
        (125, 0, Age(125, 125, (ADULT,))),
    ],
)
def test_eighteen_completed_years_make_an_adult(years, days, age):
    assert read_age(course(born(years, days=days)), NOW, POLICY) == age


def test_a_year_of_birth_that_settles_the_group_is_enough():
    assert between(date(1990, 1, 1), date(1990, 12, 31)) == Age(None, 35, (ADULT,))
    assert between(date(2015, 1, 1), date(2015, 12, 31)) == Age(None, 10, (CHILD,))


def test_a_year_of_birth_that_leaves_the_group_open_gives_both():
    assert between(date(2008, 1, 1), date(2008, 12, 31)) == Age(None, 17, (ADULT, CHILD))


@pytest.mark.parametrize(
    ("earliest", "latest"),
    [
        (None, None),
        (date(2000, 1, 1), None),
        (None, date(2000, 1, 1)),
        (date(2030, 1, 1), date(2030, 1, 1)),
        (date(1900, 3, 9), date(1900, 3, 9)),
    ],
)
def test_a_birth_date_that_is_missing_or_impossible_is_unknown(earliest, latest):
    assert between(earliest, latest) == Age(None, None, (ADULT, CHILD))


def test_an_open_group_is_an_issue():
    assert [issue.code for issue in issues_of_age(between(None, None))] == [IssueCode.BIRTH_DATE_UNKNOWN]
    assert issues_of_age(Age(40, 40, (ADULT,))) == ()


def test_weights_count_as_for_a_child_wherever_it_may_be_one():
    assert weight_days(Age(40, 40, (ADULT,)), POLICY) == 365
    assert weight_days(Age(12, 12, (CHILD,)), POLICY) == 180
    assert weight_days(between(None, None), POLICY) == 180
