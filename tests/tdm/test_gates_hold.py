"""Gates that stop the infusion, each from both sides."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from tdm import gates_hold
from tdm.decision import Regimen
from tdm.facts import (
    Dose,
    HeartFailureSeverity,
    MedicationConcept,
    MedicationUse,
    Moment,
    OrderState,
    Route,
    SafetyConcept,
    SafetyState,
)
from tests.tdm.cases import (
    NOW,
    NOW_AT,
    ago,
    assessment,
    context,
    course,
    dose,
    draft,
    fact,
    order,
    regimen,
    source,
)

ABSENT, UNCLEAR = SafetyState.ABSENT, SafetyState.UNCLEAR


def takes(concept: MedicationConcept, *, is_draft: bool = False) -> tuple[MedicationUse, ...]:
    return (MedicationUse(concept, source("MedicationRequest/9"), draft=is_draft),)


# ---- S-HSR


def test_a_reaction_is_critical_only_where_an_order_is_being_signed():
    facts = (fact(SafetyConcept.INFLIXIMAB_REACTION),)
    signing = gates_hold.reaction(context(course(safety=facts, draft=draft())))
    reading = gates_hold.reaction(context(course(safety=facts)))
    assert (signing.gate, signing.critical, signing.deciding) == ("S-HSR", True, True)
    assert (reading.gate, reading.critical, reading.deciding) == ("S-HSR", False, True)
    assert signing.source == facts[0].source


def test_a_reaction_of_unreadable_status_counts_and_a_refuted_one_does_not():
    concept = SafetyConcept.INFLIXIMAB_REACTION
    assert gates_hold.reaction(context(course(safety=(fact(concept, UNCLEAR),)))) is not None
    assert gates_hold.reaction(context(course(safety=(fact(concept, ABSENT),)))) is None
    assert gates_hold.reaction(context(course(safety=(fact(concept, ABSENT), fact(concept))))) is not None
    assert gates_hold.reaction(context()) is None


# ---- S-INF


def test_a_serious_infection_holds_only_while_it_is_there():
    infection = fact(SafetyConcept.SERIOUS_INFECTION)
    gate = gates_hold.infection(context(course(safety=(infection,))))
    assert (gate.gate, gate.deciding, gate.critical, gate.source) == ("S-INF", True, False, infection.source)
    over = fact(SafetyConcept.SERIOUS_INFECTION, ABSENT)
    assert gates_hold.infection(context(course(safety=(over,)))) is None


# ---- S-TB


def test_active_tuberculosis_holds_even_under_treatment():
    active = fact(SafetyConcept.TUBERCULOSIS_ACTIVE)
    medications = takes(MedicationConcept.TUBERCULOSIS_TREATMENT)
    gate = gates_hold.tuberculosis(context(course(safety=(active,), medications=medications)))
    assert (gate.gate, gate.deciding, gate.source) == ("S-TB", True, active.source)


@pytest.mark.parametrize("concept", [SafetyConcept.TUBERCULOSIS_LATENT, SafetyConcept.TUBERCULOSIS_TEST])
def test_latent_tuberculosis_or_a_positive_test_holds_until_treatment_is_on_order(concept):
    found = fact(concept)
    gate = gates_hold.tuberculosis(context(course(safety=(found,))))
    assert (gate.gate, gate.deciding, gate.source) == ("S-TB", True, found.source)
    treated = takes(MedicationConcept.TUBERCULOSIS_TREATMENT)
    assert gates_hold.tuberculosis(context(course(safety=(found,), medications=treated))) is None
    planned = takes(MedicationConcept.TUBERCULOSIS_TREATMENT, is_draft=True)
    assert gates_hold.tuberculosis(context(course(safety=(found,), medications=planned))) is not None
    other = takes(MedicationConcept.STEROID)
    assert gates_hold.tuberculosis(context(course(safety=(found,), medications=other))) is not None


def test_a_negative_tuberculosis_test_holds_nothing():
    negative = fact(SafetyConcept.TUBERCULOSIS_TEST, ABSENT)
    assert gates_hold.tuberculosis(context(course(safety=(negative,)))) is None


# ---- S-HBV


def test_a_positive_surface_antigen_holds_until_an_antiviral_is_on_order():
    positive = fact(SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN)
    gate = gates_hold.hepatitis_b(context(course(safety=(positive,))))
    assert (gate.gate, gate.deciding, gate.source) == ("S-HBV", True, positive.source)
    antiviral = takes(MedicationConcept.HEPATITIS_B_ANTIVIRAL)
    assert gates_hold.hepatitis_b(context(course(safety=(positive,), medications=antiviral))) is None


def test_the_newest_surface_antigen_decides_over_older_ones_and_the_problem_list():
    concept = SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN
    listed = fact(SafetyConcept.HEPATITIS_B)
    older = fact(concept, recorded=ago(300))
    newer = fact(concept, ABSENT, recorded=ago(10))
    assert gates_hold.hepatitis_b(context(course(safety=(listed, older, newer)))) is None
    turned = fact(concept, ABSENT, recorded=ago(400))
    assert gates_hold.hepatitis_b(context(course(safety=(turned, older)))) is not None


def test_hepatitis_on_the_problem_list_holds_where_no_antigen_result_contradicts():
    listed = fact(SafetyConcept.HEPATITIS_B)
    assert gates_hold.hepatitis_b(context(course(safety=(listed,)))).source == listed.source
    unclear = fact(SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN, UNCLEAR)
    assert gates_hold.hepatitis_b(context(course(safety=(listed, unclear)))) is not None
    assert gates_hold.hepatitis_b(context(course(safety=(unclear,)))) is None
    assert gates_hold.hepatitis_b(context()) is None


# ---- S-HF


@pytest.mark.parametrize("severity", [None, HeartFailureSeverity.MODERATE_OR_SEVERE])
def test_heart_failure_decides_above_5_mg_per_kg_and_only_cautions_up_to_it(severity):
    failure = fact(SafetyConcept.HEART_FAILURE, severity=severity)
    above = gates_hold.heart_failure(context(course(safety=(failure,), draft=draft(amount_mg=301))))
    assert (above.gate, above.critical, above.deciding) == ("S-HF", True, True)
    assert above.parameters == (("limit", "5 mg/kg"),)
    assert above.source == failure.source
    at_limit = gates_hold.heart_failure(context(course(safety=(failure,), draft=draft(amount_mg=300))))
    assert (at_limit.gate, at_limit.critical, at_limit.deciding) == ("S-HF", False, False)


def test_heart_failure_takes_the_higher_of_mg_and_mg_per_kg():
    failure = (fact(SafetyConcept.HEART_FAILURE),)
    stated = draft(amount_mg=300, amount_mg_per_kg=6)
    assert gates_hold.heart_failure(context(course(safety=failure, draft=stated))).deciding
    computed = draft(amount_mg=360, amount_mg_per_kg=5)
    assert gates_hold.heart_failure(context(course(safety=failure, draft=computed))).deciding


def test_heart_failure_without_a_draft_or_a_readable_dose_cautions():
    failure = (fact(SafetyConcept.HEART_FAILURE),)
    assert not gates_hold.heart_failure(context(course(safety=failure))).deciding
    weightless = assessment(regimen=regimen(weight_kg=None))
    unread = context(course(safety=failure, draft=draft(amount_mg=900)), weightless)
    assert not gates_hold.heart_failure(unread).deciding


def test_mild_or_past_heart_failure_does_not_fire():
    mild = fact(SafetyConcept.HEART_FAILURE, severity=HeartFailureSeverity.MILD)
    past = fact(SafetyConcept.HEART_FAILURE, ABSENT)
    assert gates_hold.heart_failure(context(course(safety=(mild, past)))) is None
    assert gates_hold.heart_failure(context()) is None
    both = course(safety=(mild, fact(SafetyConcept.HEART_FAILURE)))
    assert gates_hold.heart_failure(context(both)) is not None


# ---- S-GAP


def test_a_gap_starts_after_112_days_to_the_minute():
    at_limit = Dose(Moment(NOW_AT - timedelta(days=112), ago(112).day), source("MedicationAdministration/1"))
    assert gates_hold.gap(context(course(doses=(at_limit,)))) is None
    beyond_at = NOW_AT - timedelta(days=112, minutes=1)
    beyond = Dose(Moment(beyond_at, beyond_at.date()), source("MedicationAdministration/2"))
    gate = gates_hold.gap(context(course(doses=(beyond,))))
    assert (gate.gate, gate.deciding, gate.critical) == ("S-GAP", True, False)
    assert gate.parameters == (("weeks", "16"), ("next", "ATI first"))
    assert gate.source == beyond.source


def test_a_gap_between_days_without_time_is_counted_in_days():
    def on_day(days: int) -> Dose:
        return Dose(ago(days, timed=False), source())

    assert gates_hold.gap(context(course(doses=(on_day(112),)))) is None
    assert gates_hold.gap(context(course(doses=(on_day(113),)))) is not None


def test_the_last_dose_counts_whatever_the_order_and_never_one_in_the_future():
    recent_last = course(doses=(dose(300), dose(50)))
    recent_first = course(doses=(dose(50), dose(300)))
    assert gates_hold.gap(context(recent_last)) is None
    assert gates_hold.gap(context(recent_first)) is None
    future = course(doses=(dose(200), dose(-3)))
    assert dict(gates_hold.gap(context(future)).parameters)["weeks"] == "28"


def test_without_a_dose_on_record_there_is_no_gap():
    assert gates_hold.gap(context()) is None


SUBCUTANEOUS = assessment(regimen=Regimen(Route.SUBCUTANEOUS, 120, None, 14))


def test_a_subcutaneous_gap_needs_a_documented_stop():
    old = (dose(200),)
    stopped = order(OrderState.STOPPED, route=Route.SUBCUTANEOUS)
    active = order(route=Route.SUBCUTANEOUS)
    assert gates_hold.gap(context(course(doses=old, orders=()), SUBCUTANEOUS)) is None
    assert gates_hold.gap(context(course(doses=old, orders=(stopped, active)), SUBCUTANEOUS)) is None
    assert gates_hold.gap(context(course(doses=old, orders=(stopped,)), SUBCUTANEOUS)) is not None


def test_a_subcutaneous_course_runs_until_its_stop():
    def stopped(days: float) -> tuple:
        return (order(OrderState.STOPPED, route=Route.SUBCUTANEOUS, ended=ago(days)),)

    old = (dose(300),)
    assert gates_hold.gap(context(course(doses=old, orders=stopped(100)), SUBCUTANEOUS)) is None
    gate = gates_hold.gap(context(course(doses=old, orders=stopped(140)), SUBCUTANEOUS))
    assert dict(gate.parameters)["weeks"] == "20"
    assert gate.source == source("MedicationRequest/1")
    assert gates_hold.gap(context(course(orders=stopped(140)), SUBCUTANEOUS)) is not None
    earlier_stop = gates_hold.gap(context(course(doses=(dose(130),), orders=stopped(200)), SUBCUTANEOUS))
    assert dict(earlier_stop.parameters)["weeks"] == "18"
    undated = (order(OrderState.STOPPED, route=Route.SUBCUTANEOUS),)
    assert gates_hold.gap(context(course(orders=undated), SUBCUTANEOUS)) is None


# ---- S-LIVER


def alt(multiple: float | None, days: float | None = 1):
    recorded = None if days is None else ago(days)
    return fact(SafetyConcept.ALT, multiple_of_upper_limit=multiple, recorded=recorded)


def test_alt_holds_from_5_times_the_upper_limit():
    gate = gates_hold.liver(context(course(safety=(alt(5.0),))))
    assert (gate.gate, gate.deciding) == ("S-LIVER", True)
    assert gate.parameters == (("finding", "ALT 5.0 times the upper limit"),)
    assert gate.source == source("Condition/alt")
    assert gates_hold.liver(context(course(safety=(alt(4.9),)))) is None
    assert gates_hold.liver(context()) is None


def test_the_newest_readable_alt_decides():
    assert gates_hold.liver(context(course(safety=(alt(9, 100), alt(1, 2))))) is None
    assert gates_hold.liver(context(course(safety=(alt(1, 100), alt(9, 2))))) is not None
    assert gates_hold.liver(context(course(safety=(alt(9, 100), alt(None, 2))))) is not None
    assert gates_hold.liver(context(course(safety=(alt(9, None), alt(1, 2))))) is None


def test_an_alt_of_long_ago_holds_nothing_and_one_without_a_date_does():
    assert gates_hold.liver(context(course(safety=(alt(9, 180),)))) is not None
    assert gates_hold.liver(context(course(safety=(alt(9, 181),)))) is None
    assert gates_hold.liver(context(course(safety=(alt(9, None),)))) is not None
    jaundice = fact(SafetyConcept.JAUNDICE, recorded=ago(900))
    assert gates_hold.liver(context(course(safety=(alt(9, 181), jaundice)))) is not None


def test_of_two_alt_at_one_instant_the_higher_counts_in_any_order():
    one_instant = (alt(1, 2), alt(9, 2))
    assert gates_hold.liver(context(course(safety=one_instant))) is not None
    assert gates_hold.liver(context(course(safety=one_instant[::-1]))) is not None


def test_jaundice_holds_beside_a_normal_alt():
    jaundice = fact(SafetyConcept.JAUNDICE)
    gate = gates_hold.liver(context(course(safety=(alt(1), jaundice))))
    assert (gate.gate, gate.deciding, gate.source) == ("S-LIVER", True, jaundice.source)
    assert gate.parameters == (("finding", "jaundice"),)
    failure = fact(SafetyConcept.JAUNDICE, name="Acute liver failure")
    assert gates_hold.liver(context(course(safety=(failure,)))).parameters == (
        ("finding", "Acute liver failure"),
    )


def test_of_equally_old_facts_the_more_worrying_one_is_the_newest():
    concept = SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN
    absent, present = fact(concept, ABSENT, recorded=NOW), fact(concept, recorded=NOW)
    assert gates_hold.newest_fact((absent, present)) is present
    assert gates_hold.newest_fact((present, absent)) is present
    assert gates_hold.newest_fact(()) is None


def test_of_several_days_only_the_last_counts_and_an_undated_record_comes_before_all():
    older = fact(SafetyConcept.ALT, recorded=ago(3), multiple_of_upper_limit=9)
    morning = fact(SafetyConcept.ALT, recorded=ago(1.2), multiple_of_upper_limit=5)
    noon = fact(SafetyConcept.ALT, recorded=ago(1), multiple_of_upper_limit=2)
    undated = fact(SafetyConcept.ALT, multiple_of_upper_limit=11)
    for facts in permutations((older, morning, noon, undated)):
        assert gates_hold.newest_fact(facts) is noon
    mild = fact(SafetyConcept.ALT, multiple_of_upper_limit=1)
    assert gates_hold.newest_fact((mild, undated)) is undated


def test_a_billionth_above_a_limit_is_rounding():
    assert not gates_hold.exceeds_limit(5 * (1 + 1e-12), 5)
    assert not gates_hold.exceeds_limit(5, 5)
    assert gates_hold.exceeds_limit(5.0001, 5)


def test_of_facts_that_are_alike_in_everything_the_first_on_record_is_named():
    one = fact(SafetyConcept.ALT, multiple_of_upper_limit=6, recorded=ago(2))
    other = replace(one, source=source("Observation/other"))
    assert gates_hold.liver(context(course(safety=(one, other)))).source == one.source
    assert gates_hold.liver(context(course(safety=(other, one)))).source == other.source


def test_of_doses_at_one_instant_the_first_on_record_is_named():
    one = dose(200)
    other = replace(one, source=source("MedicationAdministration/other"))
    assert gates_hold.gap(context(course(doses=(one, other)))).source == one.source
