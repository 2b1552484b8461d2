"""The last line of a card: what it rests on, and that it wants a review."""

from __future__ import annotations

from cards.markdown import escape_sentence
from cards.wording import Wording


def footer(rule: str, knowledge_version: str, wording: Wording, *, local_policy: bool = False) -> str:
    """Return the last line: rule id, knowledge version, "local policy" where a site override decided."""
    line = wording.lines["footer"].format(rule=rule, version=knowledge_version)
    local = f", {wording.lines['local_policy']}" if local_policy else ""
    return escape_sentence(f"{line}{local}. {wording.lines['review']}")
