"""An order that says itself that it is not to be given: the card must not read as advice on signing it."""

from __future__ import annotations

from tdm.decision import Decision
from tdm.draft_review import NOT_TO_GIVE


def is_not_to_give(decision: Decision) -> bool:
    """Return whether the order in front of the clinician says that it is not to be given."""
    return any(issue.code in NOT_TO_GIVE for issue in decision.issues)
