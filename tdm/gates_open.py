"""Safety questions that are open: recorded but not confirmed, or long not measured. They hold nothing.

No gate stops an infusion for a suspicion or for a value of long ago, but no button raises exposure past one.
"""

from __future__ import annotations

from tdm.facts import SafetyConcept, SafetyFact, SafetyState
from tdm.facts_used import day_of
from tdm.gates_context import GateContext
from tdm.gates_hold import newest_alt, newest_fact
from tdm.issues import DataIssue, IssueCode
from tdm.timing import is_older

# Diseases of the problem list that hold or turn the answer where they are confirmed, in the gates' order.
_DISEASES = (
    SafetyConcept.SERIOUS_INFECTION,
    SafetyConcept.TUBERCULOSIS_ACTIVE,
    SafetyConcept.TUBERCULOSIS_LATENT,
    SafetyConcept.HEPATITIS_B,
    SafetyConcept.HEART_FAILURE,
    SafetyConcept.JAUNDICE,
    SafetyConcept.DEMYELINATING_DISEASE,
    SafetyConcept.LYMPHOMA,
)


def outdated_alt(context: GateContext) -> SafetyFact | None:
    """Return the newest ALT where it would hold but for its age."""
    newest = newest_alt(context)
    if newest is None or newest.recorded is None:
        return None
    high = (newest.multiple_of_upper_limit or 0.0) >= context.policy.alt_hold_multiple
    return newest if high and is_older(newest.recorded, context.now, context.policy.alt_valid_days) else None


def outdated_issues(context: GateContext) -> tuple[DataIssue, ...]:
    """Return the issue of an ALT that is too old to hold for; nothing else that gates look at grows old."""
    fact = outdated_alt(context)
    if fact is None:
        return ()
    multiple = f"{fact.multiple_of_upper_limit:.1f}"
    parameters = (("day", day_of(fact.recorded)), ("multiple", multiple))
    return (DataIssue(IssueCode.ALT_OUTDATED, "safety", parameters, fact.source),)


def open_question(context: GateContext) -> DataIssue | None:
    """Return why no button may raise exposure: the first disease that is not confirmed, or an old ALT.

    A record of the same disease that is confirmed makes its gate fire; one that is resolved or refuted is
    another episode and settles nothing.
    """
    if not context.facts:
        return None
    for concept in _DISEASES:
        unclear = [fact for fact in context.facts.get(concept, ()) if fact.state is SafetyState.UNCLEAR]
        fact = newest_fact(tuple(unclear))
        if fact is not None:
            return _withheld(fact, fact.name or concept.value)
    alt = outdated_alt(context)
    return None if alt is None else _withheld(alt, "ALT far above its limit")


def _withheld(fact: SafetyFact, name: str) -> DataIssue:
    parameters = (("name", name), ("day", day_of(fact.recorded)))
    return DataIssue(IssueCode.ORDER_SAFETY_OPEN, "order", parameters, fact.source)
