"""Results that only a text says are of infliximab: a "drug level" with a note. They are named, never used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from fhir_mappings.acquired import Resource
from fhir_mappings.codes import ObservationConcept, codings_of
from fhir_mappings.context import ReadingContext
from fhir_mappings.naming import MAX_TEXT
from fhir_mappings.readers.frame import dated_issue
from fhir_mappings.readers.reading import NOTHING, Reading
from fhir_mappings.readers.status import ReadStatus
from fhir_mappings.readers.unread import INFLIXIMAB_RESULTS, pending
from fhir_mappings.references import text_of
from tdm.facts import Moment
from tdm.issues import IssueCode
from tdm.source import Source

_MAX_SENTENCES = 8
"""Of the sentences that name infliximab so many are read: all there are in any remark, and no more work."""

_MAX_NAME = 80
_SENTENCE = re.compile(r"[^.;\n\r]+(?:\.(?=\d)[^.;\n\r]+)*")
_TEXTS = ("valueString", "conclusion")
_CONCEPTS = ("valueCodeableConcept", "method", "conclusionCode", "codedDiagnosis", "interpretation")
_NOTES = ("note", "comment", "comments")


def read_mentioned(
    resource: Resource, context: ReadingContext, source: Source, status: ReadStatus, drawn: Moment | None
) -> Reading:
    """Return the doubt about a drug test without a drug in its name whose texts name infliximab.

    Where they name antibodies too, and no members could tell of them, antibodies count as unread. A result
    that is still to come is pending in what the texts name.
    """
    if status.counted is None and not status.pending:
        return NOTHING
    sentences = islice(_sentences(resource, context), _MAX_SENTENCES)
    concepts = {concept for sentence in sentences for concept in _named(sentence, context)}
    if not concepts:
        return NOTHING
    antibodies = concepts != {ObservationConcept.INFLIXIMAB_LEVEL}
    if status.pending:
        both = ObservationConcept.INFLIXIMAB_PANEL if len(concepts) > 1 else concepts.pop()
        return pending(both, drawn, source)
    codings, text = codings_of(resource.get("code"))
    name = (text or next((display for _, _, display in codings if display), "") or "a drug test")[:_MAX_NAME]
    issues = [dated_issue(IssueCode.RESULT_IN_TEXT, "level", drawn, source, name=name)]
    if antibodies and not (resource.get("hasMember") or resource.get("result")):
        issues.append(dated_issue(IssueCode.ATI_UNREADABLE, "ati", drawn, source))
    return Reading(issues=tuple(issues))


def _named(sentence: str, context: ReadingContext) -> Iterator[ObservationConcept]:
    match = context.codes.observation((), sentence)
    if match is not None and match.concept in INFLIXIMAB_RESULTS:
        yield match.concept


def _sentences(resource: Resource, context: ReadingContext) -> Iterator[str]:
    """Return what may name infliximab around a result, in pieces short enough to be compared with names."""
    may_name = context.codes.may_name_infliximab
    for text in _texts(resource):
        if text and may_name(text):
            for sentence in filter(may_name, _SENTENCE.findall(text)):
                for start in range(0, len(sentence), MAX_TEXT // 2):  # overlapping: no name is cut in two
                    if may_name(piece := sentence[start : start + MAX_TEXT]):
                        yield piece


def _texts(resource: Resource) -> Iterator[str]:
    for key in _TEXTS:
        yield text_of(resource.get(key))
    for key in _CONCEPTS:
        for concept in _listed(resource.get(key)):
            codings, text = codings_of(concept)
            yield "\n".join([text, *(display for _, _, display in codings)])
    for key in _NOTES:
        for note in _listed(resource.get(key)):
            yield text_of(note.get("text")) if isinstance(note, dict) else text_of(note)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
