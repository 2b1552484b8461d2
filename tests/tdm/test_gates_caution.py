"""Gates that warn or narrow the answer: S-HSTCL, S-IMM, S-DEMYEL, S-MALIG, S-PREG."""

from datetime import date

import pytest

from tdm import gates_caution
from tdm.decision import Option, OptionKind
from tdm.facts import MedicationConcept, MedicationUse, SafetyConcept, SafetyState, Sex
from tdm.issues import IssueCode
from tests.tdm.cases import ago, context, course, fact, source

THIOPURINE = (MedicationUse(MedicationConcept.THIOPURINE, source("MedicationRequest/7")),)
OFFERED = (Option(OptionKind.RAISE_DOSE), Option(OptionKind.ADD_IMMUNOMODULATOR))


def man(born: date | None, medications=THIOPURINE, sex=Sex.MALE, **fields):
    earliest = fields.pop("earliest", born)
    return context(
        course(sex=sex, birth_earliest=earliest, birth_latest=born, medications=medications, **fields)
    )


# ---- S-HSTCL; NOW is 2026-11-22


def test_a_thiopurine_warns_in_a_man_up_to_the_day_before_his_36th_birthday():
    gate = gates_caution.thiopurine_in_young_male(man(date(1990, 11, 23)))
    assert (gate.gate, gate.deciding, gate.source) == ("S-HSTCL", False, source("MedicationRequest/7"))
    assert gates_caution.thiopurine_in_young_male(man(date(1990, 11, 22))) is None


def test_a_birth_year_alone_counts_as_its_youngest_age():
    assert gates_caution.thiopurine_in_young_male(man(date(1990, 12, 31), earliest=date(1990, 1, 1)))


def test_the_warning_needs_male_sex_an_age_and_a_thiopurine():
    young = date(2001, 1, 1)
    assert gates_caution.thiopurine_in_young_male(man(young, sex=Sex.FEMALE)) is None
    assert gates_caution.thiopurine_in_young_male(man(young, sex=None)) is None
    assert gates_caution.thiopurine_in_young_male(man(None)) is None
    assert gates_caution.thiopurine_in_young_male(man(young, ())) is None
    methotrexate = (MedicationUse(MedicationConcept.METHOTREXATE, source()),)
    assert gates_caution.thiopurine_in_young_male(man(young, methotrexate)) is None


def test_a_thiopurine_about_to_be_added_warns_too():
    planned = (MedicationUse(MedicationConcept.THIOPURINE, source(), draft=True),)
    assert gates_caution.thiopurine_in_young_male(man(date(2001, 1, 1), planned)) is not None


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 6, 15), date(2018, 6, 15), 18),
        (date(2000, 6, 15), date(2018, 6, 14), 17),
        (date(2000, 6, 15), date(2018, 7, 1), 18),
    ],
)
def test_age_is_counted_in_completed_years(born, day, years):
    assert gates_caution.completed_years(born, day) == years


# ---- S-DEMYEL, S-MALIG, S-PREG


@pytest.mark.parametrize(
    ("gate_of", "concept", "name"),
    [
        (gates_caution.demyelinating_disease, SafetyConcept.DEMYELINATING_DISEASE, "S-DEMYEL"),
        (gates_caution.lymphoma, SafetyConcept.LYMPHOMA, "S-MALIG"),
        (gates_caution.pregnancy, SafetyConcept.PREGNANCY, "S-PREG"),
    ],
)
def test_a_condition_that_cautions_fires_only_while_it_is_there(gate_of, concept, name):
    found = fact(concept)
    gate = gate_of(context(course(safety=(found,))))
    assert (gate.gate, gate.deciding, gate.critical, gate.source) == (name, False, False, found.source)
    assert gate_of(context(course(safety=(fact(concept, SafetyState.ABSENT),)))) is None
    assert gate_of(context()) is None


# ---- S-IMM


def test_no_immunomodulator_offered_no_word_about_it():
    assert gates_caution.immunomodulator(context(), OFFERED[:1]) == (None, (), ())


def test_an_offered_immunomodulator_asks_for_tpmt_or_nudt15():
    gate, remarks, issues = gates_caution.immunomodulator(context(), OFFERED)
    assert (gate.gate, gate.deciding) == ("S-IMM", False)
    assert remarks == ()
    assert [(issue.code, issue.subject) for issue in issues] == [
        (IssueCode.THIOPURINE_METABOLISM_UNKNOWN, "immunomodulator")
    ]


def test_the_newest_metabolism_result_narrows_the_choice():
    concept = SafetyConcept.TPMT_NUDT15
    normal = fact(concept, SafetyState.ABSENT, recorded=ago(10))
    deficient = fact(concept, recorded=ago(100))
    unclear = fact(concept, SafetyState.UNCLEAR, recorded=ago(1))
    deficiency = "immunomodulator-no-thiopurine-deficient"
    assert gates_caution.immunomodulator(context(course(safety=(normal, deficient))), OFFERED)[1:] == ((), ())
    assert gates_caution.immunomodulator(context(course(safety=(deficient,))), OFFERED)[1:] == (
        (deficiency,),
        (),
    )
    _, remarks, issues = gates_caution.immunomodulator(context(course(safety=(normal, unclear))), OFFERED)
    assert (remarks, len(issues)) == ((), 1)


def test_pregnancy_rules_methotrexate_out_and_a_young_male_a_thiopurine():
    pregnant = context(course(safety=(fact(SafetyConcept.PREGNANCY),)))
    assert gates_caution.immunomodulator(pregnant, OFFERED)[1] == ("immunomodulator-no-methotrexate",)
    young = man(date(2001, 1, 1), ())
    assert gates_caution.immunomodulator(young, OFFERED)[1] == ("immunomodulator-no-thiopurine-young-male",)
