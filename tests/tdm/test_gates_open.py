"""Safety questions that are open hold nothing, but no button raises exposure past them."""

from dataclasses import replace

import pytest

from tdm.decide import decide_assessed
from tdm.decision import OptionKind, Verdict
from tdm.facts import SafetyConcept, SafetyState, TreatmentCourse
from tdm.gates import check_gates
from tdm.gates_open import open_question, outdated_alt, outdated_issues
from tdm.issues import DataIssue, IssueCode
from tests.tdm.cases import NOW, ago, assessment, context, course, draft, fact, order, source
from tests.tdm.enumeration import shipped_knowledge

_C = SafetyConcept
UNCLEAR, ABSENT, PRESENT = SafetyState.UNCLEAR, SafetyState.ABSENT, SafetyState.PRESENT


def alt(multiple: float | None, days: float | None = 200):
    recorded = None if days is None else ago(days)
    return fact(_C.ALT, multiple_of_upper_limit=multiple, recorded=recorded)


def decided(of: TreatmentCourse):
    return decide_assessed(of, assessment(), now=NOW, knowledge=shipped_knowledge())


def codes(decision) -> list[IssueCode]:
    return [issue.code for issue in decision.issues]


@pytest.mark.parametrize(
    "concept",
    [
        _C.SERIOUS_INFECTION,
        _C.TUBERCULOSIS_ACTIVE,
        _C.TUBERCULOSIS_LATENT,
        _C.HEPATITIS_B,
        _C.HEART_FAILURE,
        _C.JAUNDICE,
        _C.DEMYELINATING_DISEASE,
        _C.LYMPHOMA,
    ],
)
def test_a_disease_that_is_not_confirmed_is_an_open_question(concept):
    doubtful = fact(concept, UNCLEAR, recorded=ago(3), name="Suspected")
    found = open_question(context(course(safety=(doubtful,))))
    parameters = (("name", "Suspected"), ("day", ago(3).day.isoformat()))
    assert found == DataIssue(IssueCode.ORDER_SAFETY_OPEN, "order", parameters, doubtful.source)


@pytest.mark.parametrize("state", [ABSENT, PRESENT])
def test_a_disease_that_is_there_or_is_not_is_no_open_question(state):
    assert open_question(context(course(safety=(fact(_C.SERIOUS_INFECTION, state),)))) is None
    assert open_question(context()) is None


@pytest.mark.parametrize("concept", [_C.TPMT_NUDT15, _C.PREGNANCY, _C.TUBERCULOSIS_TEST, _C.ALT])
def test_an_unclear_result_is_named_elsewhere_and_takes_no_button_away(concept):
    assert open_question(context(course(safety=(fact(concept, UNCLEAR),)))) is None


def test_a_resolved_episode_does_not_settle_an_unconfirmed_one():
    both = (fact(_C.SERIOUS_INFECTION, ABSENT), fact(_C.SERIOUS_INFECTION, UNCLEAR, name="Sepsis"))
    found = open_question(context(course(safety=both)))
    assert found is not None
    assert dict(found.parameters) == {"name": "Sepsis", "day": ""}


def test_of_several_open_questions_the_first_gate_and_its_newest_record_speak():
    old = fact(_C.SERIOUS_INFECTION, UNCLEAR, recorded=ago(300), name="Abscess")
    new = fact(_C.SERIOUS_INFECTION, UNCLEAR, recorded=ago(3), name="Sepsis")
    failure = fact(_C.HEART_FAILURE, UNCLEAR, recorded=ago(1), name="Heart failure")
    found = open_question(context(course(safety=(failure, old, new))))
    assert found is not None
    assert dict(found.parameters)["name"] == "Sepsis"


def test_a_record_without_a_name_is_named_by_its_concept():
    found = open_question(context(course(safety=(fact(_C.JAUNDICE, UNCLEAR),))))
    assert found is not None
    assert dict(found.parameters)["name"] == "jaundice"


@pytest.mark.parametrize(
    ("multiple", "days", "outdated"),
    [(5.0, 181, True), (5.0, 180, False), (4.9, 400, False), (9.0, None, False), (None, 400, False)],
)
def test_an_alt_that_would_hold_but_for_its_age_is_named_and_open(multiple, days, outdated):
    of = context(course(safety=(alt(multiple, days),)))
    assert (outdated_alt(of) is not None) is outdated
    assert [issue.code for issue in outdated_issues(of)] == ([IssueCode.ALT_OUTDATED] if outdated else [])
    assert (open_question(of) is not None) is outdated


def test_the_issue_of_an_old_alt_gives_day_and_multiple():
    (issue,) = check_gates(context(course(safety=(alt(6.25),)))).issues[-1:]
    parameters = (("day", ago(200).day.isoformat()), ("multiple", "6.2"))
    assert issue == DataIssue(IssueCode.ALT_OUTDATED, "safety", parameters, source("Condition/alt"))
    open_ = open_question(context(course(safety=(alt(6.25),))))
    assert open_ is not None
    assert dict(open_.parameters)["name"] == "ALT far above its limit"
    assert outdated_issues(context()) == ()


def test_a_newer_normal_alt_settles_an_old_high_one():
    newer = replace(alt(0.8, 20), state=ABSENT)
    of = context(course(safety=(alt(9), newer)))
    assert outdated_alt(of) is None


@pytest.mark.parametrize(
    "record", [fact(_C.SERIOUS_INFECTION, UNCLEAR, recorded=ago(3), name="Sepsis"), alt(6)]
)
def test_the_advice_stays_but_no_button_writes_it_while_a_question_is_open(record):
    usual = decided(course(draft=draft()))
    found = decided(course(draft=draft(), safety=(record,)))
    assert (usual.verdict, usual.update_withheld) == (Verdict.INTENSIFY, False)
    assert (found.verdict, found.update_withheld) == (Verdict.INTENSIFY, True)
    assert found.options == usual.options
    assert IssueCode.ORDER_SAFETY_OPEN in codes(found)
    assert IssueCode.ORDER_SAFETY_OPEN not in codes(usual)


INFECTION = fact(_C.SERIOUS_INFECTION, UNCLEAR, name="Sepsis")


@pytest.mark.parametrize(
    ("order_before", "reason"),
    [
        (draft(interval_days=49), IssueCode.ORDER_STRONGER),
        (draft(amount_mg=3000), IssueCode.ORDER_DOSE_IN_DOUBT),
    ],
)
def test_an_open_question_is_named_before_other_reasons_to_withhold_the_button(order_before, reason):
    assert reason in codes(decided(course(draft=order_before)))
    found = codes(decided(course(draft=order_before, safety=(INFECTION,))))
    assert found.index(IssueCode.ORDER_SAFETY_OPEN) < found.index(reason)


def test_an_order_that_raises_exposure_already_has_the_open_question_named_too():
    raised = draft(amount_mg=600)
    usual, found = decided(course(draft=raised)), decided(course(draft=raised, safety=(INFECTION,)))
    assert usual.draft_already_does_it
    assert found.draft_already_does_it
    assert IssueCode.ORDER_SAFETY_OPEN in codes(found)


def test_without_an_order_there_is_no_button_to_withhold():
    found = decided(course(orders=(order(),), safety=(fact(_C.SERIOUS_INFECTION, UNCLEAR, name="Sepsis"),)))
    assert found.verdict is Verdict.INTENSIFY
    assert IssueCode.ORDER_SAFETY_OPEN not in codes(found)
    assert OptionKind.RAISE_DOSE in [option.kind for option in found.options]
