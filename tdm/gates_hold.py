"""Gates that stop the infusion, or ask for facts first: S-HSR to S-LIVER."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tdm.decision import AtiClass, FiredGate
from tdm.facts import (
    AtiReading,
    HeartFailureSeverity,
    MedicationConcept,
    Moment,
    OrderState,
    Route,
    SafetyConcept,
    SafetyFact,
    SafetyState,
)
from tdm.gates_context import GateContext, order_dose_mg_per_kg
from tdm.source import Source
from tdm.timing import is_after, is_older

CONCLUSIVE = frozenset(AtiClass) - {AtiClass.NOT_MEASURED, AtiClass.INCONCLUSIVE}


def reaction(context: GateContext) -> FiredGate | None:
    """S-HSR: allergy or severe reaction to infliximab or murine protein.

    A record whose status cannot be read fires as well: this one must not be missed. Critical only where an
    order is being signed.
    """
    for fact in context.facts.get(SafetyConcept.INFLIXIMAB_REACTION, ()):
        if fact.state is not SafetyState.ABSENT:
            signing = context.course.draft is not None
            return FiredGate("S-HSR", critical=signing, deciding=True, source=fact.source)
    return None


def infection(context: GateContext) -> FiredGate | None:
    """S-INF: active serious infection, sepsis or abscess."""
    fact = context.present(SafetyConcept.SERIOUS_INFECTION)
    return None if fact is None else FiredGate("S-INF", deciding=True, source=fact.source)


def tuberculosis(context: GateContext) -> FiredGate | None:
    """S-TB: active tuberculosis, or latent tuberculosis without treatment on order or completed.

    Any positive test counts: a later negative one, under infliximab, does not undo it, nor does a treatment
    undo active tuberculosis.
    """
    active = context.present(SafetyConcept.TUBERCULOSIS_ACTIVE)
    if active is not None:
        return FiredGate("S-TB", deciding=True, source=active.source)
    latent = context.present(SafetyConcept.TUBERCULOSIS_LATENT)
    if latent is None:
        latent = context.present(SafetyConcept.TUBERCULOSIS_TEST)
    treatment = MedicationConcept.TUBERCULOSIS_TREATMENT
    if latent is None or _takes(context, treatment) or _has_completed(context, treatment):
        return None
    return FiredGate("S-TB", deciding=True, source=latent.source)


def tuberculosis_treated_before(context: GateContext) -> bool:
    """Whether only a completed treatment keeps S-TB from firing; whether it was whole is not known."""
    if not context.facts or tuberculosis(context) is not None:
        return False
    treatment = MedicationConcept.TUBERCULOSIS_TREATMENT
    latent = context.present(SafetyConcept.TUBERCULOSIS_LATENT) or context.present(
        SafetyConcept.TUBERCULOSIS_TEST
    )
    return latent is not None and _has_completed(context, treatment) and not _takes(context, treatment)


def hepatitis_b(context: GateContext) -> FiredGate | None:
    """S-HBV: surface antigen positive, or hepatitis B on record, without an antiviral on order.

    The newest antigen result decides over older ones and over the problem list.
    """
    newest = newest_fact(context.facts.get(SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN, ()))
    fact = newest
    if fact is None or fact.state is SafetyState.UNCLEAR:
        fact = context.present(SafetyConcept.HEPATITIS_B)
    if fact is None or fact.state is not SafetyState.PRESENT:
        return None
    if _takes(context, MedicationConcept.HEPATITIS_B_ANTIVIRAL):
        return None
    return FiredGate("S-HBV", deciding=True, source=fact.source)


def heart_failure(context: GateContext) -> FiredGate | None:
    """S-HF: moderate or severe heart failure, or of severity not coded.

    Decides, critically, where the draft exceeds the dose limit; else it only narrows the options.
    """
    for fact in context.facts.get(SafetyConcept.HEART_FAILURE, ()):
        if fact.state is not SafetyState.PRESENT or fact.severity is HeartFailureSeverity.MILD:
            continue
        draft = context.course.draft
        limit = context.policy.heart_failure_maximum_dose_mg_per_kg
        parameters = (("limit", f"{limit:g} mg/kg"),)
        dose = None
        if draft is not None:
            dose = order_dose_mg_per_kg(draft, context.assessment.regimen.weight_kg)
        exceeds = dose is not None and exceeds_limit(dose, limit)
        return FiredGate(
            "S-HF", critical=exceeds, deciding=exceeds, parameters=parameters, source=fact.source
        )
    return None


def heart_failure_unchecked(context: GateContext, fired: Iterable[FiredGate]) -> bool:
    """Whether S-HF fired beside a draft of unknown mg/kg, so that the limit was not checked."""
    draft = context.course.draft
    if draft is None or "S-HF" not in [gate.gate for gate in fired]:
        return False
    return order_dose_mg_per_kg(draft, context.assessment.regimen.weight_kg) is None


def gap(context: GateContext) -> FiredGate | None:
    """S-GAP: so long since the last documented dose that a new course would start."""
    found = last_given(context)
    if found is None or not _longer_than(found[0], context.now, context.policy.new_course_gap_days):
        return None
    last, source = found
    following = "ATI first" if antibodies_since(context, last) is None else "weigh re-exposure"
    parameters = (("weeks", str((context.now.day - last.day).days // 7)), ("next", following))
    return FiredGate("S-GAP", deciding=True, parameters=parameters, source=source)


def last_given(context: GateContext) -> tuple[Moment, Source] | None:
    """Return when infliximab was last given, and the record of it.

    Self-injection leaves no trace for each dose: only a documented stop opens a gap there.
    """
    course = context.course
    given = [(dose.given, dose.source) for dose in course.doses if dose.given.at <= context.now.at]
    if context.assessment.regimen.route is Route.SUBCUTANEOUS:
        if any(order.state is OrderState.ACTIVE for order in course.orders):
            return None
        stops = [order for order in course.orders if order.state in (OrderState.STOPPED, OrderState.ENDED)]
        if not stops:
            return None
        given += [(order.ended, order.source) for order in stops if order.ended is not None]
    last: tuple[Moment, Source] | None = None
    for moment, source in given:
        if last is None or moment.at > last[0].at:
            last = moment, source
    return last


def antibodies_since(context: GateContext, last_dose: Moment | None) -> AtiReading | None:
    """Return an antibody result of after the last dose that counts now and says negative or positive.

    One of before that dose says nothing of what the dose may have roused.
    """
    assessment = context.assessment
    reading = assessment.ati
    if reading is None or reading.drawn is None or last_dose is None:
        return None
    if not all(one.ati in CONCLUSIVE and not one.ati_unread for one in assessment.situations):
        return None
    stale = is_older(reading.drawn, context.now, context.policy.ati_valid_days)
    return reading if is_after(reading.drawn, last_dose) and not stale else None


def newest_alt(context: GateContext) -> SafetyFact | None:
    """Return the newest ALT that could be compared with its limit."""
    readable = tuple(
        fact for fact in context.facts.get(SafetyConcept.ALT, ()) if fact.multiple_of_upper_limit is not None
    )
    return newest_fact(readable)


def liver(context: GateContext) -> FiredGate | None:
    """S-LIVER: the newest readable ALT at the limit or above, or jaundice or liver failure.

    An ALT of long ago does not hold; one without a date may be of today and does.
    """
    newest = newest_alt(context)
    if newest is not None and newest.multiple_of_upper_limit is not None:
        multiple = newest.multiple_of_upper_limit
        recorded = newest.recorded
        counts = recorded is None or not is_older(recorded, context.now, context.policy.alt_valid_days)
        if counts and multiple >= context.policy.alt_hold_multiple:
            parameters = (("finding", f"ALT {multiple:.1f} times the upper limit"),)
            return FiredGate("S-LIVER", deciding=True, parameters=parameters, source=newest.source)
    jaundice = context.present(SafetyConcept.JAUNDICE)
    if jaundice is None:
        return None
    finding = jaundice.name or "jaundice"
    return FiredGate("S-LIVER", deciding=True, parameters=(("finding", finding),), source=jaundice.source)


def exceeds_limit(value: float, limit: float) -> bool:
    """Return whether a dose is above a limit; a billionth more is rounding, not a higher dose."""
    return value > limit * (1 + 1e-9)


def newest_fact(facts: tuple[SafetyFact, ...]) -> SafetyFact | None:
    """Return the newest fact; undated ones count as oldest, and of equals the more worrying one wins."""
    newest: SafetyFact | None = None
    best: tuple[float, float, bool] | None = None
    if len(facts) > 1:
        facts = _of_last_day(facts)
    for fact in facts:
        recorded = float("-inf") if fact.recorded is None else fact.recorded.at.timestamp()
        rank = (recorded, fact.multiple_of_upper_limit or 0.0, fact.state is SafetyState.PRESENT)
        if best is None or rank > best:
            newest, best = fact, rank
    return newest


def _of_last_day(facts: tuple[SafetyFact, ...]) -> tuple[SafetyFact, ...]:
    """Return the facts of the last day on record, since an earlier day is an earlier instant; else all."""
    days = [fact.recorded.day for fact in facts if fact.recorded is not None]
    if not days:
        return facts
    last = max(days)
    return tuple([fact for fact in facts if fact.recorded is not None and fact.recorded.day == last])


def _takes(context: GateContext, concept: MedicationConcept) -> bool:
    return any(
        use.concept is concept and not use.draft and not use.completed for use in context.course.medications
    )


def _has_completed(context: GateContext, concept: MedicationConcept) -> bool:
    return any(use.concept is concept and use.completed for use in context.course.medications)


def _longer_than(earlier: Moment, later: Moment, days: float) -> bool:
    if earlier.timed and later.timed:
        return later.at - earlier.at > timedelta(days=days)
    return (later.day - earlier.day).days > days


def screening_unknown(context: GateContext, concepts: tuple[SafetyConcept, ...]) -> bool:
    """Return whether nothing at all is on record for any of the concepts."""
    return not context.facts or context.facts.keys().isdisjoint(concepts)
