"""The card that says the check was not completed: never silence once an infliximab order was recognised."""

from __future__ import annotations

from enum import StrEnum

from cards.detail import Shortfalls, section, shortfall_lines
from cards.footer import footer
from cards.identity import IdSource, random_id
from cards.model import Card, DecisionStamp
from cards.summary import fitted, order_prefix
from cards.wording import load_wording
from tdm.decision import Indicator, Verdict


class NotCompletedReason(StrEnum):
    """Why a check was not completed; the ids are a contract. Each has its words in `wording.toml`."""

    INTERNAL = "E-INTERNAL-1"
    DATA_UNREADABLE = "E-DATA-1"
    DATA_UNREACHABLE = "E-DATA-2"
    ORDER_UNREADABLE = "E-ORDER-1"
    ORDER_UNNAMED = "E-ORDER-2"
    OTHER_PATIENT = "E-PATIENT-1"
    NO_PATIENT = "E-PATIENT-2"
    TOO_SLOW = "E-TIME-1"


def not_completed_card(
    reason_code: str,
    *,
    knowledge_version: str,
    order_label: str | None = None,
    shortfalls: Shortfalls = (),
    source_url: str = "",
    new_id: IdSource = random_id,
) -> Card:
    """Return the card that names why the check was not completed and what was not checked.

    `shortfalls` names the fact groups that could not be read; without any, everything is named. This is the
    last resort of a failing request, so an unknown reason reads as an internal error instead of raising.
    """
    wording = load_wording()
    known = reason_code in wording.not_completed_reasons
    rule = reason_code if known else NotCompletedReason.INTERNAL.value
    reason = wording.not_completed_reasons[rule]
    words, headings = wording.not_completed, wording.headings
    missing = shortfall_lines(shortfalls, wording)
    return Card(
        uuid=new_id(),
        summary=fitted(
            {
                "order": order_prefix(order_label, wording),
                "level": "",
                "ati": "",
                "activity": "",
                "action": f"{wording.titles[Verdict.NOT_COMPLETED]}: {reason['reason']}",
                "how": "",
                "caution": "",
            }
        ),
        detail="\n\n".join(
            (
                section(headings["seen"], [reason.get("seen", words["seen"])]),
                section(headings["assessment"], [reason["text"], words["advice"]]),
                section(headings["doubts"], [f"{words['unchecked']}: {words['everything']}.", *missing]),
                words["again"],
                footer(rule, knowledge_version, wording),
            )
        ),
        indicator=Indicator.INFO,
        source=wording.source(Verdict.NOT_COMPLETED, source_url),
        stamp=DecisionStamp(verdict=Verdict.NOT_COMPLETED, rule=rule, knowledge=knowledge_version),
    )
