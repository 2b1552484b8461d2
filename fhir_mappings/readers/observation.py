"""Observations: find what each is about, whether it counts, and hand it to the reader of that result.

The category is never asked for. Components are read each by its own code; contained members with the
circumstances of their panel.
"""

from __future__ import annotations

from typing import Any

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import ObservationConcept, ObservationMatch, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import ReadDate
from fhir_mappings.readers.ati import read_ati
from fhir_mappings.readers.frame import (
    NO_TIMES,
    CollectionTimes,
    ResultFrame,
    collected,
    contained,
    laboratory_of,
    method_of,
)
from fhir_mappings.readers.level import as_named, read_level, read_panel_value
from fhir_mappings.readers.markers import MARKER_CONCEPTS, read_marker
from fhir_mappings.readers.mentioned import read_mentioned
from fhir_mappings.readers.reading import NOTHING, Reading, merge
from fhir_mappings.readers.safety_labs import read_safety_result
from fhir_mappings.readers.status import ReadStatus, read_status
from fhir_mappings.readers.unread import INFLIXIMAB_RESULTS, pending, unread
from fhir_mappings.readers.values import read_value
from fhir_mappings.readers.weight import read_weight
from fhir_mappings.references import Belongs, belongs_to, source_reference, text_of
from tdm.facts import ResultStatus
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

_MAX_DEPTH = 3
_ZONE_MATTERS = frozenset({ObservationConcept.INFLIXIMAB_LEVEL, ObservationConcept.INFLIXIMAB_ANTIBODY})


def read_observation(
    resource: Resource, context: ReadingContext, times: CollectionTimes = NO_TIMES
) -> Reading:
    """Return the facts and issues of one Observation with its components and contained members.

    `times` (see `collection_times`) gives the time of collection where the Observation itself has none.
    """
    belongs = belongs_to(resource, context.patient_id)
    source = Source("Observation", source_reference(resource, "Observation"))
    if belongs is Belongs.OTHER:
        return Reading(issues=(other_patient(source),))
    date = collected(resource, context, times)
    reading = _read(resource, context, source, date, depth=0)
    if belongs is Belongs.UNSAID and reading is not NOTHING:
        issue = DataIssue(IssueCode.SUBJECT_MISSING, "record", (), source)
        return merge((reading, Reading(issues=(issue,))))
    return reading


def other_patient(source: Source) -> DataIssue:
    """Return the issue for a record of somebody else; `merge` counts them."""
    return DataIssue(IssueCode.OTHER_PATIENT, "record", (("count", "1"),), source)


def read_contained(
    resource: Resource, context: ReadingContext, source: Source, date: ReadDate | None, depth: int
) -> list[Reading]:
    """Return the readings of contained Observations, which inherit source, subject and time."""
    if depth >= _MAX_DEPTH:
        return []
    return [
        _read(inner, context, source, collected(inner, context, NO_TIMES) or date, depth=depth + 1)
        for inner in contained(resource)
        if text_of(inner.get("resourceType")) == "Observation"
        and belongs_to(inner, context.patient_id) is not Belongs.OTHER
    ]


def _read(
    resource: Resource, context: ReadingContext, source: Source, date: ReadDate | None, depth: int
) -> Reading:
    status = read_status(resource.get("status"))
    components = resource.get("component")
    parts = [part for part in components if isinstance(part, dict)] if isinstance(components, list) else []
    members = read_contained(resource, context, source, date, depth) if resource.get("contained") else []
    match = context.codes.observation(*codings_of(resource.get("code")))
    concept = None if match is None else match.concept
    readings = members
    if match is not None and concept is not ObservationConcept.DRUG_TEST:
        frame = _frame(resource, match, context, source, status, date)
        has_parts = bool(parts or resource.get("hasMember") or members)
        readings.append(_read_result(resource, match, frame, status, date, has_parts=has_parts))
    for part in parts:
        found = context.codes.observation(*codings_of(part.get("code")))
        if found is not None and found.concept is not ObservationConcept.DRUG_TEST:
            frame = _frame(resource, found, context, source, status, date)
            readings.append(_read_result(part, found, frame, status, date, has_parts=False))
    said = [reading for reading in readings if reading is not NOTHING]
    drawn = date and date.moment
    if concept is ObservationConcept.DRUG_TEST and not any(one.levels or one.atis for one in said):
        said.append(read_mentioned(resource, context, source, status, drawn))
    elif concept in INFLIXIMAB_RESULTS and parts and not said and not resource.get("hasMember"):
        # The names of its parts say nothing ("drug", "antibody"): level and antibodies may be among them.
        if status.pending:
            said.append(pending(ObservationConcept.INFLIXIMAB_PANEL, drawn, source))
        elif status.counted is not None:
            said.append(unread(ObservationConcept.INFLIXIMAB_PANEL, drawn, source))
    if not said:
        return NOTHING
    return said[0] if len(said) == 1 else merge(said)


def _frame(
    resource: Resource,
    match: ObservationMatch,
    context: ReadingContext,
    source: Source,
    status: ReadStatus,
    date: ReadDate | None,
) -> ResultFrame:
    return ResultFrame(
        context=context,
        source=source,
        status=status.counted or ResultStatus.UNKNOWN,
        drawn=None if date is None else date.moment,
        coded=match.coded,
        code=match.code,
        laboratory=laboratory_of(resource),
        method=method_of(resource),
    )


def _read_result(
    element: dict[str, Any],
    match: ObservationMatch,
    frame: ResultFrame,
    status: ReadStatus,
    date: ReadDate | None,
    *,
    has_parts: bool,
) -> Reading:
    """Return one result, once its status counts."""
    concept = match.concept
    if status.counted is None:
        return _not_counted(concept, frame, status, has_parts=has_parts)
    value = read_value(element)
    if not value.present and has_parts:
        return NOTHING
    reading = _dispatch(concept, element, value, frame)
    if (
        concept in _ZONE_MATTERS
        and date is not None
        and date.zone_assumed
        and (reading.levels or reading.atis)
    ):
        issue = frame.issue(IssueCode.ZONE_ASSUMED, "level")
        return Reading(levels=reading.levels, atis=reading.atis, issues=(*reading.issues, issue))
    return reading


def _dispatch(
    concept: ObservationConcept, element: dict[str, Any], value: Any, frame: ResultFrame
) -> Reading:
    if concept is ObservationConcept.INFLIXIMAB_LEVEL:
        return as_named(read_level(value, frame), element, frame)
    if concept is ObservationConcept.INFLIXIMAB_ANTIBODY:
        return read_ati(element, value, frame)
    if concept is ObservationConcept.INFLIXIMAB_PANEL:
        return read_panel_value(value, frame)
    if concept is ObservationConcept.BODY_WEIGHT:
        return read_weight(value, frame)
    if concept in MARKER_CONCEPTS:
        return read_marker(concept, value, frame)
    return read_safety_result(concept, element, value, frame)


def _not_counted(
    concept: ObservationConcept, frame: ResultFrame, status: ReadStatus, *, has_parts: bool
) -> Reading:
    """Return the issue for a result that is registered, cancelled, entered in error or of no known status."""
    if concept is ObservationConcept.INFLIXIMAB_PANEL and (has_parts or not status.pending):
        return NOTHING  # its members say for themselves
    if status.pending and concept in INFLIXIMAB_RESULTS:
        return pending(concept, frame.drawn, frame.source)
    if concept is ObservationConcept.INFLIXIMAB_LEVEL:
        code, subject, parameters = IssueCode.LEVEL_STATUS_NOT_COUNTED, "level", {"status": status.said}
    elif concept is ObservationConcept.INFLIXIMAB_ANTIBODY:
        code, subject, parameters = IssueCode.ATI_STATUS_NOT_COUNTED, "ati", {"status": status.said}
    else:
        code, subject = IssueCode.RESULT_STATUS_NOT_COUNTED, "result"
        parameters = {"status": status.said, "test": concept.value}
    return Reading(issues=(frame.issue(code, subject, **parameters),))
