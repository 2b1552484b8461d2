"""A safety question that is recorded but not settled: the card must not read as an all-clear."""

from __future__ import annotations

from tdm.decision import Decision
from tdm.issues import IssueCode


def is_safety_open(decision: Decision) -> bool:
    """Return whether a safety question has to be settled before exposure is raised."""
    return any(issue.code is IssueCode.ORDER_SAFETY_OPEN for issue in decision.issues)
