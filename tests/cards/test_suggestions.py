"""Buttons: one change of the order at most, and one laboratory order beside it."""

import dataclasses
from typing import Any

import pytest

from cards import suggestions as module
from cards.model import Suggestion
from cards.suggestions import suggestions
from cards.wording import load_wording
from fhir_mappings.draft_update import CannotUpdate, CannotUpdateReason, UpdatedDraft
from fhir_mappings.drafts import DraftOrder
from fhir_mappings.medication import Medicine
from tdm.decision import Decision, Option, OptionKind
from tdm.facts import Order, OrderState
from tdm.issues import DataIssue, IssueCode
from tdm.source import Source
from tests.cards.examples import (
    INTENSIFY,
    LABORATORY_ORDER,
    NO_LEVEL,
    SHORTEN,
    counting_ids,
    with_assessment,
)

WORDING = load_wording()
CHANGED = {"resourceType": "MedicationRequest", "id": "draft-1"}


@pytest.fixture
def draft(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A draft that can be changed; what changing it means is the business of the mapping and its tests."""
    monkeypatch.setattr(module, "update_draft", lambda _draft, _option: UpdatedDraft(CHANGED))
    return object()


def offered(
    decision: Decision, draft: Any = None, lab_order: Any = None
) -> tuple[tuple[Suggestion, ...], str]:
    return suggestions(decision, draft=draft, lab_order=lab_order, wording=WORDING, new_id=counting_ids())


def test_the_recommended_option_becomes_one_update_of_the_draft(draft: Any) -> None:
    (update,), remark = offered(INTENSIFY, draft)
    assert update.to_json() == {
        "label": "Change order to 5 mg/kg (350 mg) every 6 weeks",
        "uuid": "00000000-0000-4000-8000-000000000001",
        "isRecommended": True,
        "actions": [
            {
                "type": "update",
                "description": "Change this infliximab order to 5 mg/kg (350 mg) every 6 weeks; "
                "everything else in it stays as it is",
                "resource": CHANGED,
            }
        ],
    }
    assert remark == ""


def test_alternatives_are_text_and_never_a_second_update(draft: Any) -> None:
    alternative = dataclasses.replace(SHORTEN, interval_days=28, recommended=False)
    (update,), _ = offered(dataclasses.replace(INTENSIFY, options=(alternative, SHORTEN)), draft)
    assert "every 6 weeks" in update.label


@pytest.mark.parametrize(
    "options",
    [
        (),
        (dataclasses.replace(SHORTEN, recommended=False),),
        (Option(OptionKind.REINDUCTION, recommended=True),),
    ],
)
def test_without_a_recommended_regimen_nothing_is_changed(options: tuple[Option, ...], draft: Any) -> None:
    assert offered(dataclasses.replace(INTENSIFY, options=options), draft) == ((), "")


def test_an_opened_chart_has_no_order_to_change() -> None:
    assert offered(INTENSIFY) == ((), "")


def test_a_draft_that_does_it_already_gets_no_suggestion_at_all(draft: Any) -> None:
    decision = dataclasses.replace(INTENSIFY, draft_already_does_it=True)
    assert offered(decision, draft, LABORATORY_ORDER) == ((), "")


def test_a_draft_that_changes_the_route_is_left_alone_and_the_card_says_so(draft: Any) -> None:
    decision = with_assessment(INTENSIFY, draft_changes_route=True)
    assert offered(decision, draft) == ((), WORDING.lines["route_differs"])


def test_a_decision_without_an_assessment_may_change_the_order(draft: Any) -> None:
    (update,), _ = offered(dataclasses.replace(INTENSIFY, assessment=None), draft)
    assert update.recommended


def test_an_order_that_cannot_be_changed_keeps_its_laboratory_suggestion_and_says_why(
    draft: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason, words = next(iter(WORDING.cannot_update.items()))
    monkeypatch.setattr(module, "update_draft", lambda _draft, _option: CannotUpdate(reason))
    (laboratory,), remark = offered(INTENSIFY, draft, LABORATORY_ORDER)
    assert laboratory.action.resource is LABORATORY_ORDER
    assert remark == f"No button changes this order, because {words}. Change it by hand if you agree."


@pytest.mark.parametrize("code", [IssueCode.DRAFT_DO_NOT_PERFORM, IssueCode.DRAFT_WITHDRAWN])
def test_nobody_is_told_to_change_an_order_by_hand_that_is_not_to_be_given(
    draft: Any, code: IssueCode
) -> None:
    decision = dataclasses.replace(INTENSIFY, issues=(DataIssue(code, "draft"),))
    assert offered(decision, draft, LABORATORY_ORDER)[0][0].action.resource is LABORATORY_ORDER
    assert offered(decision, draft) == ((), "")


def test_an_unnamed_reason_is_said_without_its_code(draft: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "update_draft", lambda _draft, _option: CannotUpdate("a-new-reason"))
    assert offered(INTENSIFY, draft) == ((), WORDING.lines["cannot_update_unnamed"])


def test_a_laboratory_order_stands_beside_the_update_and_is_not_preselected(draft: Any) -> None:
    (update, laboratory), _ = offered(INTENSIFY, draft, LABORATORY_ORDER)
    assert update.recommended
    assert not laboratory.recommended
    assert laboratory.label == "Order infliximab level and antibodies"
    assert laboratory.action.to_json()["type"] == "create"


def test_a_laboratory_order_is_preselected_where_measuring_is_the_advice() -> None:
    (laboratory,), _ = offered(NO_LEVEL, lab_order=LABORATORY_ORDER)
    assert laboratory.recommended
    unadvised = dataclasses.replace(NO_LEVEL, options=(Option(OptionKind.MEASURE_LEVEL_AND_ATI),))
    (laboratory,), _ = offered(unadvised, lab_order=LABORATORY_ORDER)
    assert not laboratory.recommended


def test_an_advice_to_measure_does_not_preselect_beside_an_update(draft: Any) -> None:
    both = (SHORTEN, Option(OptionKind.MEASURE_ATI, recommended=True))
    (_, laboratory), _ = offered(dataclasses.replace(INTENSIFY, options=both), draft, LABORATORY_ORDER)
    assert not laboratory.recommended


def test_a_laboratory_order_is_called_what_the_site_calls_it() -> None:
    (laboratory,), _ = offered(NO_LEVEL, lab_order={**LABORATORY_ORDER, "code": {"text": "IFX <Ab>"}})
    assert laboratory.label == "Order IFX \u2039Ab\u203a"
    assert laboratory.action.description == "Add a laboratory order: IFX \u2039Ab\u203a"


def test_a_laboratory_order_without_a_name_has_a_general_one() -> None:
    (laboratory,), _ = offered(NO_LEVEL, lab_order={**LABORATORY_ORDER, "code": {"coding": []}})
    assert laboratory.label == "Order infliximab level or antibodies"


def test_every_reason_not_to_change_an_order_has_its_words() -> None:
    assert set(WORDING.cannot_update) == set(CannotUpdateReason)


def test_a_real_draft_is_changed_by_the_mapping_and_kept_otherwise() -> None:
    raw = {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": {"text": "infliximab"},
        "note": [{"text": "kept"}],
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 1, "period": 8, "periodUnit": "wk"}},
                "doseAndRate": [{"doseQuantity": {"value": 350, "unit": "mg"}}],
            }
        ],
    }
    order = Order(OrderState.DRAFT, Source("MedicationRequest", "MedicationRequest/draft-1"))
    real = DraftOrder(raw, order, "infliximab", Medicine(None, "infliximab"))
    option = Option(OptionKind.SHORTEN_INTERVAL_2_WEEKS, dose_mg=350, interval_days=42, recommended=True)
    (update,), remark = offered(dataclasses.replace(INTENSIFY, options=(option,)), real)
    assert remark == ""
    changed = update.action.resource
    assert changed["dosageInstruction"][0]["timing"]["repeat"]["period"] == 6
    assert changed["note"] == raw["note"]
    assert raw["dosageInstruction"][0]["timing"]["repeat"]["period"] == 8


def test_a_change_that_the_decision_withholds_gets_no_button_and_the_laboratory_order_stays(
    draft: Any,
) -> None:
    decision = dataclasses.replace(INTENSIFY, update_withheld=True)
    (laboratory,), remark = offered(decision, draft, LABORATORY_ORDER)
    assert laboratory.action.resource is LABORATORY_ORDER
    assert remark == ""
