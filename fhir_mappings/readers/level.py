"""An infliximab level: a number in a known unit, or "not detected"; everything else is named, not used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhir_mappings.codes import ObservationConcept
from fhir_mappings.readers.frame import ResultFrame, shown_unit
from fhir_mappings.readers.reading import NOTHING, Reading
from fhir_mappings.readers.sampling import other_than_trough
from fhir_mappings.readers.unread import INFLIXIMAB_RESULTS, pending
from fhir_mappings.readers.values import ResultValue
from fhir_mappings.text import ResultWord
from fhir_mappings.units import Quantity, Unit, UnitFault, find_unit, level_ug_ml
from tdm.facts import Comparator, LevelReading
from tdm.issues import DataIssue, IssueCode


def read_level(value: ResultValue, frame: ResultFrame) -> Reading:
    """Return the level, or the issue that says why there is none."""
    if not value.present:
        return _only(frame.issue(IssueCode.LEVEL_VALUE_UNREADABLE, "level"))
    if value.word is ResultWord.PENDING:
        return _only(frame.issue(IssueCode.LEVEL_PENDING, "level"))
    if value.word is ResultWord.NOT_DONE:
        return _only(frame.issue(IssueCode.LEVEL_STATUS_NOT_COUNTED, "level", status="not done"))
    not_detected = ResultWord.NOT_DETECTED in {value.word, value.flag}
    if value.number is None:
        if not not_detected:
            return _only(frame.issue(IssueCode.LEVEL_VALUE_UNREADABLE, "level"))
        return _level(
            frame, None, Comparator.EXACT, detected=False, original=value.original or "not detected"
        )
    if value.titre or (not_detected and not _may_be_zero(value)):
        return _only(frame.issue(IssueCode.LEVEL_VALUE_UNREADABLE, "level"))
    unit = find_unit(Quantity.LEVEL, value.unit, value.code)
    if isinstance(unit, Unit):
        number = level_ug_ml(unit, value.number)
        return _level(frame, number, value.comparator, detected=not not_detected, original=value.original)
    if unit is UnitFault.MISSING:
        return _only(frame.issue(IssueCode.LEVEL_UNIT_MISSING, "level"))
    return _only(frame.issue(IssueCode.LEVEL_UNIT_UNKNOWN, "level", unit=shown_unit(value.unit, value.code)))


def as_named(reading: Reading, element: Mapping[str, Any], frame: ResultFrame) -> Reading:
    """Return the level as read, or the issue in its place where its name says that it is no trough."""
    name = other_than_trough(element.get("code")) if reading.levels else None
    return (
        reading if name is None else _only(frame.issue(IssueCode.LEVEL_NAMED_NOT_TROUGH, "level", name=name))
    )


def _may_be_zero(value: ResultValue) -> bool:
    """Return whether a number can stand beside the flag "not detected"."""
    return value.number == 0 or value.comparator in {Comparator.BELOW, Comparator.AT_MOST}


def _level(
    frame: ResultFrame, number: float | None, comparator: Comparator, *, detected: bool, original: str
) -> Reading:
    level = LevelReading(
        value_ug_ml=number,
        drawn=frame.drawn,
        source=frame.source,
        comparator=comparator,
        detected=detected,
        status=frame.status,
        coded=frame.coded,
        laboratory=frame.laboratory,
        method=frame.method,
        original=original,
    )
    return Reading(levels=(level,))


def _only(issue: DataIssue) -> Reading:
    return Reading(issues=(issue,))


def read_panel_value(value: ResultValue, frame: ResultFrame) -> Reading:
    """Return the issues of a value that is pending or could be level or antibodies; without one, nothing."""
    if value.word is ResultWord.PENDING:
        return pending(ObservationConcept.INFLIXIMAB_PANEL, frame.drawn, frame.source)
    if value.number is None and value.word is None and not _tells_a_result(value, frame):
        return NOTHING
    return _only(frame.issue(IssueCode.PANEL_VALUE_NOT_USED, "level"))


def _tells_a_result(value: ResultValue, frame: ResultFrame) -> bool:
    """Return whether a text has a number in it or names infliximab; "see below" does neither."""
    has_digit = any(character.isdigit() for character in value.original)
    named = frame.context.codes.observation((), value.original)
    return has_digit or (named is not None and named.concept in INFLIXIMAB_RESULTS)
