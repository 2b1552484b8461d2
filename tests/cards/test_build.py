"""A whole card from a decision."""

import dataclasses

import pytest

from cards.build import build_card
from cards.override_reasons import load_override_reasons
from cards.validation import response_faults
from fhir_mappings.drafts import DraftOrder
from fhir_mappings.medication import Medicine
from tdm.decision import Verdict
from tdm.facts import FactGroup, Order, OrderState, Shortfall
from tdm.source import Source
from tests.cards.examples import INTENSIFY, KNOWLEDGE, LABORATORY_ORDER, NO_LEVEL, counting_ids


def test_a_card_carries_the_decision_and_keeps_the_contract() -> None:
    card = build_card(INTENSIFY, knowledge=KNOWLEDGE, new_id=counting_ids()).to_json()
    assert response_faults({"cards": [card]}) == ()
    assert card["uuid"] == "00000000-0000-4000-8000-000000000001"
    assert card["summary"].endswith("intensify — 5 mg/kg every 6 weeks")
    assert card["detail"].startswith("**What was seen**")
    assert card["indicator"] == "warning"
    assert card["source"]["label"] == "infliximab-cds"
    assert card["source"]["topic"]["code"] == "ifxtdmintensify"
    assert card["extension"] == {
        "org.infliximab-cds.decision": {
            "verdict": "intensify",
            "rule": "R-PK-1",
            "certainty": "moderate",
            "knowledge": "2026.11.22",
        }
    }
    assert card["overrideReasons"] == list(load_override_reasons()[Verdict.INTENSIFY])
    assert "suggestions" not in card
    assert "url" not in card["source"]


def test_order_address_shortfall_and_laboratory_order_reach_the_card() -> None:
    card = build_card(
        NO_LEVEL,
        knowledge=KNOWLEDGE,
        order_label="second order",
        lab_order=LABORATORY_ORDER,
        shortfalls=((FactGroup.ALLERGIES, Shortfall.ERROR),),
        source_url="https://cds.example/about",
        new_id=counting_ids(),
    )
    assert card.summary.startswith("Order second order: ")
    assert card.source.url == "https://cds.example/about"
    assert "- Allergies: could not be read." in card.detail
    assert [suggestion.action.resource for suggestion in card.suggestions] == [LABORATORY_ORDER]
    assert card.uuid != card.suggestions[0].uuid


def test_several_orders_for_one_product_are_told_apart_by_what_they_ask_for() -> None:
    source = Source("MedicationRequest", "MedicationRequest/draft-1")
    first = Order(OrderState.DRAFT, source, amount_mg=350, interval_days=56)
    for order, shown in (
        (first, "Order infliximab 100 MG, 350 mg every 8 weeks: "),
        (Order(OrderState.DRAFT, source, amount_mg_per_kg=7.5), "Order infliximab 100 MG, 7.5 mg/kg: "),
        (Order(OrderState.DRAFT, source), "Order infliximab 100 MG: "),
    ):
        draft = DraftOrder({}, order, "infliximab 100 MG", Medicine(None, "infliximab"))
        card = build_card(NO_LEVEL, knowledge=KNOWLEDGE, draft=draft, order_label=draft.label)
        assert card.summary.startswith(f"{shown}No usable infliximab level")
    draft = DraftOrder({}, first, "infliximab 100 MG", Medicine(None, "infliximab"))
    named = build_card(NO_LEVEL, knowledge=KNOWLEDGE, draft=draft, order_label="infliximab " + "long " * 20)
    assert named.summary.startswith("Order infliximab long long long long…, 350 mg every 8 weeks: No usable")
    alone = build_card(NO_LEVEL, knowledge=KNOWLEDGE, draft=draft)
    assert alone.summary.startswith("No usable infliximab level")


def test_a_card_says_how_many_infliximab_orders_the_request_holds() -> None:
    for count in (0, 1):
        assert (
            "each was judged alone" not in build_card(NO_LEVEL, knowledge=KNOWLEDGE, order_count=count).detail
        )
    card = build_card(NO_LEVEL, knowledge=KNOWLEDGE, order_count=2)
    doubts = card.detail.split("**Doubts and missing data**\n")[1]
    assert doubts.startswith("- This request holds 2 infliximab orders; each was judged alone.\n")


def test_each_card_has_its_own_random_id() -> None:
    first, second = (build_card(INTENSIFY, knowledge=KNOWLEDGE) for _ in range(2))
    assert first.uuid != second.uuid


@pytest.mark.parametrize("verdict", [Verdict.NOT_APPLICABLE, Verdict.NOT_COMPLETED])
def test_a_verdict_without_a_card_of_its_own_is_refused(verdict: Verdict) -> None:
    with pytest.raises(ValueError, match=f"no card for the verdict {verdict.value}"):
        build_card(dataclasses.replace(INTENSIFY, verdict=verdict), knowledge=KNOWLEDGE)
