"""The records behind the safety gates that fired, as a card shows them: what, under which name, of which day.

Without them nobody could tell a pneumonia of this week from one that was never taken off the problem list.
"""

from __future__ import annotations

from collections.abc import Iterable

from tdm.decision import FactUsed, FiredGate
from tdm.facts import SafetyConcept, SafetyFact, SafetyState
from tdm.facts_used import day_of
from tdm.gates import gate_needs
from tdm.gates_context import GateContext

_C = SafetyConcept
_NAMES = {
    _C.INFLIXIMAB_REACTION: "Reaction or allergy on record",
    _C.SERIOUS_INFECTION: "Infection on record",
    _C.TUBERCULOSIS_ACTIVE: "Tuberculosis on record",
    _C.TUBERCULOSIS_LATENT: "Latent tuberculosis on record",
    _C.TUBERCULOSIS_TEST: "Tuberculosis test",
    _C.HEPATITIS_B_SURFACE_ANTIGEN: "Hepatitis B surface antigen",
    _C.HEPATITIS_B: "Hepatitis B on record",
    _C.HEART_FAILURE: "Heart failure on record",
    _C.ALT: "ALT",
    _C.JAUNDICE: "Jaundice or liver failure on record",
    _C.DEMYELINATING_DISEASE: "Demyelinating disease on record",
    _C.LYMPHOMA: "Lymphoma on record",
    _C.PREGNANCY: "Pregnancy on record",
}


def gate_records(fired: Iterable[FiredGate], context: GateContext) -> tuple[FactUsed, ...]:
    """Return the records of the gates that fired, in the order of the gates, the newest of a kind first."""
    names = {gate.gate: gate for gate in fired}
    return tuple(
        [
            _shown(concept, fact)
            for name, concepts, _ in gate_needs()
            if name in names
            for concept in concepts
            for fact in sorted(context.facts.get(concept, ()), key=_newest_first)
            if _speaks(fact, names[name])
        ]
    )


def _speaks(fact: SafetyFact, gate: FiredGate) -> bool:
    """Whether a record is among those that the gate goes by: of ALT the one result, of the rest all."""
    if fact.concept is SafetyConcept.ALT:
        return fact.source == gate.source
    if fact.concept is SafetyConcept.INFLIXIMAB_REACTION:
        return fact.state is not SafetyState.ABSENT
    return fact.state is SafetyState.PRESENT


def _newest_first(fact: SafetyFact) -> tuple[float, str, str]:
    recorded = float("inf") if fact.recorded is None else -fact.recorded.at.timestamp()
    return recorded, fact.name, fact.source.reference


def _shown(concept: SafetyConcept, fact: SafetyFact) -> FactUsed:
    multiple = fact.multiple_of_upper_limit
    value = fact.name or "positive" if multiple is None else f"{multiple:.1f} times the upper limit"
    day = day_of(fact.recorded)
    return FactUsed(_NAMES[concept], value if day else f"{value} (date not stated)", day, fact.source)
