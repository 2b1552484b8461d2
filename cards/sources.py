"""The studies behind a card, with year and certainty; what is not published is never cited as if it were."""

from __future__ import annotations

from cards.markdown import escape_sentence
from cards.wording import Wording
from tdm.knowledge.model import EvidenceRow, Knowledge, Verification


def source_line(row: EvidenceRow, knowledge: Knowledge, wording: Wording) -> str:
    """Return one evidence row as a line; the caller sees to it that only citable rows are shown."""
    citation = knowledge.citations.get(row.citation)
    name = row.citation if citation is None else citation.short
    if citation is not None and str(citation.year) not in name:
        name = f"{name} {citation.year}"
    certainty = wording.certainties.get(row.certainty, row.certainty)
    if row.verification is Verification.SECONDARY:
        certainty = wording.lines["secondary"].format(certainty=certainty)
    line = wording.lines["source_certainty"].format(name=name, statement=row.statement, certainty=certainty)
    return escape_sentence(line)
