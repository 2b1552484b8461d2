"""Laboratory results that bear on safety: ALT against its limit, and tests that are positive or negative."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fhir_mappings.codes import ObservationConcept
from fhir_mappings.readers.frame import ResultFrame, dated_issue, shown_unit
from fhir_mappings.readers.limits import upper_limit
from fhir_mappings.readers.reading import NOTHING, Reading
from fhir_mappings.readers.values import ResultValue
from fhir_mappings.text import ResultWord
from fhir_mappings.units import Quantity, Unit, find_unit
from tdm.facts import Moment, SafetyConcept, SafetyFact, SafetyState
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

PREGNANCY_COUNTS = timedelta(days=300)
"""Longer than a pregnancy lasts: an older "pregnant" describes one that has ended."""

_TESTS: dict[ObservationConcept, SafetyConcept] = {
    ObservationConcept.HEPATITIS_B_SURFACE_ANTIGEN: SafetyConcept.HEPATITIS_B_SURFACE_ANTIGEN,
    ObservationConcept.TUBERCULOSIS_TEST: SafetyConcept.TUBERCULOSIS_TEST,
    ObservationConcept.TPMT_NUDT15: SafetyConcept.TPMT_NUDT15,
    ObservationConcept.PREGNANCY_STATUS: SafetyConcept.PREGNANCY,
}
SAFETY_CONCEPTS = frozenset({ObservationConcept.ALT, *_TESTS})
_NO_RESULT = frozenset({ResultWord.PENDING, ResultWord.NOT_DONE})
_PRESENCE = {
    ResultWord.POSITIVE: SafetyState.PRESENT,
    ResultWord.NEGATIVE: SafetyState.ABSENT,
    ResultWord.NOT_DETECTED: SafetyState.ABSENT,
}
_METABOLISM = {ResultWord.DEFICIENT: SafetyState.PRESENT, ResultWord.NORMAL: SafetyState.ABSENT}
_METABOLISM_FLAGS = {"L": SafetyState.PRESENT, "LL": SafetyState.PRESENT, "N": SafetyState.ABSENT}


def read_safety_result(
    concept: ObservationConcept, element: Mapping[str, Any], value: ResultValue, frame: ResultFrame
) -> Reading:
    """Return the fact a result states; one that cannot be read is unclear and named."""
    if not value.present or value.word in _NO_RESULT:
        return NOTHING
    if concept is ObservationConcept.ALT:
        return _read_alt(element, value, frame)
    safety = _TESTS[concept]
    state = _metabolism(value) if safety is SafetyConcept.TPMT_NUDT15 else _presence(value)
    if safety is SafetyConcept.PREGNANCY and _is_over(frame):
        return NOTHING
    fact = SafetyFact(safety, state, frame.source, recorded=frame.drawn)
    issues = (_unreadable(safety, frame),) if state is SafetyState.UNCLEAR else ()
    return Reading(safety=(fact,), issues=issues)


def _read_alt(element: Mapping[str, Any], value: ResultValue, frame: ResultFrame) -> Reading:
    """Return ALT, unclear where it has no number that can be compared."""
    unit = find_unit(Quantity.ALT, value.unit, value.code)
    if value.number is None or value.titre or value.number < 0:
        return _unclear_alt(frame, _unreadable(SafetyConcept.ALT, frame))
    if not isinstance(unit, Unit):
        shown = shown_unit(value.unit, value.code) or "no unit"
        issue = frame.issue(IssueCode.RESULT_UNIT_UNKNOWN, "safety", test=SafetyConcept.ALT.value, unit=shown)
        return _unclear_alt(frame, issue)
    fact, issue_or_none = alt_fact(element, value.number, unit, frame.source, frame.drawn)
    return Reading(safety=(fact,), issues=() if issue_or_none is None else (issue_or_none,))


def alt_fact(
    element: Mapping[str, Any], number: float, unit: Unit, source: Source, drawn: Moment | None
) -> tuple[SafetyFact, DataIssue | None]:
    """Return ALT as a multiple of the laboratory's own upper limit; without a limit it is unclear."""
    limit = upper_limit(element, Quantity.ALT, unit) if element.get("referenceRange") else None
    if limit is None:
        unclear = SafetyFact(SafetyConcept.ALT, SafetyState.UNCLEAR, source, drawn)
        return unclear, dated_issue(IssueCode.ALT_WITHOUT_LIMIT, "safety", drawn, source)
    multiple = unit.convert(number) / limit
    state = SafetyState.PRESENT if multiple > 1 else SafetyState.ABSENT
    return SafetyFact(SafetyConcept.ALT, state, source, drawn, multiple_of_upper_limit=multiple), None


def _unclear_alt(frame: ResultFrame, issue: DataIssue) -> Reading:
    fact = SafetyFact(SafetyConcept.ALT, SafetyState.UNCLEAR, frame.source, recorded=frame.drawn)
    return Reading(safety=(fact,), issues=(issue,))


def _presence(value: ResultValue) -> SafetyState:
    """Return positive or negative from the words, else from the flag; contradictions are unclear."""
    word = None if value.word is None else _PRESENCE.get(value.word, SafetyState.UNCLEAR)
    flag = None if value.flag is None else _PRESENCE.get(value.flag, SafetyState.UNCLEAR)
    if word is not None and flag is not None and word is not flag:
        return SafetyState.UNCLEAR
    return word or flag or SafetyState.UNCLEAR


def _metabolism(value: ResultValue) -> SafetyState:
    word = None if value.word is None else _METABOLISM.get(value.word)
    return word or _METABOLISM_FLAGS.get(value.flag_code, SafetyState.UNCLEAR)


def _is_over(frame: ResultFrame) -> bool:
    return frame.drawn is not None and frame.context.now.at - frame.drawn.at > PREGNANCY_COUNTS


def _unreadable(safety: SafetyConcept, frame: ResultFrame) -> DataIssue:
    return frame.issue(IssueCode.RESULT_UNREADABLE, "safety", test=safety.value)
