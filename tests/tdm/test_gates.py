"""All gates together: order, who decides, what could not be evaluated, which screening is absent."""

from datetime import date

import pytest

from tdm.decision import FiredGate, Option, OptionKind, Unread, UnreadGate
from tdm.facts import (
    FactGroup,
    MedicationConcept,
    MedicationUse,
    SafetyConcept,
    SafetyState,
    Sex,
    Shortfall,
)
from tdm.gates import (
    GateReport,
    check_gates,
    gate_needs,
    gate_order,
    screening_issues,
    unread_gates,
    with_immunomodulator,
)
from tdm.issues import IssueCode
from tests.tdm.cases import context, course, dose, draft, fact, source

EVERYTHING = (
    SafetyConcept.INFLIXIMAB_REACTION,
    SafetyConcept.SERIOUS_INFECTION,
    SafetyConcept.TUBERCULOSIS_ACTIVE,
    SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN,
    SafetyConcept.HEART_FAILURE,
    SafetyConcept.JAUNDICE,
    SafetyConcept.DEMYELINATING_DISEASE,
    SafetyConcept.LYMPHOMA,
    SafetyConcept.PREGNANCY,
)
THIOPURINE = (MedicationUse(MedicationConcept.THIOPURINE, source()),)


def everything_at_once():
    return context(
        course(
            safety=tuple(fact(concept) for concept in EVERYTHING),
            doses=(dose(200),),
            draft=draft(amount_mg=900),
            sex=Sex.MALE,
            birth_earliest=date(2000, 1, 1),
            birth_latest=date(2000, 1, 1),
            medications=THIOPURINE,
        )
    )


def test_all_firing_gates_are_named_in_the_fixed_order_and_the_first_decides():
    report = check_gates(everything_at_once())
    immunomodulator = with_immunomodulator(
        report, everything_at_once(), (Option(OptionKind.ADD_IMMUNOMODULATOR),)
    )
    assert tuple(gate.gate for gate in immunomodulator.fired) == gate_order()
    assert tuple(gate.gate for gate in report.fired) == tuple(
        name for name in gate_order() if name != "S-IMM"
    )
    assert report.deciding.gate == "S-HSR"
    assert report.not_evaluated == ()
    assert "dose-above-maximum" in report.remarks
    assert "immunomodulator-no-methotrexate" in immunomodulator.remarks
    assert "dose-above-maximum" in immunomodulator.remarks


def test_nothing_fires_in_a_quiet_course():
    report = check_gates(context())
    assert (report.fired, report.not_evaluated, report.remarks) == ((), (), ())
    assert report.deciding is None
    assert report.review_instead_of_intensify is None
    assert not report.interval_only


def test_gates_that_only_caution_never_decide():
    report = GateReport((FiredGate("S-PREG"), FiredGate("S-LIVER", deciding=True)))
    assert report.deciding.gate == "S-LIVER"
    assert GateReport((FiredGate("S-PREG"),)).deciding is None


@pytest.mark.parametrize("name", ["S-DEMYEL", "S-MALIG"])
def test_demyelination_and_lymphoma_ask_for_review(name):
    assert GateReport((FiredGate("S-PREG"), FiredGate(name))).review_instead_of_intensify.gate == name
    assert GateReport((FiredGate("S-PREG"),)).review_instead_of_intensify is None


def test_heart_failure_leaves_only_intervals():
    assert GateReport((FiredGate("S-PREG"), FiredGate("S-HF"))).interval_only
    assert not GateReport((FiredGate("S-PREG"),)).interval_only


def test_an_option_without_immunomodulator_leaves_the_report_as_it_is():
    report = check_gates(context())
    assert with_immunomodulator(report, context(), (Option(OptionKind.RAISE_DOSE),)) is report


def test_the_immunomodulator_adds_its_issue_behind_those_of_the_report():
    report = check_gates(context())
    added = with_immunomodulator(report, context(), (Option(OptionKind.ADD_IMMUNOMODULATOR),))
    assert added.issues[:-1] == report.issues
    assert added.issues[-1].code is IssueCode.THIOPURINE_METABOLISM_UNKNOWN
    assert added.not_evaluated == report.not_evaluated


# ---- not evaluated


@pytest.mark.parametrize(
    ("name", "concept"), [(name, concept) for name, concepts, _ in gate_needs() for concept in concepts]
)
def test_a_gate_without_configured_codes_is_not_evaluated(name, concept):
    without = context(course(evaluable=frozenset(SafetyConcept) - {concept}))
    expected = (UnreadGate(name, (Unread.NO_CODE,)),)
    assert unread_gates(without) == expected
    assert check_gates(without).not_evaluated == expected


@pytest.mark.parametrize(
    ("group", "names"),
    [
        (FactGroup.ALLERGIES, ("S-HSR",)),
        (
            FactGroup.CONDITIONS,
            ("S-INF", "S-TB", "S-HBV", "S-HF", "S-LIVER", "S-DEMYEL", "S-MALIG", "S-PREG"),
        ),
        (FactGroup.LABORATORY, ("S-TB", "S-HBV", "S-LIVER")),
        (FactGroup.ADMINISTRATIONS, ("S-GAP",)),
        (FactGroup.ORDERS, ("S-HSTCL",)),
        (FactGroup.WEIGHT, ()),
        (FactGroup.PATIENT, ()),
    ],
)
@pytest.mark.parametrize("shortfall", Shortfall)
def test_a_group_that_did_not_arrive_complete_leaves_its_gates_unevaluated(group, names, shortfall):
    expected = tuple(UnreadGate(name, (Unread(shortfall.value),)) for name in names)
    assert unread_gates(context(course(shortfalls=((group, shortfall),)))) == expected


def test_a_gate_that_fires_all_the_same_is_not_listed_as_unevaluated():
    partial = course(
        safety=(fact(SafetyConcept.JAUNDICE),), shortfalls=((FactGroup.LABORATORY, Shortfall.TRUNCATED),)
    )
    report = check_gates(context(partial))
    assert [gate.gate for gate in report.fired] == ["S-LIVER"]
    assert report.not_evaluated == tuple(UnreadGate(name, (Unread.TRUNCATED,)) for name in ("S-TB", "S-HBV"))


def test_a_record_that_is_only_unclear_leaves_its_gate_unevaluated():
    concept = SafetyConcept.TUBERCULOSIS_TEST
    unclear = fact(concept, SafetyState.UNCLEAR)
    assert unread_gates(context(course(safety=(unclear,)))) == (UnreadGate("S-TB", (Unread.UNCLEAR,)),)
    assert unread_gates(context(course(safety=(unclear, fact(concept, SafetyState.ABSENT))))) == ()


@pytest.mark.parametrize(
    ("sex", "born", "medications", "names"),
    [
        (None, date(2000, 1, 1), THIOPURINE, ("S-HSTCL",)),
        (Sex.MALE, None, THIOPURINE, ("S-HSTCL",)),
        (Sex.FEMALE, date(2000, 1, 1), THIOPURINE, ()),
        (None, None, (), ()),
        (None, None, (MedicationUse(MedicationConcept.STEROID, source()),), ()),
    ],
)
def test_lymphoma_risk_needs_sex_and_birth_date_only_with_a_thiopurine(sex, born, medications, names):
    of = course(sex=sex, birth_earliest=born, birth_latest=born, medications=medications)
    assert unread_gates(context(of)) == tuple(UnreadGate(name, (Unread.PERSON_UNKNOWN,)) for name in names)


def test_a_gate_names_all_its_reasons_in_one_order():
    concept = SafetyConcept.TUBERCULOSIS_TEST
    of = course(
        safety=(fact(concept, SafetyState.UNCLEAR),),
        evaluable=frozenset(SafetyConcept) - {SafetyConcept.TUBERCULOSIS_LATENT},
        shortfalls=((FactGroup.LABORATORY, Shortfall.TRUNCATED), (FactGroup.CONDITIONS, Shortfall.ERROR)),
    )
    reasons = {unread.gate: unread.reasons for unread in unread_gates(context(of))}
    assert reasons["S-TB"] == (Unread.NO_CODE, Unread.ERROR, Unread.TRUNCATED, Unread.UNCLEAR)
    assert reasons["S-LIVER"] == (Unread.ERROR, Unread.TRUNCATED)
    assert reasons["S-PREG"] == (Unread.ERROR,)
    assert "S-HSR" not in reasons


def test_every_shortfall_of_data_is_a_reason():
    assert {shortfall.value for shortfall in Shortfall} < set(Unread)


# ---- screening


def codes_of(of):
    return [issue.code for issue in screening_issues(context(of))]


BOTH = [IssueCode.TUBERCULOSIS_SCREENING_ABSENT, IssueCode.HEPATITIS_B_SCREENING_ABSENT]


def test_absent_screening_is_an_issue_not_a_hold():
    assert codes_of(course()) == BOTH
    assert {issue.subject for issue in screening_issues(context())} == {"screening"}
    report = check_gates(context())
    assert [issue.code for issue in report.issues] == BOTH
    assert report.deciding is None


@pytest.mark.parametrize("state", SafetyState)
def test_any_record_of_screening_clears_its_issue(state):
    assert codes_of(course(safety=(fact(SafetyConcept.TUBERCULOSIS_TEST, state),))) == BOTH[1:]
    assert codes_of(course(safety=(fact(SafetyConcept.TUBERCULOSIS_LATENT, state),))) == BOTH[1:]
    assert codes_of(course(safety=(fact(SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN, state),))) == BOTH[:1]
    assert codes_of(course(safety=(fact(SafetyConcept.HEPATITIS_B, state),))) == BOTH[:1]


@pytest.mark.parametrize("group", [FactGroup.CONDITIONS, FactGroup.LABORATORY])
def test_what_did_not_arrive_is_not_absent(group):
    assert codes_of(course(shortfalls=((group, Shortfall.NOT_PROVIDED),))) == []
    assert codes_of(course(shortfalls=((FactGroup.WEIGHT, Shortfall.NOT_PROVIDED),))) == BOTH


def test_screening_that_no_code_can_find_is_not_absent():
    without_test = frozenset(SafetyConcept) - {SafetyConcept.TUBERCULOSIS_TEST}
    assert codes_of(course(evaluable=without_test)) == BOTH[1:]
    without_antigen = frozenset(SafetyConcept) - {SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN}
    assert codes_of(course(evaluable=without_antigen)) == BOTH[:1]
