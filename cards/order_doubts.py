"""Doubts of the order that the whole card reflects: it must read neither as advice nor as an all-clear."""

from __future__ import annotations

from collections.abc import Collection

from tdm.decision import Decision
from tdm.draft_review import NOT_TO_GIVE
from tdm.issues import IssueCode


def is_not_to_give(decision: Decision) -> bool:
    """Return whether the order in front of the clinician says that it is not to be given."""
    return _has_any(decision, NOT_TO_GIVE)


def is_safety_open(decision: Decision) -> bool:
    """Return whether a recorded safety question has to be settled before exposure is raised."""
    return _has_any(decision, (IssueCode.ORDER_SAFETY_OPEN,))


def _has_any(decision: Decision, codes: Collection[IssueCode]) -> bool:
    return any(issue.code in codes for issue in decision.issues)
