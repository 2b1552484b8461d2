"""What is kept, before it meets a database: a card that was shown, an answer to it, and their bounds.

There is no patient in either: no identifier, no pseudonym of one, no clinical value, no free text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from cards.model import ActionType

if TYPE_CHECKING:  # the pipeline imports this module
    from cds_service.callers import Caller
    from cds_service.evaluate import Evaluated

LABORATORY_ORDER: Final = "laboratory-order"
"""The kind of a suggestion that adds a laboratory order; all others carry their option's kind."""


class Outcome(StrEnum):
    """What a clinician did with a card."""

    ACCEPTED = "accepted"
    OVERRIDDEN = "overridden"


class CardRecord(NamedTuple):
    """One card that was shown, by contract ids. `suggestions` pair the id of a suggestion with its kind."""

    card: str
    client: str
    tenant: str
    service: str
    verdict: str
    rule: str
    certainty: str
    knowledge: str
    suggestions: tuple[tuple[str, str], ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """One answer to one card, as far as it is kept.

    `outcome_timestamp` is the text as sent, `outcome_at` the instant it names. `reason_code` and
    `reason_system` are "" where no reason was given. `commented` says that there was a comment: its text is
    not kept, it may name a patient.
    """

    card: str
    outcome: Outcome
    outcome_timestamp: str
    outcome_at: datetime
    accepted: tuple[str, ...] = ()
    reason_code: str = ""
    reason_system: str = ""
    commented: bool = False


@dataclass(frozen=True, slots=True)
class FeedbackCall:
    """The items of one call, with who sent them, to which service, and when they came."""

    client: str
    tenant: str
    service: str
    received_at: datetime
    items: tuple[FeedbackItem, ...]


def card_records(
    evaluated: Iterable[Evaluated], caller: Caller, service: str, created_at: datetime
) -> Iterator[CardRecord]:
    """Return the records of the cards in one answer. On the way of every card, so it only copies ids."""
    for one in evaluated:
        card = one.card
        if card is None:
            continue
        stamp = card.stamp
        decision = one.decision
        advised = next((option.kind.value for option in decision.options if option.recommended), "") if (
            decision is not None
        ) else ""  # fmt: skip
        yield CardRecord(
            card.uuid,
            caller.client,
            caller.tenant,
            service,
            stamp.verdict.value,
            stamp.rule,
            stamp.certainty.value if stamp.certainty is not None else "",
            stamp.knowledge,
            tuple(
                (
                    suggestion.uuid,
                    LABORATORY_ORDER if suggestion.action.type is ActionType.CREATE else advised,
                )
                for suggestion in card.suggestions
            ),
            created_at,
        )


def item_key(call: FeedbackCall, item: FeedbackItem) -> str:
    """Return the identity of an answer: a repeat of the same answer has the same, in hexadecimal digits.

    All that is kept of an item takes part, so that two suggestions of one card, accepted in the same second
    and reported one by one, are two answers.
    """
    parts = (
        call.client,
        call.tenant,
        item.card,
        item.outcome.value,
        item.outcome_timestamp,
        sorted(item.accepted),
        item.reason_code,
        item.reason_system,
        item.commented,
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
