"""The safety gates in their fixed order: all that fire are named, the first deciding one decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tdm import gates_caution, gates_hold
from tdm.decision import FiredGate, Option, Unread, UnreadGate
from tdm.facts import FactGroup, MedicationConcept, SafetyConcept, SafetyState, TreatmentCourse
from tdm.gates_caution import immunomodulator
from tdm.gates_context import GateContext
from tdm.gates_dose import dose_warning
from tdm.gates_open import outdated_issues
from tdm.issues import DataIssue, IssueCode


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gates say before the table is asked.

    `fired` is in the fixed order. `remarks` are ids of sentences in `knowledge/rules.toml`.
    """

    fired: tuple[FiredGate, ...] = ()
    not_evaluated: tuple[UnreadGate, ...] = ()
    issues: tuple[DataIssue, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def deciding(self) -> FiredGate | None:
        """The first gate that decides by itself, if any does."""
        for gate in self.fired:
            if gate.deciding:
                return gate
        return None

    @property
    def interval_only(self) -> bool:
        """Whether heart failure leaves only options that change the interval."""
        return "S-HF" in [gate.gate for gate in self.fired]

    @property
    def class_unsuited(self) -> bool:
        """Whether a gate speaks against every TNF blocker, not against infliximab alone."""
        return not {"S-HF", "S-DEMYEL", "S-MALIG"}.isdisjoint([gate.gate for gate in self.fired])

    @property
    def immunomodulator_unsuited(self) -> bool:
        """Whether lymphoma speaks against an immunomodulator."""
        return "S-MALIG" in [gate.gate for gate in self.fired]

    @property
    def pregnant(self) -> bool:
        """Whether pregnancy is on record."""
        return "S-PREG" in [gate.gate for gate in self.fired]

    @property
    def dose_in_doubt(self) -> bool:
        """Whether the dose or interval of the draft is outside what can be meant."""
        return "S-DOSE" in [gate.gate for gate in self.fired]

    @property
    def dose_slip(self) -> bool:
        """Whether the draft's dose reads like a slip, of the order or of the weight."""
        return any(remark.startswith("dose-slip") for remark in self.remarks)

    @property
    def review_instead_of_intensify(self) -> FiredGate | None:
        """The first gate that turns `intensify` into `assess`, if any does."""
        for gate in self.fired:
            if gate.gate in {"S-DEMYEL", "S-MALIG"}:
                return gate
        return None


def gate_order() -> tuple[str, ...]:
    """Return all gate ids, first to last."""
    return (
        "S-HSR",
        "S-INF",
        "S-TB",
        "S-HBV",
        "S-HF",
        "S-GAP",
        "S-LIVER",
        "S-HSTCL",
        "S-IMM",
        "S-DEMYEL",
        "S-MALIG",
        "S-PREG",
        "S-DOSE",
    )


def check_gates(context: GateContext) -> GateReport:
    """Return what every gate but S-IMM says; S-IMM needs the options and is added afterwards."""
    dose, remarks = dose_warning(context)
    candidates: tuple[FiredGate | None, ...]
    if context.facts:
        candidates = (
            gates_hold.reaction(context),
            gates_hold.infection(context),
            gates_hold.tuberculosis(context),
            gates_hold.hepatitis_b(context),
            gates_hold.heart_failure(context),
            gates_hold.gap(context),
            gates_hold.liver(context),
            gates_caution.thiopurine_in_young_male(context),
            gates_caution.demyelinating_disease(context),
            gates_caution.lymphoma(context),
            gates_caution.pregnancy(context),
            dose,
        )
    else:  # the other gates look at safety records only
        candidates = (gates_hold.gap(context), gates_caution.thiopurine_in_young_male(context), dose)
    fired = tuple([gate for gate in candidates if gate is not None])
    if gates_hold.heart_failure_unchecked(context, fired):
        remarks = (*remarks, "heart-failure-dose-unchecked")
    if gates_hold.tuberculosis_treated_before(context):
        remarks = (*remarks, "tuberculosis-treatment-completed")
    not_evaluated = unread_gates(context)
    if fired and not_evaluated:
        names = {gate.gate for gate in fired}
        not_evaluated = tuple(unread for unread in not_evaluated if unread.gate not in names)
    issues = (*screening_issues(context), *outdated_issues(context))
    return GateReport(fired, not_evaluated, issues, remarks)


def with_immunomodulator(report: GateReport, context: GateContext, options: Iterable[Option]) -> GateReport:
    """Return the report with S-IMM in its place, where an option names an immunomodulator."""
    gate, remarks, issues = immunomodulator(context, options)
    if gate is None:
        return report
    order = gate_order()
    fired = tuple(sorted((*report.fired, gate), key=lambda one: order.index(one.gate)))
    return GateReport(
        fired,
        tuple(unread for unread in report.not_evaluated if unread.gate != gate.gate),
        (*report.issues, *issues),
        (*report.remarks, *remarks),
    )


def gate_needs() -> tuple[tuple[str, tuple[SafetyConcept, ...], tuple[FactGroup, ...]], ...]:
    """Return for each gate the concepts that need codes and the fact groups that must have arrived.

    S-IMM is left out: it speaks only of an option, and what it lacks is an issue of its own. S-DOSE looks
    at the draft alone.
    """
    concept, group = SafetyConcept, FactGroup
    conditions, laboratory = group.CONDITIONS, group.LABORATORY
    return (
        ("S-HSR", (concept.INFLIXIMAB_REACTION,), (group.ALLERGIES,)),
        ("S-INF", (concept.SERIOUS_INFECTION,), (conditions,)),
        (
            "S-TB",
            (concept.TUBERCULOSIS_ACTIVE, concept.TUBERCULOSIS_LATENT, concept.TUBERCULOSIS_TEST),
            (conditions, laboratory),
        ),
        (
            "S-HBV",
            (concept.HEPATITIS_B_SURFACE_ANTIGEN, concept.HEPATITIS_B),
            (conditions, laboratory),
        ),
        ("S-HF", (concept.HEART_FAILURE,), (conditions,)),
        ("S-GAP", (), (group.ADMINISTRATIONS,)),
        ("S-LIVER", (concept.ALT, concept.JAUNDICE), (conditions, laboratory)),
        ("S-HSTCL", (), (group.ORDERS,)),
        ("S-DEMYEL", (concept.DEMYELINATING_DISEASE,), (conditions,)),
        ("S-MALIG", (concept.LYMPHOMA,), (conditions,)),
        ("S-PREG", (concept.PREGNANCY,), (conditions,)),
    )


def unread_gates(context: GateContext) -> tuple[UnreadGate, ...]:
    """Return the gates whose data could not be read in full, in the fixed order, each with all its reasons.

    A gate that fires all the same is taken out by the caller.
    """
    course = context.course
    unclear = {
        concept
        for concept, facts in context.facts.items()
        if all(fact.state is SafetyState.UNCLEAR for fact in facts)
    }
    unknown_person = _thiopurine_in_unknown_person(course)
    if not (course.shortfalls or unclear or unknown_person):
        return _blind_gates(course.evaluable)
    found = []
    for name, concepts, groups in _gate_needs():
        reasons = {Unread(shortfall.value) for group, shortfall in course.shortfalls if group in groups}
        if not course.evaluable.issuperset(concepts):
            reasons.add(Unread.NO_CODE)
        if not unclear.isdisjoint(concepts):
            reasons.add(Unread.UNCLEAR)
        if unknown_person and name == "S-HSTCL":
            reasons.add(Unread.PERSON_UNKNOWN)
        if reasons:
            found.append(UnreadGate(name, tuple(reason for reason in Unread if reason in reasons)))
    return tuple(found)


def blind_gates(evaluable: frozenset[SafetyConcept]) -> tuple[UnreadGate, ...]:
    """Return the gates with a concept that no configured code can find."""
    return tuple(
        UnreadGate(name, (Unread.NO_CODE,))
        for name, concepts, _ in gate_needs()
        if not evaluable.issuperset(concepts)
    )


# The same for every decision, and longer to write down than to ask.
_gate_needs = lru_cache(maxsize=1)(gate_needs)
# Kept by the codes that a site configures, which are the same for every patient.
_blind_gates = lru_cache(maxsize=64)(blind_gates)


def _thiopurine_in_unknown_person(course: TreatmentCourse) -> bool:
    if course.sex is not None and course.birth_latest is not None:
        return False
    return any(use.concept is MedicationConcept.THIOPURINE for use in course.medications)


def screening_issues(context: GateContext) -> tuple[DataIssue, ...]:
    """Return an issue for each screening of which nothing is on record though it could have been read."""
    course = context.course
    for group, _ in course.shortfalls:
        if group in (FactGroup.CONDITIONS, FactGroup.LABORATORY):
            return ()  # what did not arrive is not absent; the gates are named as not evaluated
    return tuple(
        [
            issue
            for concepts, issue in _readable_screenings(course.evaluable)
            if gates_hold.screening_unknown(context, concepts)
        ]
    )


def readable_screenings(
    evaluable: frozenset[SafetyConcept],
) -> tuple[tuple[tuple[SafetyConcept, ...], DataIssue], ...]:
    """Return the screenings whose test has configured codes: their concepts, and the issue of none found."""
    concept = SafetyConcept
    tuberculosis = (concept.TUBERCULOSIS_TEST, concept.TUBERCULOSIS_LATENT, concept.TUBERCULOSIS_ACTIVE)
    hepatitis = (concept.HEPATITIS_B_SURFACE_ANTIGEN, concept.HEPATITIS_B)
    screenings = (
        (tuberculosis, DataIssue(IssueCode.TUBERCULOSIS_SCREENING_ABSENT, "screening")),
        (hepatitis, DataIssue(IssueCode.HEPATITIS_B_SCREENING_ABSENT, "screening")),
    )
    return tuple((concepts, issue) for concepts, issue in screenings if concepts[0] in evaluable)


_readable_screenings = lru_cache(maxsize=64)(readable_screenings)
