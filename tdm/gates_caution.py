"""Gates that warn or narrow the answer without stopping the infusion: S-HSTCL to S-PREG."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tdm.decision import FiredGate, Option, OptionKind
from tdm.facts import MedicationConcept, SafetyConcept, SafetyState, Sex
from tdm.gates_context import GateContext
from tdm.gates_hold import newest_fact
from tdm.issues import DataIssue, IssueCode


def thiopurine_in_young_male(context: GateContext) -> FiredGate | None:
    """S-HSTCL: a male up to the age limit who takes, or is about to take, a thiopurine."""
    if not is_young_male(context):
        return None
    for use in context.course.medications:
        if use.concept is MedicationConcept.THIOPURINE:
            return FiredGate("S-HSTCL", source=use.source)
    return None


def is_young_male(context: GateContext) -> bool:
    """Return whether the patient is male and may be as young as the age limit of S-HSTCL."""
    born = context.course.birth_latest
    if context.course.sex is not Sex.MALE or born is None:
        return False
    return completed_years(born, context.now.day) <= context.policy.hstcl_male_at_most_years


def completed_years(born: date, day: date) -> int:
    """Return the age in completed years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def demyelinating_disease(context: GateContext) -> FiredGate | None:
    """S-DEMYEL: demyelinating disease; `intensify` becomes `assess`."""
    fact = context.present(SafetyConcept.DEMYELINATING_DISEASE)
    return None if fact is None else FiredGate("S-DEMYEL", source=fact.source)


def lymphoma(context: GateContext) -> FiredGate | None:
    """S-MALIG: lymphoma; `intensify` becomes `assess`."""
    fact = context.present(SafetyConcept.LYMPHOMA)
    return None if fact is None else FiredGate("S-MALIG", source=fact.source)


def pregnancy(context: GateContext) -> FiredGate | None:
    """S-PREG: pregnancy; a note not to chase a high trough."""
    fact = context.present(SafetyConcept.PREGNANCY)
    return None if fact is None else FiredGate("S-PREG", source=fact.source)


def immunomodulator(
    context: GateContext, options: Iterable[Option]
) -> tuple[FiredGate | None, tuple[str, ...], tuple[DataIssue, ...]]:
    """S-IMM: limits on the immunomodulator that an option names.

    Returns the gate (None where no option names one), the ids of the sentences that narrow the choice, and
    the issues.
    """
    if OptionKind.ADD_IMMUNOMODULATOR not in [option.kind for option in options]:
        return None, (), ()
    remarks: list[str] = []
    issues: tuple[DataIssue, ...] = ()
    if context.present(SafetyConcept.PREGNANCY) is not None:
        remarks.append("immunomodulator-no-methotrexate")
    if is_young_male(context):
        remarks.append("immunomodulator-no-thiopurine-young-male")
    metabolism = newest_fact(context.facts.get(SafetyConcept.TPMT_NUDT15, ()))
    if metabolism is None or metabolism.state is SafetyState.UNCLEAR:
        issues = (DataIssue(IssueCode.THIOPURINE_METABOLISM_UNKNOWN, "immunomodulator"),)
    elif metabolism.state is SafetyState.PRESENT:
        remarks.append("immunomodulator-no-thiopurine-deficient")
    return FiredGate("S-IMM"), tuple(remarks), issues
