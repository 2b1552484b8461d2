"""The studies behind a card, with year and certainty; what is not published is never cited as if it were."""

from __future__ import annotations

from typing import Final

from cards.markdown import escape_sentence
from cards.wording import Wording
from tdm.knowledge.model import EvidenceRow, Knowledge, Verification

_NOT_STATED: Final = "not-stated"


def source_line(row: EvidenceRow, knowledge: Knowledge, wording: Wording) -> str:
    """Return one evidence row as a line, with whom it looked at; the caller picks citable rows."""
    citation = knowledge.citations.get(row.citation)
    name = row.citation if citation is None else citation.short
    if citation is not None and str(citation.year) not in name:
        name = f"{name} {citation.year}"
    certainty = wording.certainties.get(row.certainty, row.certainty)
    if row.verification is Verification.SECONDARY:
        certainty = wording.lines["secondary"].format(certainty=certainty)
    line = wording.lines["source_certainty"].format(
        name=name, population=population_of(row, wording), statement=row.statement, certainty=certainty
    )
    return escape_sentence(line)


def population_of(row: EvidenceRow, wording: Wording) -> str:
    """Return whom a study looked at, in short: the details of its selection stand in the evidence tables."""
    who = row.population.partition(";")[0].partition(",")[0]
    if row.age_group == _NOT_STATED and "age not stated" in row.population:
        return wording.lines["age_not_stated"].format(population=who)
    return who
