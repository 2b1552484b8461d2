"""The one line of a card: value, unit, antibodies, activity, action and reason in under 140 characters."""

from __future__ import annotations

from typing import Final

from cards.amounts import level_text, short_regimen_text
from cards.forecast import limits_of
from cards.markdown import plain, utf16_length
from cards.order_doubts import is_not_to_give, is_safety_open
from cards.sentences import fill_plain
from cards.wording import Wording
from tdm.awaited import AWAITING
from tdm.decision import LABORATORY_UNSEEN, Activity, AtiClass, Decision, Option, SwitchDirection, Verdict
from tdm.knowledge.model import Knowledge

SUMMARY_LIMIT: Final = 139
"""Longest summary, in UTF-16 units: the specification asks for fewer than 140 characters."""

ORDER_LABEL_CAP: Final = 60
"""Longest name of an order in a summary; it is cut at a word, visibly."""

PRODUCT_CAP: Final = 32
"""Longest name of a product in the name of an order: what the order asks for must fit behind it."""

# What goes first when the line is too long: the least needed to act. A part is dropped whole, so that no
# word or number is ever cut; the order, the level and the action always stay.
_DROPPED_IN_TURN: Final = ("activity", "ati", "caution", "how")

# Speaks of an option's details, not of the patient: left to the detail of the card.
_NOT_IN_SUMMARY: Final = "S-IMM"

_MENTIONED_WITHOUT_LEVEL: Final = frozenset(AtiClass) - {AtiClass.NOT_MEASURED}


def summary(
    decision: Decision, *, knowledge: Knowledge, wording: Wording, order_label: str | None = None
) -> str:
    """Return the summary of a decision; `order_label` names the order where there are several."""
    # What holds infliximab is not its level: a hold says its reason and nothing beside it.
    held = decision.verdict is Verdict.HOLD
    level = "" if held else _level(decision, wording)
    ati = "" if held else _ati(decision, wording)
    activity = "" if held else _activity(decision, wording)
    remark = wording.summary["not_to_give"] if is_not_to_give(decision) else ""
    return fitted(
        {
            "order": order_prefix(order_label, wording, remark),
            "level": level,
            "ati": ati,
            "activity": activity,
            "action": _action(decision, wording),
            "how": _how(decision, knowledge, wording, f"{level} {ati} {activity}"),
            "caution": _caution(decision, knowledge, wording),
        }
    )


def fitted(parts: dict[str, str]) -> str:
    """Return the parts as one line, dropping them in their fixed order until it is short enough."""
    line = _line(parts)
    for name in _DROPPED_IN_TURN:
        if utf16_length(line) <= SUMMARY_LIMIT:
            break
        parts = {**parts, name: ""}
        line = _line(parts)
    return line


def order_prefix(order_label: str | None, wording: Wording, remark: str = "") -> str:
    """Return the words that name the order at the head of a summary, "" without a label, and a remark on it.

    Both always stay, so the name of the order gives way to the remark.
    """
    label = plain(order_label, ORDER_LABEL_CAP - len(remark)) if order_label else ""
    return (wording.summary["order"].format(order=label) if label else "") + remark


def recommended_option(decision: Decision) -> Option | None:
    """Return the one recommended option, None if there is none."""
    return next((option for option in decision.options if option.recommended), None)


def _line(parts: dict[str, str]) -> str:
    seen = ", ".join(filter(None, (parts["level"], parts["ati"], parts["activity"])))
    action = f"{parts['action']} — {parts['how']}" if parts["how"] else parts["action"]
    lead = f"{seen}: " if seen else ""
    return f"{parts['order']}{lead}{action}{parts['caution']}"


def _level(decision: Decision, wording: Wording) -> str:
    assessment = decision.assessment
    if assessment is None or assessment.level is None:
        return wording.summary["no_level"]
    return f"{wording.summary['drug']} {level_text(assessment.level, wording)}"


def _ati(decision: Decision, wording: Wording) -> str:
    """Return the antibody class if every reading of the data has the same; unmeasured only beside a level."""
    assessment = decision.assessment
    if assessment is None or not assessment.situations:
        return ""
    ati = assessment.situations[0].ati
    if any(situation.ati is not ati for situation in assessment.situations):
        return ""
    if assessment.level is None and ati not in _MENTIONED_WITHOUT_LEVEL:
        return ""
    return wording.ati[ati]


def _activity(decision: Decision, wording: Wording) -> str:
    assessment = decision.assessment
    if assessment is None or not assessment.situations:
        return ""
    activity = assessment.situations[0].activity
    if any(situation.activity is not activity for situation in assessment.situations):
        return ""
    if assessment.level is None and activity is Activity.UNKNOWN:
        return ""
    return wording.activity[activity]


def _action(decision: Decision, wording: Wording) -> str:
    if decision.verdict is Verdict.HOLD:
        return wording.summary["hold"]
    if decision.verdict is Verdict.SWITCH and decision.switch_direction is not None:
        return wording.summary["switch"].format(direction=_direction(decision.switch_direction, wording))
    return wording.titles[decision.verdict]


def _direction(direction: SwitchDirection, wording: Wording) -> str:
    return wording.switch_directions[direction.value]


def _how(decision: Decision, knowledge: Knowledge, wording: Wording, seen: str) -> str:
    """Return what to do exactly: the recommended regimen or option, else the deciding sentence in short."""
    if decision.draft_already_does_it:
        return wording.summary["already"]
    if decision.forecast is not None and decision.forecast.no_choice is not None:
        limits = limits_of(decision, knowledge.policy, wording)
        return wording.summary[decision.forecast.no_choice].format_map(limits)
    option = recommended_option(decision)
    if option is not None and decision.verdict is Verdict.INTENSIFY:
        regimen = short_regimen_text(option, wording)
        if regimen:
            return regimen
        if option.kind in knowledge.options:
            return knowledge.options[option.kind].short
    if (
        option is not None
        and option.kind in AWAITING
        and option.kind in knowledge.options
        and not _by_gate(decision)
    ):
        return knowledge.options[option.kind].short  # the rule's own short form would say "measure"
    return _what_and_why(_short_form(decision, knowledge), wording.titles[decision.verdict], seen)


def _by_gate(decision: Decision) -> bool:
    return any(gate.deciding for gate in decision.gates)


def _what_and_why(short: str, title: str, seen: str) -> str:
    """Return "what to do (why)" of a short form "why: what to do", without what the line says already."""
    why, colon, what = short.rpartition(": ")
    if not colon:
        return short
    if what == title:
        return why
    # Words are compared, not phrases: "no usable level" is said by "No usable infliximab level".
    if _words(why) <= _words(seen):
        return what
    return f"{what} ({why})"


def _words(text: str) -> set[str]:
    return set(text.lower().replace(",", "").split())


def _short_form(decision: Decision, knowledge: Knowledge) -> str:
    """Return the short form of the deciding gate's or rule's sentence, "" if it has none."""
    for gate in decision.gates:
        if gate.deciding:
            message = knowledge.gates.get(gate.gate)
            return fill_plain(message.short, gate.parameters) if message is not None else ""
    unseen = any(message_id == LABORATORY_UNSEEN for message_id, _ in decision.rationale)
    message = knowledge.rules.get(LABORATORY_UNSEEN if unseen else decision.rule)
    if message is None:
        return ""
    return fill_plain(message.short, dict(decision.rationale).get(decision.rule, ()))


def _caution(decision: Decision, knowledge: Knowledge, wording: Wording) -> str:
    """Return the first gate that fired beside the deciding answer, else that a safety question is open.

    A gate may explain the colour of the card; an open question is no reason to act at once on its advice.
    """
    for gate in decision.gates:
        message = knowledge.gates.get(gate.gate)
        if gate.deciding or gate.gate == _NOT_IN_SUMMARY or message is None:
            continue
        if message.short:
            return wording.summary["also"].format(caution=fill_plain(message.short, gate.parameters))
    if is_safety_open(decision):
        return wording.summary["also"].format(caution=wording.summary["safety_open"])
    return ""
