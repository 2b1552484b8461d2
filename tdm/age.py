"""Age at the decision date, and whether it settles between child and adult."""

from __future__ import annotations

from dataclasses import dataclass

from tdm.decision import AgeGroup
from tdm.facts import Moment, TreatmentCourse
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Policy
from tdm.timing import age_in_years

OLDEST_YEARS = 125


@dataclass(frozen=True, slots=True)
class Age:
    """Age at the decision date: exact where the birth date settles it, and the groups it allows."""

    years: int | None
    youngest: int | None
    groups: tuple[AgeGroup, ...]


def read_age(course: TreatmentCourse, now: Moment, policy: Policy) -> Age:
    """Age from the bounds of the birth date. A birth date in the future or too long ago is unknown."""
    if course.birth_earliest is None or course.birth_latest is None:
        return Age(None, None, (AgeGroup.ADULT, AgeGroup.CHILD))
    oldest = age_in_years(course.birth_earliest, now.day)
    youngest = oldest
    if course.birth_latest != course.birth_earliest:
        youngest = age_in_years(course.birth_latest, now.day)
    if youngest < 0 or oldest > OLDEST_YEARS:
        return Age(None, None, (AgeGroup.ADULT, AgeGroup.CHILD))
    exact = oldest if oldest == youngest else None
    if youngest >= policy.adult_from_years:
        return Age(exact, youngest, (AgeGroup.ADULT,))
    if oldest < policy.adult_from_years:
        return Age(exact, youngest, (AgeGroup.CHILD,))
    return Age(None, youngest, (AgeGroup.ADULT, AgeGroup.CHILD))


def weight_days(age: Age, policy: Policy) -> float:
    """How long a weight counts, in days: as for a child wherever this may be one."""
    return policy.weight_valid_days_child if AgeGroup.CHILD in age.groups else policy.weight_valid_days_adult


def issues_of_age(age: Age) -> tuple[DataIssue, ...]:
    """An issue where the birth date leaves both age groups open."""
    return (DataIssue(IssueCode.BIRTH_DATE_UNKNOWN, "age"),) if len(age.groups) > 1 else ()
