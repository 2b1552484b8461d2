"""What children in the cohort showed at the level of the child at hand, in one sentence per figure."""

from __future__ import annotations

from collections.abc import Sequence

from cards.amounts import number
from cards.markdown import escape_sentence
from cards.wording import Wording
from tdm.decision import Situation
from tdm.knowledge.cohort import CohortFinding, cohort_findings
from tdm.knowledge.model import Knowledge


def cohort_of(situations: Sequence[Situation], knowledge: Knowledge) -> tuple[CohortFinding, ...]:
    """Return what the cohort showed; nothing where the data allow more than one reading."""
    return cohort_findings(situations[0], knowledge) if len(situations) == 1 else ()


def cohort_line(finding: CohortFinding, knowledge: Knowledge, wording: Wording) -> str:
    """Return one finding as a sentence, with its study and its size."""
    lines = wording.lines
    percent = number(finding.healed_percent)
    if finding.approximate:
        percent = lines["cohort_about"].format(percent=percent)
    if finding.from_ug_ml is not None:
        bounds = lines["cohort_from"].format_map({"from": number(finding.from_ug_ml)})
    else:
        bounds = lines["cohort_below"].format(below=number(finding.below_ug_ml or 0))
    row = knowledge.evidence[finding.evidence_id]
    citation = knowledge.citations[row.citation].short
    sentence = lines["cohort"].format(percent=percent, range=bounds, citation=citation, n=finding.n)
    return escape_sentence(sentence)
