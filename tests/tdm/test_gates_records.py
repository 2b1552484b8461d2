"""Gates that rest on what was taken, stopped or cannot be checked."""

import pytest

from tdm import gates_hold
from tdm.decision import Regimen
from tdm.facts import MedicationConcept, MedicationUse, OrderState, Route, SafetyConcept
from tdm.gates import check_gates
from tests.tdm.cases import ago, assessment, context, course, draft, fact, order, regimen, source

TREATMENT = MedicationConcept.TUBERCULOSIS_TREATMENT
NO_WEIGHT = assessment(regimen=regimen(weight_kg=None))
INJECTED = assessment(regimen=Regimen(Route.SUBCUTANEOUS))


def use(concept: MedicationConcept = TREATMENT, **fields) -> MedicationUse:
    return MedicationUse(concept, source("MedicationRequest/medicine"), **fields)


# ---- S-TB


@pytest.mark.parametrize("concept", [SafetyConcept.TUBERCULOSIS_LATENT, SafetyConcept.TUBERCULOSIS_TEST])
def test_latent_tuberculosis_with_a_completed_treatment_does_not_hold_and_the_card_says_so(concept):
    of = context(course(safety=(fact(concept),), medications=(use(completed=True),)))
    assert gates_hold.tuberculosis(of) is None
    assert check_gates(of).remarks == ("tuberculosis-treatment-completed",)


def test_a_completed_treatment_does_not_undo_active_tuberculosis():
    safety = (fact(SafetyConcept.TUBERCULOSIS_ACTIVE), fact(SafetyConcept.TUBERCULOSIS_LATENT))
    of = context(course(safety=safety, medications=(use(completed=True),)))
    assert gates_hold.tuberculosis(of) is not None
    assert check_gates(of).remarks == ()


@pytest.mark.parametrize(
    ("concepts", "uses"),
    [
        ((SafetyConcept.TUBERCULOSIS_LATENT,), (use(), use(completed=True))),
        ((SafetyConcept.JAUNDICE,), (use(completed=True),)),
        ((), (use(completed=True),)),
    ],
)
def test_a_completed_treatment_is_named_only_where_the_answer_rests_on_it(concepts, uses):
    of = context(course(safety=tuple(fact(one) for one in concepts), medications=uses))
    assert check_gates(of).remarks == ()


def test_a_completed_medicine_of_another_kind_is_not_taken():
    antiviral = use(MedicationConcept.HEPATITIS_B_ANTIVIRAL, completed=True)
    safety = (fact(SafetyConcept.HEPATITIS_B), fact(SafetyConcept.TUBERCULOSIS_LATENT))
    of = context(course(safety=safety, medications=(antiviral,)))
    assert gates_hold.hepatitis_b(of) is not None
    assert gates_hold.tuberculosis(of) is not None


# ---- S-HF


def test_in_heart_failure_a_draft_that_cannot_be_checked_is_named():
    failure = (fact(SafetyConcept.HEART_FAILURE),)
    unchecked = ("heart-failure-dose-unchecked",)
    assert check_gates(context(course(safety=failure, draft=draft()), NO_WEIGHT)).remarks == unchecked
    assert check_gates(context(course(safety=failure, draft=draft()))).remarks == ()
    assert check_gates(context(course(safety=failure), NO_WEIGHT)).remarks == ()
    assert check_gates(context(course(draft=draft()), NO_WEIGHT)).remarks == ()


# ---- S-GAP


@pytest.mark.parametrize("state", [OrderState.STOPPED, OrderState.ENDED])
def test_injections_whose_order_ended_long_ago_are_a_gap(state):
    ended = order(state, route=Route.SUBCUTANEOUS, ended=ago(113))
    gate = gates_hold.gap(context(course(orders=(ended,)), INJECTED))
    assert gate is not None
    assert (gate.parameters, gate.source) == ((("weeks", "16"), ("next", "ATI first")), ended.source)
    recent = order(state, route=Route.SUBCUTANEOUS, ended=ago(112))
    assert gates_hold.gap(context(course(orders=(recent,)), INJECTED)) is None
