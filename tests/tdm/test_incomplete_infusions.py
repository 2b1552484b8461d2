"""Infusions that did not arrive in full do not show that a level is a trough: no switch, less certainty."""

import pytest

from tdm.decide import decide
from tdm.decision import Certainty, OptionKind
from tdm.facts import FactGroup, Shortfall
from tdm.issues import IssueCode
from tests.support.course_builder import (
    NOW,
    SC,
    adult,
    ati,
    calprotectin,
    course,
    crohns,
    crp,
    infusions,
    lacking,
    level,
    maintenance,
    order,
)
from tests.tdm.enumeration import shipped_knowledge

TREATED = (adult(), crohns(), order(), *maintenance())
ACTIVE = (ati("negative"), crp(24))
CUT = lacking(FactGroup.ADMINISTRATIONS, Shortfall.TRUNCATED)
INCOMPLETE = IssueCode.LEVEL_INFUSIONS_INCOMPLETE


def decided(*parts):
    found = decide(course(*parts), now=NOW, knowledge=shipped_knowledge())
    return found, [issue.code for issue in found.issues]


def test_a_switch_does_not_rest_on_infusions_that_did_not_arrive_in_full():
    whole, codes = decided(*TREATED, level(12), *ACTIVE)
    assert (whole.rule, INCOMPLETE in codes) == ("R-MECH-1", False)
    cut, codes = decided(*TREATED, level(12), *ACTIVE, CUT)
    assert (cut.rule, INCOMPLETE in codes) == ("R-TIME-1", True)


def test_less_drug_is_not_offered_on_infusions_that_did_not_arrive_in_full():
    quiet = (ati("negative"), crp(1), calprotectin(50), level(12))
    whole, _ = decided(*TREATED, *quiet)
    cut, _ = decided(*TREATED, *quiet, CUT)
    assert OptionKind.LENGTHEN_INTERVAL in [option.kind for option in whole.options]
    assert OptionKind.LENGTHEN_INTERVAL not in [option.kind for option in cut.options]
    assert cut.rule == whole.rule


@pytest.mark.parametrize("why", Shortfall)
def test_an_intensification_stays_with_its_certainty_one_step_down(why):
    whole, _ = decided(*TREATED, level(1.8), *ACTIVE)
    cut, codes = decided(*TREATED, level(1.8), *ACTIVE, lacking(FactGroup.ADMINISTRATIONS, why))
    assert (whole.rule, whole.certainty) == ("R-PK-1", Certainty.MODERATE)
    assert (cut.rule, cut.certainty) == ("R-PK-1", Certainty.WEAK)
    assert INCOMPLETE in codes


def test_a_level_outside_the_interval_is_none_whatever_is_missing_and_other_groups_do_not_matter():
    _, codes = decided(*TREATED, level(1.8, days_ago=28), *ACTIVE, CUT)
    assert IssueCode.LEVEL_NOT_A_TROUGH in codes
    assert INCOMPLETE not in codes
    _, codes = decided(*TREATED, level(1.8), *ACTIVE, lacking(FactGroup.ALLERGIES))
    assert INCOMPLETE not in codes


def test_a_subcutaneous_level_may_be_drawn_on_any_day():
    pens = (adult(), crohns(), order(route=SC, mg=120, mg_per_kg=None, interval=14))
    doses = infusions(*range(7, 400, 14), mg=120, route=SC)
    _, codes = decided(*pens, *doses, level(14), *ACTIVE, CUT)
    assert INCOMPLETE not in codes
