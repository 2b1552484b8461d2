"""The studies behind a card, with year and certainty; what is not published is never cited as if it were."""

from __future__ import annotations

from collections.abc import Sequence

from cards.markdown import escape_sentence
from cards.wording import Wording
from tdm.knowledge.citing import cited_rows
from tdm.knowledge.model import EvidenceRow, Knowledge, Verification


def source_lines(evidence: Sequence[str], knowledge: Knowledge, wording: Wording) -> list[str]:
    """Return one line per citable evidence row, in the order of the decision.

    Rows that are unverified or site policy are left out: a default is never shown as published fact.
    """
    lines = [_line(row, knowledge, wording) for row in cited_rows(knowledge, evidence)]
    return lines or [wording.lines["no_sources"]]


def _line(row: EvidenceRow, knowledge: Knowledge, wording: Wording) -> str:
    citation = knowledge.citations.get(row.citation)
    name = row.citation if citation is None else citation.short
    if citation is not None and str(citation.year) not in name:
        name = f"{name} {citation.year}"
    certainty = wording.certainties.get(row.certainty, row.certainty)
    if row.verification is Verification.SECONDARY:
        certainty = wording.lines["secondary"].format(certainty=certainty)
    line = wording.lines["source_certainty"].format(name=name, statement=row.statement, certainty=certainty)
    return escape_sentence(line)
