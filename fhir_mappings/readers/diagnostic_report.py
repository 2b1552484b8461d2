"""DiagnosticReports, panels and specimens: the times of collection they know, and contained results."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import ObservationConcept, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.dates import ReadDate
from fhir_mappings.readers.frame import CollectionTimes, collected, effective, specimen_time
from fhir_mappings.readers.mentioned import read_mentioned
from fhir_mappings.readers.observation import other_patient, read_contained
from fhir_mappings.readers.reading import NOTHING, Reading, merge
from fhir_mappings.readers.status import read_status
from fhir_mappings.readers.unread import INFLIXIMAB_RESULTS, pending, unread
from fhir_mappings.references import (
    Belongs,
    belongs_to,
    reference_text,
    relative_reference,
    source_reference,
    text_of,
)
from tdm.source import Source

_SAID = ("conclusion", "conclusionCode", "codedDiagnosis", "presentedForm")


def collection_times(resources: Iterable[Resource], context: ReadingContext) -> CollectionTimes:
    """Return when samples were taken, by reference of Observation or Specimen.

    From Specimens, from the effective time of reports for their results and of panels for their members.
    Resources of other patients and withdrawn reports say nothing. Where two times differ for one result,
    neither is taken.
    """
    times: dict[str, ReadDate | None] = {}
    for resource in resources:
        if belongs_to(resource, context.patient_id) is Belongs.OTHER:
            continue
        kind = text_of(resource.get("resourceType"))
        if kind == "Specimen":
            _note(times, source_reference(resource), specimen_time(resource, context))
        elif kind in {"DiagnosticReport", "Observation"} and _says_times(resource):
            date = effective(resource, context)
            for reference in _results(resource.get("result" if kind == "DiagnosticReport" else "hasMember")):
                _note(times, reference, date)
    return {reference: date for reference, date in times.items() if date is not None}


def _says_times(resource: Resource) -> bool:
    status = read_status(resource.get("status"))
    return status.counted is not None or status.pending or status.said == "partial"


def _note(times: dict[str, ReadDate | None], reference: str, date: ReadDate | None) -> None:
    if not reference or date is None:
        return
    known = times.get(reference, date)
    times[reference] = date if known == date else None


def _results(value: Any) -> list[str]:
    references = value if isinstance(value, list) else [value]
    return [relative_reference(text) for text in map(reference_text, references) if text]


def read_diagnostic_report(
    resource: Resource, context: ReadingContext, known: AbstractSet[str] = frozenset()
) -> Reading:
    """Return the results that a report contains; those it only refers to are read by themselves.

    `known`: the references under which Observations arrived. A report of infliximab of which no result
    is among them, or which has only a conclusion or a document, is named as unread.
    """
    source = Source("DiagnosticReport", source_reference(resource, "DiagnosticReport"))
    if belongs_to(resource, context.patient_id) is Belongs.OTHER:
        return Reading(issues=(other_patient(source),))
    if not _says_times(resource):
        return NOTHING
    date = collected(resource, context, {})
    inner = (
        merge(read_contained(resource, context, source, date, 0)) if resource.get("contained") else NOTHING
    )
    if inner != NOTHING:
        return inner
    to_come = _is_to_come(resource)
    match = context.codes.observation(*codings_of(resource.get("code")))
    drawn = date and date.moment
    if match is not None and match.concept is ObservationConcept.DRUG_TEST:
        return read_mentioned(resource, context, source, read_status(resource.get("status")), drawn)
    if match is None or match.concept not in INFLIXIMAB_RESULTS:
        return NOTHING
    if not to_come and not _lacks_results(resource, known):
        return NOTHING
    return pending(match.concept, drawn, source) if to_come else unread(match.concept, drawn, source)


def _is_to_come(resource: Resource) -> bool:
    """Return whether a report was opened and nothing is in it yet."""
    said = read_status(resource.get("status")).said
    return said in {"registered", "partial"} and not any(resource.get(key) for key in ("result", *_SAID))


def _lacks_results(resource: Resource, known: AbstractSet[str]) -> bool:
    """Return whether none of the results referred to arrived, or the only word is outside of any result."""
    results = _results(resource.get("result"))
    if results:
        return known.isdisjoint(results) and not all(reference.startswith("#") for reference in results)
    return any(resource.get(key) for key in _SAID)
