"""Reasons a clinician may give for not following a card, as ready JSON codings per verdict."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cards.model import Coding
from cards.wording import read_checked
from tdm.decision import Verdict

_WITH_A_RECOMMENDATION = (
    Verdict.INTENSIFY,
    Verdict.CONTINUE,
    Verdict.SWITCH,
    Verdict.ASSESS,
    Verdict.HOLD,
)


@cache
def load_override_reasons() -> Mapping[Verdict, tuple[Mapping[str, str], ...]]:
    """Return the codings of each verdict that recommends something; `WordingError` on a fault in the file."""
    table = read_checked("override_reasons")
    reasons = [
        (
            {Verdict(name) for name in entry.get("verdicts", _WITH_A_RECOMMENDATION)},
            Coding(entry["code"], table["systems"][entry["system"]], entry["display"]).to_json(),
        )
        for entry in table["reasons"]
    ]
    return {
        verdict: tuple(coding for verdicts, coding in reasons if verdict in verdicts)
        for verdict in _WITH_A_RECOMMENDATION
    }
