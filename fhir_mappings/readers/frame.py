"""What the readers of single results share: when, where from, which status, and how an issue is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import ReadDate, read_date
from fhir_mappings.references import reference_text, relative_reference, source_reference, text_of
from tdm.facts import Moment, ResultStatus
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source

CollectionTimes: TypeAlias = Mapping[str, ReadDate]
"""Collection times known from elsewhere, by reference of the Observation or of its Specimen."""

NO_TIMES: CollectionTimes = {}
UNKNOWN_DAY = "unknown date"
_MAX_NAME = 80


class ResultFrame(msgspec.Struct, frozen=True):
    """The circumstances of one result (an Observation or one of its components)."""

    context: ReadingContext
    source: Source
    status: ResultStatus
    drawn: Moment | None
    coded: bool
    code: str
    laboratory: str
    method: str

    def issue(self, code: IssueCode, subject: str, **parameters: str) -> DataIssue:
        """Return an issue about this result; the day is always among its parameters."""
        return dated_issue(code, subject, self.drawn, self.source, **parameters)


def dated_issue(
    code: IssueCode, subject: str, drawn: Moment | None, source: Source, **parameters: str
) -> DataIssue:
    """Return an issue about a result that was drawn on a day, or on one that nobody knows."""
    day = UNKNOWN_DAY if drawn is None else drawn.day.isoformat()
    return DataIssue(code, subject, (("day", day), *sorted(parameters.items())), source)


def collected(
    resource: Mapping[str, Any], context: ReadingContext, times: CollectionTimes
) -> ReadDate | None:
    """Return when the sample was taken: effective[x], else its specimen, else its report or panel.

    `issued` is when the result became available and is never taken for the collection.
    """
    return (
        effective(resource, context)
        or _contained_specimen(resource, context)
        or times.get(relative_reference(reference_text(resource.get("specimen"))))
        or times.get(source_reference(resource))
    )


def effective(resource: Mapping[str, Any], context: ReadingContext) -> ReadDate | None:
    """Return effectiveDateTime or -Instant, the start (else the end) of effectivePeriod, or the event."""
    for key in ("effectiveDateTime", "effectiveInstant"):
        found = read_date(resource.get(key), context.zone)
        if found is not None:
            return found
    period = resource.get("effectivePeriod")
    if isinstance(period, dict):
        return read_date(period.get("start"), context.zone) or read_date(period.get("end"), context.zone)
    timing = resource.get("effectiveTiming")
    events = timing.get("event") if isinstance(timing, dict) else None
    if isinstance(events, list) and len(events) == 1:
        return read_date(events[0], context.zone)
    return None


def specimen_time(specimen: Mapping[str, Any], context: ReadingContext) -> ReadDate | None:
    """Return when a Specimen was collected."""
    collection = specimen.get("collection")
    if not isinstance(collection, dict):
        return None
    period = collection.get("collectedPeriod")
    start = period.get("start") if isinstance(period, dict) else None
    return read_date(collection.get("collectedDateTime"), context.zone) or read_date(start, context.zone)


def _contained_specimen(resource: Mapping[str, Any], context: ReadingContext) -> ReadDate | None:
    reference = reference_text(resource.get("specimen"))
    if not reference.startswith("#"):
        return None
    for inner in contained(resource):
        if text_of(inner.get("id")) == reference[1:] and text_of(inner.get("resourceType")) == "Specimen":
            return specimen_time(inner, context)
    return None


def contained(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the contained resources, those that are resources at all."""
    inner = resource.get("contained")
    return [entry for entry in inner if isinstance(entry, dict)] if isinstance(inner, list) else []


def laboratory_of(resource: Mapping[str, Any]) -> str:
    """Return the name of the performing laboratory, "" where only a reference is given."""
    performers = resource.get("performer")
    for performer in performers if isinstance(performers, list) else [performers]:
        if not isinstance(performer, dict):
            continue
        name = text_of(performer.get("display"))
        reference = reference_text(performer)
        if not name and reference.startswith("#"):
            names = (text_of(e.get("name")) for e in contained(resource) if e.get("id") == reference[1:])
            name = next(names, "")
        if name:
            return name[:_MAX_NAME]
    return ""


def method_of(resource: Mapping[str, Any]) -> str:
    """Return the method in words, "" when none is given."""
    method = resource.get("method")
    if not isinstance(method, dict):
        return ""
    codings = method.get("coding")
    shown = (
        [text_of(c.get("display")) for c in codings if isinstance(c, dict)]
        if isinstance(codings, list)
        else []
    )
    return (text_of(method.get("text")) or next((name for name in shown if name), ""))[:_MAX_NAME]


def shown_unit(unit: str, code: str) -> str:
    """Return the unit for an issue's sentence; both fields where they differ."""
    if unit and code and unit != code:
        return f"{unit} ({code})"[:_MAX_NAME]
    return (unit or code)[:_MAX_NAME]
