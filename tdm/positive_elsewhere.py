"""Positive antibody results of another assay than the one that decides: they are not replaced by it."""

from __future__ import annotations

from collections.abc import Sequence

from tdm.antibody_result import POSITIVE, DatedAti, assay_known, ati_text, class_of
from tdm.decision import AtiClass
from tdm.facts import AtiReading, Moment
from tdm.issues import DataIssue, IssueCode
from tdm.knowledge.model import Knowledge
from tdm.timing import is_older


def standing_positive(
    results: Sequence[DatedAti], deciding: Sequence[DatedAti], knowledge: Knowledge
) -> DatedAti | None:
    """The newest positive that no later result of its own assay takes back; `results` stand newest first.

    Of the assays that decide none is looked for: the decision speaks for them.
    """
    settled = {series_of(one.reading, knowledge) for one in deciding}
    for result in results:
        series = series_of(result.reading, knowledge)
        if series in settled:
            continue
        ati = class_of(result.reading, assay_known(result.reading, knowledge))
        if ati in POSITIVE:
            return result
        if ati is AtiClass.NEGATIVE:
            settled.add(series)
    return None


def series_of(reading: AtiReading, knowledge: Knowledge) -> tuple[str, ...]:
    """What names the assay of a result: its id in the assay table, else all that the record says of it."""
    assay = assay_known(reading, knowledge)
    if assay is not None:
        return (assay.id,)
    return (reading.laboratory, reading.method, reading.code)


def name_positive(positive: DatedAti | None, issues: list[DataIssue]) -> int:
    """Name a positive that does not decide, with value and day; return the steps of certainty it costs."""
    if positive is None:
        return 0
    reading = positive.reading
    parameters = (("day", positive.drawn.day.isoformat()), ("value", ati_text(reading)))
    issues.append(DataIssue(IssueCode.ATI_POSITIVE_ELSEWHERE, "ati", parameters, reading.source))
    return 1


def outweighs(positive: DatedAti, negative: AtiReading, now: Moment, knowledge: Knowledge) -> bool:
    """Whether a positive that still counts makes a negative of an unknown assay inconclusive.

    A low titre does not: more drug is what it calls for as well.
    """
    if assay_known(negative, knowledge) is not None:
        return False
    if is_older(positive.drawn, now, knowledge.policy.ati_valid_days):
        return False
    reading = positive.reading
    return class_of(reading, assay_known(reading, knowledge)) is not AtiClass.POSITIVE_LOW
