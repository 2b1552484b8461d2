"""The decision is total: whatever is read, there is one answer that keeps the invariants."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tdm.actionable import is_actionable
from tdm.decide import decide
from tdm.decision import Activity, AtiClass, OptionKind, Verdict
from tdm.facts import (
    AtiReading,
    AtiWord,
    Comparator,
    Dose,
    FactGroup,
    Finding,
    Indication,
    LevelReading,
    Marker,
    MarkerReading,
    MedicationConcept,
    MedicationUse,
    Order,
    OrderState,
    PerianalFistula,
    Route,
    SafetyConcept,
    SafetyFact,
    SafetyState,
    Sex,
    Shortfall,
    TreatmentCourse,
    WeightReading,
)
from tdm.neighbours import neighbouring_rules
from tests.tdm.cases import NOW, ago, source
from tests.tdm.enumeration import shipped_knowledge

moments = st.builds(ago, st.sampled_from((-3, 0, 1, 14, 56, 84, 112, 113, 182, 400)), timed=st.booleans())
sources = st.builds(source, st.sampled_from(("Observation/1", "Observation/2", "MedicationRequest/3")))
amounts = st.none() | st.sampled_from((0.0, 5.0, 120.0, 240.0, 300.0, 600.0, 1322.0, 5000.0))
per_kg = st.none() | st.sampled_from((0.0, 2.0, 5.0, 10.0, 22.0, 300.0))
values = st.none() | st.sampled_from((-1.0, 0.0, 0.3, 1.8, 4.9, 5.0, 9.0, 9.1, 15.0, 17.5, 250.0, 1e9))
routes = st.none() | st.sampled_from(Route)


def orders(states):
    return st.builds(
        Order,
        states,
        sources,
        st.none() | moments,
        routes,
        amounts,
        per_kg,
        st.none() | st.sampled_from((0.0, 7.0, 14.0, 28.0, 42.0, 56.0, 700.0)),
        st.booleans(),
        st.none() | moments,
    )


def some(strategy):
    return st.lists(strategy, max_size=3).map(tuple)


days = st.none() | st.sampled_from(
    (date(1930, 1, 1), date(2008, 11, 22), date(2008, 11, 23), date(2026, 11, 23))
)
courses = st.builds(
    TreatmentCourse,
    draft=st.none() | orders(st.sampled_from(OrderState)),
    levels=some(
        st.builds(
            LevelReading,
            values,
            st.none() | moments,
            sources,
            st.sampled_from(Comparator),
            st.booleans(),
        )
    ),
    atis=some(
        st.builds(AtiReading, st.none() | moments, sources, st.none() | st.sampled_from(AtiWord), values)
    ),
    markers=some(
        st.builds(
            MarkerReading,
            st.sampled_from(Marker),
            moments,
            sources,
            values,
            finding=st.none() | st.sampled_from(Finding),
        )
    ),
    weights=some(st.builds(WeightReading, st.sampled_from((0.0, 3.0, 60.0, 132.0)), moments, sources)),
    doses=some(st.builds(Dose, moments, sources, routes, amounts, per_kg)),
    orders=some(orders(st.sampled_from(OrderState))),
    medications=some(st.builds(MedicationUse, st.sampled_from(MedicationConcept), sources)),
    safety=some(
        st.builds(
            SafetyFact,
            st.sampled_from(SafetyConcept),
            st.sampled_from(SafetyState),
            sources,
            st.none() | moments,
            multiple_of_upper_limit=values,
        )
    ),
    fistulas=some(st.builds(PerianalFistula, st.booleans(), sources)),
    birth_earliest=days,
    birth_latest=days,
    sex=st.none() | st.sampled_from(Sex),
    order_indication=st.none() | st.sampled_from(Indication),
    recorded_indications=st.frozensets(st.sampled_from(Indication)),
    evaluable=st.frozensets(st.sampled_from(SafetyConcept)),
    shortfalls=some(st.tuples(st.sampled_from(FactGroup), st.sampled_from(Shortfall))),
)

ESCALATES = (
    OptionKind.SHORTEN_INTERVAL_2_WEEKS,
    OptionKind.SHORTEN_INTERVAL_4_WEEKS,
    OptionKind.RAISE_DOSE,
    OptionKind.RAISE_DOSE_AND_SHORTEN_INTERVAL,
)


@settings(max_examples=300, deadline=None)
@given(courses)
def test_every_course_gets_one_sound_answer(course):
    knowledge = shipped_knowledge()
    found = decide(course, now=NOW, knowledge=knowledge)
    assert found.verdict is not Verdict.NOT_COMPLETED
    assert found.rule in knowledge.rules or found.rule in knowledge.gates
    assert all(name in knowledge.rules for name, _ in found.rationale)
    assert sum(option.recommended for option in found.options) <= 1
    assert sum(gate.deciding for gate in found.gates) <= 1
    for option in found.options:
        if option.kind in ESCALATES:
            assert (option.dose_mg_per_kg or 0) <= max(10, found.assessment.regimen.dose_mg_per_kg or 0)
    assert isinstance(is_actionable(course, found, now=NOW, knowledge=knowledge), bool)
    if found.assessment is None:
        return
    for one in found.assessment.situations:
        assert neighbouring_rules(one, knowledge)
        if found.verdict is Verdict.INTENSIFY:
            assert one.ati is not AtiClass.POSITIVE_HIGH
        if found.verdict is Verdict.SWITCH:
            assert one.activity not in (Activity.REMISSION, Activity.UNKNOWN)
            assert one.timing_verified
