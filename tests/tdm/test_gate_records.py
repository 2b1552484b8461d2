"""The records behind a gate are on the card: which one, under which name, of which day."""

from __future__ import annotations

import pytest

from tdm.decide import decide
from tdm.decision import FactUsed
from tdm.facts import SafetyConcept, SafetyFact, SafetyState
from tdm.gate_records import gate_records
from tdm.gates import check_gates
from tests.support.course_builder import NOW, adult, course, level, moment, safety
from tests.tdm.cases import ago, context, fact, shipped_knowledge, source
from tests.tdm.cases import course as bare_course

_C = SafetyConcept


def seen(*facts):
    of = context(bare_course(safety=facts))
    return gate_records(check_gates(of).fired, of)


def test_the_record_is_shown_with_its_name_day_and_source():
    at = moment(30)
    record = source("Condition/serious-infection")
    found = seen(fact(_C.SERIOUS_INFECTION, recorded=at, name="Pneumonia"))
    assert found == (FactUsed("Infection on record", "Pneumonia", at.day.isoformat(), record),)


def test_a_record_without_a_day_says_so():
    (found,) = seen(fact(_C.SERIOUS_INFECTION, name="Sepsis"))
    assert (found.value, found.day) == ("Sepsis (date not stated)", "")


def test_all_records_of_a_gate_are_shown_the_newest_first_and_the_undated_last_whatever_their_order():
    old = fact(_C.SERIOUS_INFECTION, recorded=moment(900), name="Pneumonia")
    new = fact(_C.SERIOUS_INFECTION, recorded=moment(3), name="Sepsis")
    undated = fact(_C.SERIOUS_INFECTION, name="Abscess")
    values = ["Sepsis", "Pneumonia", "Abscess (date not stated)"]
    assert [one.value for one in seen(old, undated, new)] == values
    assert [one.value for one in seen(new, undated, old)] == values


def test_a_record_that_says_absent_or_unclear_is_not_among_them():
    there = fact(_C.SERIOUS_INFECTION, name="Sepsis")
    absent = fact(_C.SERIOUS_INFECTION, SafetyState.ABSENT, name="Pneumonia")
    unclear = fact(_C.SERIOUS_INFECTION, SafetyState.UNCLEAR, name="Abscess")
    assert [one.value for one in seen(absent, unclear, there)] == ["Sepsis (date not stated)"]


def test_an_unclear_reaction_is_shown_because_the_gate_goes_by_it_and_an_absent_one_is_not():
    unclear = fact(_C.INFLIXIMAB_REACTION, SafetyState.UNCLEAR, name="TNF blockers")
    absent = fact(_C.INFLIXIMAB_REACTION, SafetyState.ABSENT, name="infliximab")
    assert [one.value for one in seen(absent, unclear)] == ["TNF blockers (date not stated)"]


def test_of_alt_only_the_result_that_decides_is_shown_as_a_multiple_of_the_limit():
    new, old = source("Observation/new"), source("Observation/old")
    found = seen(
        SafetyFact(_C.ALT, SafetyState.PRESENT, old, ago(60), multiple_of_upper_limit=9.0),
        SafetyFact(_C.ALT, SafetyState.PRESENT, new, ago(2), multiple_of_upper_limit=6.25),
    )
    assert [(one.name, one.value, one.source) for one in found] == [("ALT", "6.2 times the upper limit", new)]


@pytest.mark.parametrize(
    ("concept", "name"),
    [
        (_C.INFLIXIMAB_REACTION, "Reaction or allergy on record"),
        (_C.SERIOUS_INFECTION, "Infection on record"),
        (_C.TUBERCULOSIS_ACTIVE, "Tuberculosis on record"),
        (_C.TUBERCULOSIS_LATENT, "Latent tuberculosis on record"),
        (_C.TUBERCULOSIS_TEST, "Tuberculosis test"),
        (_C.HEPATITIS_B_SURFACE_ANTIGEN, "Hepatitis B surface antigen"),
        (_C.HEPATITIS_B, "Hepatitis B on record"),
        (_C.HEART_FAILURE, "Heart failure on record"),
        (_C.JAUNDICE, "Jaundice or liver failure on record"),
        (_C.DEMYELINATING_DISEASE, "Demyelinating disease on record"),
        (_C.LYMPHOMA, "Lymphoma on record"),
        (_C.PREGNANCY, "Pregnancy on record"),
    ],
)
def test_every_concept_has_its_words_and_a_result_without_a_name_is_positive(concept, name):
    (found,) = seen(fact(concept, recorded=moment(2)))
    assert (found.name, found.value) == (name, "positive")


def test_the_decision_carries_the_records_after_the_facts_of_the_assessment():
    of = course(adult(), level(1.8), safety(_C.SERIOUS_INFECTION, days_ago=900, name="Pneumonia"))
    facts = decide(of, now=NOW, knowledge=shipped_knowledge()).assessment.facts
    assert facts[0].name == "Infliximab trough" or facts[0].name == "Infliximab level"
    assert facts[-1].name == "Infection on record"
    assert facts[-1].day == moment(900).day.isoformat()
