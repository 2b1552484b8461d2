"""Antibodies to infliximab: number with its own kind of unit, the laboratory's words, flag and limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhir_mappings.readers.frame import ResultFrame
from fhir_mappings.readers.limits import upper_limit
from fhir_mappings.readers.reading import Reading
from fhir_mappings.readers.values import ResultValue
from fhir_mappings.text import ResultWord
from fhir_mappings.units import Quantity, Unit, UnitFault, find_unit
from tdm.facts import AtiReading, AtiWord
from tdm.issues import IssueCode

_WORDS = {
    ResultWord.NEGATIVE: AtiWord.NEGATIVE,
    ResultWord.NOT_DETECTED: AtiWord.NEGATIVE,
    ResultWord.NORMAL: AtiWord.NEGATIVE,
    ResultWord.POSITIVE: AtiWord.POSITIVE,
    ResultWord.INCONCLUSIVE: AtiWord.INCONCLUSIVE,
}
TITER = "titer"


def read_ati(element: Mapping[str, Any], value: ResultValue, frame: ResultFrame) -> Reading:
    """Return the antibody result, or the issue that says why there is none.

    A number in a unit that is absent or unknown is kept without a unit: it cannot be graded, but a word or
    a flag beside it can. Unit and code that contradict each other make the number unusable.
    """
    if value.word is ResultWord.PENDING:
        return Reading(issues=(frame.issue(IssueCode.ATI_PENDING, "ati"),))
    if value.word is ResultWord.NOT_DONE:
        issue = frame.issue(IssueCode.ATI_STATUS_NOT_COUNTED, "ati", status="not done")
        return Reading(issues=(issue,))
    word = word_of(value)
    number, unit = value.number, find_unit(Quantity.ATI, value.unit, value.code)
    if unit is UnitFault.DISAGREEING:
        number = None
    if number is None and word is None:
        return Reading(issues=(frame.issue(IssueCode.ATI_UNREADABLE, "ati"),))
    known = unit if isinstance(unit, Unit) else None
    kind = TITER if value.titre else known.canonical if known is not None else ""
    limit = None
    if number is not None and not value.titre and (known is not None or unit is UnitFault.MISSING):
        limit = upper_limit(element, Quantity.ATI, known)
    ati = AtiReading(
        drawn=frame.drawn,
        source=frame.source,
        word=word,
        value=number,
        comparator=value.comparator,
        unit=kind,
        reference_upper=limit,
        status=frame.status,
        coded=frame.coded,
        laboratory=frame.laboratory,
        method=frame.method,
        code=frame.code,
        original=value.original,
    )
    return Reading(atis=(ati,))


def word_of(value: ResultValue) -> AtiWord | None:
    """Return what the laboratory says in words or by its flag; two that differ are inconclusive."""
    word = None if value.word is None else _WORDS.get(value.word)
    flag = None if value.flag is None else _WORDS.get(value.flag)
    if word is not None and flag is not None and word is not flag:
        return AtiWord.INCONCLUSIVE
    return word if word is not None else flag
