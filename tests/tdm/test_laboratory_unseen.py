"""A level that was not sent is not a level that was not measured: the answer says which of the two it is."""

import pytest

from tdm.decide import decide
from tdm.decision import LABORATORY_UNSEEN
from tdm.facts import FactGroup, Shortfall
from tests.support.course_builder import (
    NOW,
    adult,
    ati,
    course,
    crohns,
    crp,
    lacking,
    level,
    maintenance,
    order,
)
from tests.tdm.enumeration import shipped_knowledge

TREATED = (adult(), crohns(), order(), *maintenance())


def said(*parts):
    decision = decide(course(*TREATED, *parts), now=NOW, knowledge=shipped_knowledge())
    return decision.rule, LABORATORY_UNSEEN in [name for name, _ in decision.rationale]


@pytest.mark.parametrize("why", Shortfall)
def test_without_a_level_and_without_the_whole_laboratory_the_answer_says_so(why):
    assert said(lacking(FactGroup.LABORATORY, why)) == ("R-DATA-1", True)


@pytest.mark.parametrize("group", [group for group in FactGroup if group is not FactGroup.LABORATORY])
def test_other_missing_groups_leave_a_missing_level_missing(group):
    assert said(lacking(group)) == ("R-DATA-1", False)


def test_a_whole_laboratory_without_a_level_or_a_level_in_an_incomplete_one_says_nothing_of_it():
    assert said() == ("R-DATA-1", False)
    rule, unseen = said(level(1.8), ati("negative"), crp(24), lacking(FactGroup.LABORATORY))
    assert (rule, unseen) == ("R-PK-1", False)
