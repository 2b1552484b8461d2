"""Which evidence may stand on a card as published fact."""

from __future__ import annotations

from collections.abc import Iterable

from tdm.knowledge.model import EvidenceRow, Knowledge, Verification

CITABLE = frozenset({Verification.VERIFIED, Verification.SECONDARY})


def citable(knowledge: Knowledge, evidence_id: str) -> bool:
    """Whether a row may be cited: it exists, and was read in its source or in one that quotes it.

    Rows that are unverified or site policy never may.
    """
    row = knowledge.evidence.get(evidence_id)
    return row is not None and row.verification in CITABLE


def cited_rows(knowledge: Knowledge, evidence_ids: Iterable[str]) -> tuple[EvidenceRow, ...]:
    """The citable rows among `evidence_ids`, each once, in the order of their first mention."""
    unique = dict.fromkeys(evidence_ids)
    return tuple(knowledge.evidence[name] for name in unique if citable(knowledge, name))
