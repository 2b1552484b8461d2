"""Buttons of a card: at most one change of the order, and one laboratory order beside it.

Never a system action, never a deletion, one action per suggestion; alternatives are text, not buttons.
"""

from __future__ import annotations

from cards.amounts import regimen_text
from cards.identity import IdSource
from cards.markdown import plain
from cards.model import Action, ActionType, Suggestion
from cards.order_doubts import is_not_to_give
from cards.summary import recommended_option
from cards.wording import Wording
from fhir_mappings.acquired import Resource
from fhir_mappings.draft_update import CannotUpdate, update_draft
from fhir_mappings.drafts import DraftOrder
from tdm.decision import Decision, OptionKind

_MEASUREMENTS = frozenset(
    {
        OptionKind.MEASURE_LEVEL_AND_ATI,
        OptionKind.MEASURE_LEVEL,
        OptionKind.MEASURE_ATI,
        OptionKind.QUANTIFY_ATI,
    }
)


def suggestions(
    decision: Decision,
    *,
    draft: DraftOrder | None,
    lab_order: Resource | None,
    wording: Wording,
    new_id: IdSource,
) -> tuple[tuple[Suggestion, ...], str]:
    """Return the suggestions, and why the order is not changed by one ("" if it is or need not be).

    A draft that already does what is recommended gets no suggestion at all: the card says so.
    """
    if decision.draft_already_does_it:
        return (), ""
    update, remark = _update(decision, draft, wording, new_id)
    laboratory = _laboratory(decision, lab_order, wording, new_id, alone=update is None)
    return tuple(suggestion for suggestion in (update, laboratory) if suggestion is not None), remark


def _update(
    decision: Decision, draft: DraftOrder | None, wording: Wording, new_id: IdSource
) -> tuple[Suggestion | None, str]:
    option = recommended_option(decision)
    if draft is None or option is None:
        return None, ""
    regimen = regimen_text(option, wording)
    if not regimen:
        return None, ""
    if decision.assessment is not None and decision.assessment.draft_changes_route:
        return None, wording.lines["route_differs"]
    if decision.update_withheld:
        return None, ""  # an issue of the decision says why
    if is_not_to_give(decision):
        return None, ""  # the same: and "change it by hand" would contradict it
    updated = update_draft(draft, option)
    if isinstance(updated, CannotUpdate):
        return None, _why_not(updated, wording)
    button = wording.actions["update"]
    action = Action(ActionType.UPDATE, button.description.format(regimen=regimen), updated.resource)
    return Suggestion(button.label.format(regimen=regimen), new_id(), action, recommended=True), ""


def _why_not(refusal: CannotUpdate, wording: Wording) -> str:
    reason = wording.cannot_update.get(refusal.reason)
    if reason is None:
        return wording.lines["cannot_update_unnamed"]
    return wording.lines["cannot_update"].format(reason=reason)


def _laboratory(
    decision: Decision, lab_order: Resource | None, wording: Wording, new_id: IdSource, *, alone: bool
) -> Suggestion | None:
    """Return the suggestion to add a laboratory order; preselected only where measuring is the advice."""
    if lab_order is None:
        return None
    name = lab_order.get("code", {}).get("text")
    test = plain(name) if name else wording.lines["laboratory_test"]
    button = wording.actions["laboratory"]
    action = Action(ActionType.CREATE, button.description.format(test=test), lab_order)
    measuring = any(option.recommended and option.kind in _MEASUREMENTS for option in decision.options)
    return Suggestion(button.label.format(test=test), new_id(), action, recommended=alone and measuring)
