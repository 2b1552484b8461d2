"""Where no TNF blocker suits the patient, a switch leads out of the class."""

import pytest

from tdm.class_limits import out_of_class_only
from tdm.decide import decide_assessed
from tdm.decision import (
    AtiClass,
    Certainty,
    Decision,
    LevelClass,
    Option,
    OptionKind,
    SwitchDirection,
    Verdict,
)
from tdm.facts import SafetyConcept
from tests.tdm.cases import NOW, assessment, course, fact, situation
from tests.tdm.enumeration import shipped_knowledge

K = OptionKind
WITHIN = Option(K.SWITCH_WITHIN_CLASS, recommended=True)
OUT = Option(K.SWITCH_OUT_OF_CLASS)
ADD = Option(K.ADD_IMMUNOMODULATOR)
REVIEW = Option(K.SPECIALIST_REVIEW)


def decided(*concepts: SafetyConcept, **fields) -> Decision:
    usual = {"level": LevelClass.UNDETECTABLE, "level_ug_ml": 0.0, "ati": AtiClass.POSITIVE_HIGH}
    assessed = assessment(situation(**(usual | fields)))
    of = course(safety=tuple(fact(concept) for concept in concepts))
    return decide_assessed(of, assessed, now=NOW, knowledge=shipped_knowledge())


def test_the_recommended_switch_keeps_its_rank_and_leads_out():
    led = out_of_class_only((WITHIN, ADD, OUT, REVIEW), immunomodulator=True)
    assert led == (Option(K.SWITCH_OUT_OF_CLASS, recommended=True), REVIEW)


def test_a_switch_that_is_only_named_stays_behind_the_advice():
    later = Option(K.SWITCH_WITHIN_CLASS, provisional=True)
    measure = Option(K.MEASURE_LEVEL_AND_ATI, recommended=True)
    assert out_of_class_only((later, measure), immunomodulator=True) == (
        measure,
        Option(K.SWITCH_OUT_OF_CLASS, provisional=True),
    )


def test_without_a_switch_within_the_class_only_lymphoma_drops_the_immunomodulator():
    assert out_of_class_only((OUT, ADD), immunomodulator=True) == (OUT, ADD)
    assert out_of_class_only((OUT, ADD), immunomodulator=False) == (OUT,)


@pytest.mark.parametrize(
    "concept",
    [SafetyConcept.DEMYELINATING_DISEASE, SafetyConcept.LYMPHOMA, SafetyConcept.HEART_FAILURE],
)
def test_immunogenic_failure_leads_out_of_the_class_where_no_tnf_blocker_suits(concept):
    found = decided(concept)
    assert (found.verdict, found.rule) == (Verdict.SWITCH, "R-IMM-1")
    assert found.switch_direction is SwitchDirection.OUT_OF_CLASS
    assert found.switch_alternatives == ()
    assert found.certainty is Certainty.MODERATE
    assert [option.kind for option in found.options] == [K.SWITCH_OUT_OF_CLASS]
    assert found.options[0].recommended
    assert found.rationale[0][0] == "switch-out-of-class-only"


def test_without_such_a_condition_the_switch_stays_within_the_class():
    found = decided(SafetyConcept.PREGNANCY)
    assert found.switch_direction is SwitchDirection.WITHIN_CLASS
    assert found.certainty is Certainty.STRONG
    assert found.rationale[0][0] == "R-IMM-1"


def test_in_lymphoma_no_immunomodulator_is_added_to_more_infliximab():
    low = {"level": LevelClass.LOW, "level_ug_ml": 1.8, "ati": AtiClass.POSITIVE_LOW}
    assert K.ADD_IMMUNOMODULATOR in [option.kind for option in decided(**low).options]
    found = decided(SafetyConcept.LYMPHOMA, **low)
    assert K.ADD_IMMUNOMODULATOR not in [option.kind for option in found.options]
