"""What one antibody result says by its number, its limits and its words, and which assay it was made with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite, nextafter

from tdm.decision import AtiClass
from tdm.facts import AtiReading, AtiWord, Comparator, Moment
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Assay, Knowledge
from tdm.plausibility import STATUS_RANK

POSITIVE = frozenset({AtiClass.POSITIVE_LOW, AtiClass.POSITIVE_HIGH, AtiClass.POSITIVE_UNQUANTIFIED})
BY_WORD = {
    AtiWord.NEGATIVE: AtiClass.NEGATIVE,
    AtiWord.POSITIVE: AtiClass.POSITIVE_UNQUANTIFIED,
    AtiWord.INCONCLUSIVE: AtiClass.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class DatedAti:
    """A usable result with its date."""

    reading: AtiReading
    drawn: Moment


def class_of(reading: AtiReading, assay: Assay | None) -> AtiClass:
    """The class of one result by its number, the laboratory's limit and its words; no level considered."""
    number = class_of_number(reading, assay)
    if reading.word is None:
        return number or AtiClass.INCONCLUSIVE
    word = BY_WORD[reading.word]
    if number is None or word is AtiClass.INCONCLUSIVE:
        return word
    if contradicts_itself(reading, assay):
        return AtiClass.INCONCLUSIVE
    return number


def contradicts_itself(reading: AtiReading, assay: Assay | None) -> bool:
    """Whether the number says positive and the words negative, or the other way round."""
    if reading.word is None or reading.word is AtiWord.INCONCLUSIVE:
        return False
    number = class_of_number(reading, assay)
    if number is None:
        return False
    return (reading.word is AtiWord.POSITIVE) is not (number in POSITIVE)


def class_of_number(reading: AtiReading, assay: Assay | None) -> AtiClass | None:
    """What the number alone says; None where it says nothing, for want of a limit or as a wide limit.

    The assay table's limit of positivity comes first, the laboratory's own limit of negative next.
    """
    value = number_of(reading)
    if value is None:
        return None
    least, most = bounds_of(value, reading.comparator)
    positive_from = None if assay is None else assay.positive_from
    high_above = None if assay is None else assay.high_above
    if high_above is not None and least > high_above:
        return AtiClass.POSITIVE_HIGH
    if positive_from is not None:
        if most < positive_from:
            return AtiClass.NEGATIVE
        positive = least >= positive_from
    elif reading.reference_upper is not None:
        if most <= reading.reference_upper:
            return AtiClass.NEGATIVE
        positive = least > reading.reference_upper
    else:
        # Without a limit only the laboratory's word can call it positive; the number may then grade it.
        positive = reading.word is AtiWord.POSITIVE
    if not positive:
        return None
    graded_low = high_above is not None and most <= high_above
    return AtiClass.POSITIVE_LOW if graded_low else AtiClass.POSITIVE_UNQUANTIFIED


def number_of(reading: AtiReading) -> float | None:
    """The number of a result if it is one that a concentration or titre can have."""
    value = reading.value
    return value if value is not None and isfinite(value) and value >= 0 else None


def bounds_of(value: float, comparator: Comparator) -> tuple[float, float]:
    """The least and the greatest value that a reported number may stand for."""
    if comparator is Comparator.BELOW:
        return -inf, nextafter(value, -inf)
    if comparator is Comparator.AT_MOST:
        return -inf, value
    if comparator is Comparator.ABOVE:
        return nextafter(value, inf), inf
    if comparator is Comparator.AT_LEAST:
        return value, inf
    return value, value


def assay_of(reading: AtiReading, assays: Sequence[Assay]) -> Assay | None:
    """The assay a result was made with, or None. Two that fit equally well are none."""
    unit = None if reading.value is None else reading.unit
    return best_fit(assays, reading.code, reading.laboratory, reading.method, unit)


def assay_known(reading: AtiReading, knowledge: Knowledge) -> Assay | None:
    """The same among the assays of the knowledge; kept by the texts, which repeat from result to result."""
    unit = None if reading.value is None else reading.unit
    return _assay_by_texts(knowledge, reading.code, reading.laboratory, reading.method, unit)


def assay_by_texts(
    knowledge: Knowledge, code: str, laboratory: str, method: str, unit: str | None
) -> Assay | None:
    """The assay of the knowledge that the names of test, laboratory, method and unit fit best."""
    return best_fit(knowledge.assays, code, laboratory, method, unit)


_assay_by_texts = lru_cache(maxsize=1024)(assay_by_texts)


def best_fit(
    assays: Sequence[Assay], code: str, laboratory: str, method: str, unit: str | None
) -> Assay | None:
    """The one assay that fits best; `unit` is None where there is no number."""
    best: list[Assay] = []
    score = 0
    for assay in assays:
        fit = fit_of(assay, code, laboratory, method, unit)
        if fit > score:
            best, score = [assay], fit
        elif fit == score and fit:
            best.append(assay)
    return best[0] if len(best) == 1 else None


def fit_of(assay: Assay, code: str, laboratory: str, method: str, unit: str | None) -> int:
    """How well a result fits an assay: 0 not at all, 1 or 2 by laboratory and method, 4 more by its code.

    The unit must agree wherever there is a number.
    """
    if unit is not None and unit != assay.unit:
        return 0
    by_code = 4 if code and code in assay.codes else 0
    return by_code + texts_fit(assay, laboratory, method)


def texts_fit(assay: Assay, laboratory: str, method: str) -> int:
    """How many of the assay's patterns match; 0 where none does or a text that is there contradicts one.

    Another laboratory's run of the same method has other limits, so a foreign laboratory rules the assay
    out; a text that is missing does not.
    """
    matching = 0
    for pattern, text in ((assay.laboratory_pattern, laboratory), (assay.method_pattern, method)):
        if pattern and text:
            if not text_matches(pattern, text):
                return 0
            matching += 1
    return matching


@lru_cache(maxsize=4096)
def text_matches(pattern: str, text: str) -> bool:
    """Whether the assay's pattern is found in the text, whatever the case. Cached: both repeat."""
    return re.search(pattern, text, re.IGNORECASE) is not None


def reading_order(reading: AtiReading) -> tuple[object, ...]:
    """A total order of antibody results of one moment."""
    return (
        -STATUS_RANK[reading.status],
        not reading.coded,
        reading.status,
        reading.source.resource_type,
        reading.source.reference,
        reading.word or "",
        -1.0 if number_of(reading) is None else reading.value,
        reading.comparator,
        reading.unit,
        -1.0 if reading.reference_upper is None else reading.reference_upper,
        reading.laboratory,
        reading.method,
        reading.code,
        reading.original,
    )


def ati_text(reading: AtiReading) -> str:
    """An antibody result as reported; rebuilt from its parts where the report's own text is not kept."""
    if reading.original:
        return reading.original
    number = ""
    if reading.value is not None:
        sign = "" if reading.comparator is Comparator.EXACT else f"{reading.comparator} "
        number = f"{sign}{reading.value:g} {reading.unit}".rstrip()
    word = "" if reading.word is None else reading.word.value
    return f"{number} ({word})" if number and word else number or word


def ati_issue(code: IssueCode, reading: AtiReading) -> DataIssue:
    """An issue of one antibody result, with its day."""
    day = "" if reading.drawn is None else reading.drawn.day.isoformat()
    return DataIssue(code, "ati", (("day", day),), reading.source)
