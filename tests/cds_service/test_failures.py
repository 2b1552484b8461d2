"""After an infliximab order was recognised, every failure ends in a card: never silence, never 5xx."""

import json
from typing import Any

import pytest

from cards.model import Card
from cds_service import evaluate as module
from tests.cds_service.conftest import SIGN, VIEW, Running

CANARY = "CANARY-4711"


def fail(*_args: Any, **_kwargs: Any) -> Any:
    raise ValueError(CANARY)


def stamp(card: dict[str, Any]) -> dict[str, Any]:
    return card["extension"]["org.infliximab-cds.decision"]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("acquire", "E-DATA-1"),
        ("find_drafts", "E-ORDER-1"),
        ("build_course", "E-INTERNAL-1"),
        ("decide", "E-INTERNAL-1"),
        ("laboratory_order", "E-INTERNAL-1"),
        ("build_card", "E-INTERNAL-1"),
        ("render_json", "E-INTERNAL-1"),
    ],
)
def test_a_failing_step_ends_in_a_card_with_its_code(
    service: Running, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch, step: str, reason: str
) -> None:
    calls = 0

    def fail_once(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError(CANARY)
        return original(*args, **kwargs)

    original = getattr(module, step)
    monkeypatch.setattr(module, step, fail_once)
    response = service.client.post(SIGN, json=order)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert stamp(card)["verdict"] == "not-completed"
    assert stamp(card)["rule"] == reason
    (line,) = service.lines
    assert line["evaluated"][0]["verdict"] == "not-completed"
    assert line["evaluated"][0]["reason"] == reason
    assert line["evaluated"][0]["failed_at"].startswith("ValueError at ")
    assert CANARY not in service.text + response.get_data(as_text=True)


def test_a_number_that_is_not_finite_never_leaves(
    service: Running, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Card.to_json
    monkeypatch.setattr(
        Card,
        "to_json",
        lambda card: original(card) | ({"x": float("nan")} if card.stamp.rule != "E-INTERNAL-1" else {}),
    )
    response = service.client.post(SIGN, json=order)
    (card,) = json.loads(response.get_data())["cards"]
    assert stamp(card)["rule"] == "E-INTERNAL-1"


def test_one_order_that_fails_does_not_cost_the_other_its_card(
    service: Running, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = module.build_course

    def fail_for_second(acquired: Any, *, draft: Any, context: Any) -> Any:
        if draft.raw["id"] == "draft-2":
            raise ValueError(CANARY)
        return original(acquired, draft=draft, context=context)

    monkeypatch.setattr(module, "build_course", fail_for_second)
    entries = order["context"]["draftOrders"]["entry"]
    second = json.loads(json.dumps(entries[0]))
    second["resource"]["id"] = "draft-2"
    entries.append(second)
    cards = service.client.post(SIGN, json=order).get_json()["cards"]
    assert sorted(stamp(card)["verdict"] for card in cards) == ["intensify", "not-completed"]


def test_unreadable_orders_that_do_not_name_infliximab_are_an_honest_500(
    service: Running, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.evaluate.find_drafts", fail)
    order["context"]["draftOrders"] = {
        "entry": [{"resource": {"medicationCodeableConcept": {"text": "Aspirin"}}}]
    }
    assert service.client.post(SIGN, json=order).status_code == 500


@pytest.mark.parametrize("step", ["acquire", "build_course", "decide", "is_actionable", "build_card"])
def test_a_failed_check_never_looks_like_a_quiet_chart(
    service: Running, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(f"cds_service.evaluate.{step}", fail)
    order["hook"] = "patient-view"
    response = service.client.post(VIEW, json=order)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert stamp(card)["verdict"] == "not-completed"
    assert CANARY not in service.text + response.get_data(as_text=True)


def test_strict_json_holds_in_what_is_read_of_the_prefetch(service: Running, order: dict[str, Any]) -> None:
    text = json.dumps(order).replace('"value": 1.8', '"value": 1e400')
    assert text != json.dumps(order)
    response = service.client.post(SIGN, data=text)
    assert response.status_code == 400
    assert response.get_json()["issue"][0]["diagnostics"] == "number-not-finite"


def test_an_order_for_another_patient_is_not_held_against_the_data_of_this_one(
    service: Running, order: dict[str, Any]
) -> None:
    order["context"]["draftOrders"]["entry"][0]["resource"]["subject"] = {
        "reference": "Patient/somebody-else"
    }
    (card,) = service.client.post(SIGN, json=order).get_json()["cards"]
    assert stamp(card)["rule"] == "E-PATIENT-1"
    assert "another patient" in card["summary"]
    assert "mg/kg" not in card["summary"] + card["detail"]
    assert "suggestions" not in card
