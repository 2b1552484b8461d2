"""Markers of disease activity: numbers in their one unit, scores in points, findings in words."""

from __future__ import annotations

from fhir_mappings.codes import ObservationConcept
from fhir_mappings.readers.frame import ResultFrame, shown_unit
from fhir_mappings.readers.reading import NOTHING, Reading
from fhir_mappings.readers.values import ResultValue
from fhir_mappings.text import ResultWord
from fhir_mappings.units import Quantity, Unit, UnitFault, find_unit
from tdm.facts import Finding, Marker, MarkerReading
from tdm.issues import IssueCode

MARKER_NUMBERS: dict[ObservationConcept, tuple[Marker, Quantity]] = {
    ObservationConcept.CRP: (Marker.CRP, Quantity.CRP),
    ObservationConcept.CALPROTECTIN: (Marker.CALPROTECTIN, Quantity.CALPROTECTIN),
    ObservationConcept.ALBUMIN: (Marker.ALBUMIN, Quantity.ALBUMIN),
    ObservationConcept.ESR: (Marker.ESR, Quantity.ESR),
    ObservationConcept.HBI: (Marker.HBI, Quantity.SCORE),
    ObservationConcept.CDAI: (Marker.CDAI, Quantity.SCORE),
    ObservationConcept.PCDAI: (Marker.PCDAI, Quantity.SCORE),
    ObservationConcept.SES_CD: (Marker.SES_CD, Quantity.SCORE),
}
_FINDINGS: dict[ObservationConcept, Marker] = {
    ObservationConcept.ENDOSCOPY: Marker.ENDOSCOPY,
    ObservationConcept.IMAGING: Marker.IMAGING,
    ObservationConcept.FISTULA_EXAMINATION: Marker.FISTULA_EXAMINATION,
}
MARKER_CONCEPTS = frozenset({*MARKER_NUMBERS, *_FINDINGS})
_NO_RESULT = frozenset({ResultWord.PENDING, ResultWord.NOT_DONE})


def read_marker(concept: ObservationConcept, value: ResultValue, frame: ResultFrame) -> Reading:
    """Return the marker, or the issue that says why there is none; nothing for a result still to come."""
    if concept in MARKER_NUMBERS:
        marker, quantity = MARKER_NUMBERS[concept]
        return _read_number(marker, quantity, value, frame)
    return _read_finding(_FINDINGS[concept], value, frame)


def _read_number(marker: Marker, quantity: Quantity, value: ResultValue, frame: ResultFrame) -> Reading:
    if not value.present or value.word in _NO_RESULT:
        return NOTHING
    if value.number is None or value.titre:
        return _fault(IssueCode.RESULT_UNREADABLE, marker, frame)
    unit = find_unit(quantity, value.unit, value.code)
    if unit is UnitFault.MISSING and quantity is Quantity.SCORE:
        unit = Unit("{score}")  # points need no unit
    if not isinstance(unit, Unit):
        shown = shown_unit(value.unit, value.code) or "no unit"
        return _fault(IssueCode.RESULT_UNIT_UNKNOWN, marker, frame, unit=shown)
    if frame.drawn is None:
        return _fault(IssueCode.RESULT_UNDATED, marker, frame)
    reading = MarkerReading(
        marker=marker,
        drawn=frame.drawn,
        source=frame.source,
        value=unit.convert(value.number),
        comparator=value.comparator,
        status=frame.status,
    )
    return Reading(markers=(reading,))


def _read_finding(marker: Marker, value: ResultValue, frame: ResultFrame) -> Reading:
    """Return a finding in words. "Present" does not say that a fistula drains; "absent" says none does."""
    if not value.present or value.word in _NO_RESULT:
        return NOTHING
    finding = None
    if value.word is ResultWord.ACTIVE:
        finding = Finding.ACTIVE
    elif value.word is ResultWord.QUIET or (
        value.word is ResultWord.NEGATIVE and marker is Marker.FISTULA_EXAMINATION
    ):
        finding = Finding.QUIET
    if finding is None:
        return _fault(IssueCode.RESULT_UNREADABLE, marker, frame)
    if frame.drawn is None:
        return _fault(IssueCode.RESULT_UNDATED, marker, frame)
    reading = MarkerReading(
        marker=marker, drawn=frame.drawn, source=frame.source, finding=finding, status=frame.status
    )
    return Reading(markers=(reading,))


def _fault(code: IssueCode, marker: Marker, frame: ResultFrame, **parameters: str) -> Reading:
    return Reading(issues=(frame.issue(code, "activity", test=marker.value, **parameters),))
