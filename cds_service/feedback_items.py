"""Reads the body of a feedback call: every item or none, and what is wrong said item by item.

Tolerated, because clients send it: one item instead of a list, an item as the whole body, an override reason
from before 2.0 (`{"code", "system"}` without `reason`), reasons without system or display, fields of the
client's own. What is no code is not kept as one, it may be text about a patient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard

from cds_service.errors import Fault, RequestRefusedError
from cds_service.request import fault_of_json
from cds_service.store.records import FeedbackItem, Outcome
from fhir_mappings.strict_json import StrictJsonError, loads_strict

MOST_ITEMS: Final = 1000
MOST_SUGGESTIONS: Final = 50
MOST_ISSUES: Final = 20

NOT_A_CODE: Final = "not-a-code"
"""Kept in place of a reason whose code is not shaped like one."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_SYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9:/._-]{1,180}", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_LEAP_SECOND: Final = 60


@dataclass(frozen=True, slots=True)
class ItemFault:
    """What is wrong with one place of the body, such as `feedback[3].outcome`."""

    fault: Fault
    place: str


class FeedbackRefusedError(RequestRefusedError):
    """Some items cannot be taken, so none of the call is; lists the first of them."""

    def __init__(self, faults: tuple[ItemFault, ...]) -> None:
        """Keep the faults; the first one names the answer."""
        super().__init__(faults[0].fault)
        self.faults = faults


def parse_feedback(body: bytes) -> tuple[FeedbackItem, ...]:
    """Return the items of a call; raises RequestRefusedError, of items FeedbackRefusedError."""
    try:
        document = loads_strict(body)
    except StrictJsonError as error:
        raise RequestRefusedError(fault_of_json(error)) from None
    raw_items = _raw_items(document)
    items: list[FeedbackItem] = []
    faults: list[ItemFault] = []
    for index, raw in enumerate(raw_items):
        try:
            items.append(_item(raw))
        except _PlaceError as error:
            faults.append(ItemFault(error.fault, f"feedback[{index}]{error.field}"))
            if len(faults) == MOST_ISSUES:
                break
    if faults:
        raise FeedbackRefusedError(tuple(faults))
    return tuple(items)


def _raw_items(document: Any) -> list[Any]:
    if not isinstance(document, dict):
        raise RequestRefusedError(Fault.NOT_AN_OBJECT)
    given = document.get("feedback", document if "card" in document else None)
    items = [given] if isinstance(given, dict) else given
    if not isinstance(items, list) or not items:
        raise RequestRefusedError(Fault.FEEDBACK_MISSING)
    if len(items) > MOST_ITEMS:
        raise RequestRefusedError(Fault.FEEDBACK_TOO_MANY)
    return items


class _PlaceError(Exception):
    """One field of an item cannot be taken."""

    def __init__(self, fault: Fault, field: str = "") -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.field = field


def _item(raw: Any) -> FeedbackItem:
    if not isinstance(raw, dict):
        raise _PlaceError(Fault.FEEDBACK_ITEM)
    card = raw.get("card")
    if not _is_uuid(card):
        raise _PlaceError(Fault.FEEDBACK_CARD, ".card")
    outcome = _outcome(raw.get("outcome"))
    timestamp, at = _timestamp(raw.get("outcomeTimestamp"))
    code, system, commented = _reason(raw.get("overrideReason"))
    return FeedbackItem(
        card=card.lower(),
        outcome=outcome,
        outcome_timestamp=timestamp,
        outcome_at=at,
        accepted=_accepted(raw.get("acceptedSuggestions"), outcome),
        reason_code=code,
        reason_system=system,
        commented=commented,
    )


def _is_uuid(value: Any) -> TypeGuard[str]:
    """Say whether this can be an id of ours: all of them are UUIDs, and no identifier of a patient is."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _outcome(value: Any) -> Outcome:
    try:
        return Outcome(value)
    except ValueError:
        raise _PlaceError(Fault.FEEDBACK_OUTCOME, ".outcome") from None


def _accepted(value: Any, outcome: Outcome) -> tuple[str, ...]:
    """Return the ids of the accepted suggestions, each once; the specification demands them when accepted."""
    if value is None and outcome is Outcome.OVERRIDDEN:
        return ()
    if not isinstance(value, list) or len(value) > MOST_SUGGESTIONS:
        raise _PlaceError(Fault.FEEDBACK_SUGGESTIONS, ".acceptedSuggestions")
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in value]
    ours = {one.lower() for one in ids if _is_uuid(one)}
    if not all(map(_is_uuid, ids)) or (not ours and outcome is Outcome.ACCEPTED):
        raise _PlaceError(Fault.FEEDBACK_SUGGESTIONS, ".acceptedSuggestions")
    return tuple(sorted(ours))


def _reason(value: Any) -> tuple[str, str, bool]:
    """Return code and system of an override reason, and whether there was a comment."""
    if value is None:
        return "", "", False
    if not isinstance(value, dict):
        raise _PlaceError(Fault.FEEDBACK_REASON, ".overrideReason")
    comment = value.get("userComment")
    commented = isinstance(comment, str) and comment.strip() != ""
    coding: Any = value.get("reason")
    if coding is None and "code" in value:
        coding = value
    if coding is None:
        return "", "", commented
    if not isinstance(coding, Mapping) or not isinstance(coding.get("code"), str):
        raise _PlaceError(Fault.FEEDBACK_REASON, ".overrideReason.reason")
    system = coding.get("system")
    kept = system if isinstance(system, str) and _SYSTEM.fullmatch(system) else ""
    if not _CODE.fullmatch(coding["code"]):
        return NOT_A_CODE, "", commented
    return coding["code"], kept, commented


def _timestamp(value: Any) -> tuple[str, datetime]:
    """Return an RFC 3339 date-time as sent and as an instant; a zone is needed, any will do."""
    match = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _PlaceError(Fault.FEEDBACK_TIMESTAMP, ".outcomeTimestamp")
    day, minute, second, fraction, zone = match.groups()
    leap = int(second) == _LEAP_SECOND  # which Python's calendar does not have
    text = f"{day}T{minute}:{'59' if leap else second}.{(fraction or '0')[:6]:0<6}"
    try:
        at = datetime.fromisoformat(text + ("+00:00" if zone in "Zz" else zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _PlaceError(Fault.FEEDBACK_TIMESTAMP, ".outcomeTimestamp") from None
    return match.group(), at
