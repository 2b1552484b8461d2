"""What the safety gates look at, gathered once for each decision."""

from __future__ import annotations

from dataclasses import dataclass

from tdm.decision import Assessment
from tdm.facts import Moment, Order, Route, SafetyConcept, SafetyFact, SafetyState, TreatmentCourse
from tdm.knowledge.model import Policy


@dataclass(frozen=True, slots=True)
class GateContext:
    """One decision as the gates see it. `facts` holds the safety facts by concept, in the course's order."""

    course: TreatmentCourse
    assessment: Assessment
    now: Moment
    policy: Policy
    facts: dict[SafetyConcept, tuple[SafetyFact, ...]]

    def present(self, concept: SafetyConcept) -> SafetyFact | None:
        """Return the first record that says the concept is there."""
        for fact in self.facts.get(concept, ()):
            if fact.state is SafetyState.PRESENT:
                return fact
        return None


def gate_context(
    course: TreatmentCourse, assessment: Assessment, *, now: Moment, policy: Policy
) -> GateContext:
    """Gather the safety facts by concept."""
    if not course.safety:
        return GateContext(course, assessment, now, policy, {})
    grouped: dict[SafetyConcept, list[SafetyFact]] = {}
    for fact in course.safety:
        grouped.setdefault(fact.concept, []).append(fact)
    facts = {concept: tuple(found) for concept, found in grouped.items()}
    return GateContext(course, assessment, now, policy, facts)


def order_dose_mg_per_kg(order: Order, weight_kg: float | None) -> float | None:
    """Return the dose of an order in mg/kg: the higher of what it states and what its mg amount to.

    None where neither is known. The higher one, because a safety limit must not be missed by a slip.
    """
    stated = order.amount_mg_per_kg
    if order.amount_mg is None or not weight_kg:
        return stated
    computed = order.amount_mg / weight_kg
    return computed if stated is None else max(stated, computed)


def is_intravenous(context: GateContext) -> bool:
    """Return whether the draft, or else the regimen in force, is intravenous."""
    draft = context.course.draft
    if draft is not None and draft.route is not None:
        return draft.route is Route.INTRAVENOUS
    return context.assessment.regimen.route is Route.INTRAVENOUS
