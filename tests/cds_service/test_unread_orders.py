"""Orders in shapes that nothing reads: where one names infliximab, a card says that it was not checked."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.unread_orders import names_unread_infliximab
from tests.cds_service.conftest import SELECT, SIGN, Running

MEDICINE = {"text": "Remsima 100 mg"}
ORDER = {"resourceType": "MedicationRequest", "id": "draft-1", "status": "draft"}
NAMED = {**ORDER, "medicationCodeableConcept": MEDICINE}
UNTYPED = {name: value for name, value in NAMED.items() if name != "resourceType"}
BUNDLE = {"resourceType": "Bundle", "entry": [{"resource": NAMED}]}


@pytest.mark.parametrize(
    "draft_orders",
    [
        json.dumps(NAMED),
        UNTYPED,
        {"resource": NAMED},
        {"resourceType": "Parameters", "parameter": [{"name": "order", "resource": NAMED}]},
        {"resourceType": "Bundle", "entry": [{"resource": BUNDLE}]},
        {"resourceType": "Bundle", "entry": json.dumps(BUNDLE["entry"])},
        {"resourceType": "Bundel", "entry": [{"resource": NAMED}]},
        [BUNDLE],
        {"entry": [{"resource": UNTYPED}]},
        {"entry": [{"resource": [NAMED]}]},
        {"entry": [[NAMED]]},
        {"entry": {"resource": {**NAMED, "resourceType": "MedicationOrder"}}},
        {"entry": [{"resource": {**NAMED, "resourceType": "medicationRequest"}}]},
        {"entry": [{"resource": {**ORDER, "medicationCodeableConcept": [MEDICINE]}}]},
        {"entry": [{"resource": {**ORDER, "medication": {"concept": MEDICINE}}}]},
        {"entry": [{"resource": {**ORDER, "medicationReference": {"identifier": {"value": "remsima"}}}}]},
        {"entry": [{"resource": {**ORDER, "dosageInstruction": [{"text": "infliximab 350 mg"}]}}]},
    ],
)
@pytest.mark.parametrize(("path", "hook"), [(SIGN, "order-sign"), (SELECT, "order-select")])
def test_an_infliximab_order_in_an_unread_shape_gets_the_card_that_it_was_not_checked(
    service: Running, order: dict[str, Any], draft_orders: Any, path: str, hook: str
) -> None:
    order["hook"] = hook
    order["context"]["draftOrders"] = draft_orders
    response = service.client.post(path, json=order)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["extension"]["org.infliximab-cds.decision"]["rule"] == "E-ORDER-1"


@pytest.mark.parametrize(
    "draft_orders",
    [
        "remind me",
        17,
        [],
        {},
        {"entry": None},
        {"entry": [None, {"resource": None}]},
        {"entry": [{"resource": NAMED}]},  # read as an order, and judged there
        {"entry": NAMED},
        [{"resource": {**ORDER, "medicationReference": {"display": "Remsima"}}}],
        [{"resource": {**ORDER, "medicationReference": {"reference": "Medication/remsima"}}}],
        [{"resource": {"resourceType": "ServiceRequest", "code": {"text": "infliximab level"}}}],
        [{"resourceType": "CommunicationRequest", "payload": [{"contentString": "infliximab next week"}]}],
        {"entry": [{"resource": {**UNTYPED, "medicationCodeableConcept": {"text": "Aspirin"}}}]},
    ],
)
def test_what_is_read_as_an_order_or_names_no_infliximab_is_left_alone(draft_orders: Any) -> None:
    assert not names_unread_infliximab(draft_orders)


def test_an_unread_order_does_not_cost_the_other_its_card(service: Running, order: dict[str, Any]) -> None:
    order["context"]["draftOrders"]["entry"].append({"resource": [NAMED]})
    cards = service.client.post(SIGN, json=order).get_json()["cards"]
    verdicts = [card["extension"]["org.infliximab-cds.decision"]["verdict"] for card in cards]
    assert verdicts == ["intensify", "not-completed"]


UNNAMED = {**ORDER, "medicationReference": {"reference": "Medication/not-sent"}}
WHOLE = {"conditions", "medicationRequests", "medicationAdministrations"}


def unnamed(order: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A request with one order for a medicine that is only referred to, on a whole record without a trace."""
    order["context"]["draftOrders"]["entry"] = [{"resource": {**UNNAMED, **more}}]
    for key in order["prefetch"]:
        if key != "patient":
            order["prefetch"][key] = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    return order


def rules_of(service: Running, order: dict[str, Any]) -> list[str]:
    cards = service.client.post(SIGN, json=order).get_json()["cards"]
    return [card["extension"]["org.infliximab-cds.decision"]["rule"] for card in cards]


def test_an_order_that_names_no_medicine_passes_where_nothing_speaks_of_infliximab(
    service: Running, order: dict[str, Any]
) -> None:
    assert set(order["prefetch"]) >= WHOLE
    assert rules_of(service, unnamed(order)) == []


def test_an_order_that_names_no_medicine_gets_a_card_where_infliximab_is_on_record(
    service: Running, order: dict[str, Any]
) -> None:
    order["context"]["draftOrders"]["entry"] = [{"resource": UNNAMED}]
    (card,) = service.client.post(SIGN, json=order).get_json()["cards"]
    assert card["extension"]["org.infliximab-cds.decision"]["rule"] == "E-ORDER-2"
    assert card["summary"] == "TDM check not completed: an order does not name its medicine"
    assert "refers to a medicine that was not sent along" in card["detail"]
    assert "An infliximab order or course was recognised" not in card["detail"]


@pytest.mark.parametrize(
    "more",
    [
        {"reasonCode": [{"text": "Crohn's disease"}]},
        {"reasonCode": {"text": "perianal fistula"}},
        {"reasonCode": [{"text": "headache"}, {"text": "inflammatory bowel disease"}]},
        {"dosageInstruction": [{"text": "infliximab 350 mg every 8 weeks"}]},
    ],
)
def test_an_order_that_names_no_medicine_gets_a_card_where_the_order_speaks_of_infliximab_or_its_disease(
    service: Running, order: dict[str, Any], more: dict[str, Any]
) -> None:
    assert rules_of(service, unnamed(order, **more)) == ["E-ORDER-2"]


@pytest.mark.parametrize("name", ["Crohn's disease", "Inflammatory bowel disease"])
def test_an_order_that_names_no_medicine_gets_a_card_where_the_bowel_disease_is_on_record(
    service: Running, order: dict[str, Any], name: str
) -> None:
    patient = order["context"]["patientId"]
    condition = {"resourceType": "Condition", "id": "c", "code": {"text": name}}
    about = {"subject": {"reference": f"Patient/{patient}"}}
    unnamed(order)["prefetch"]["conditions"] = {
        "resourceType": "Bundle", "type": "searchset", "entry": [{"resource": condition | about}]
    }  # fmt: skip
    assert rules_of(service, order) == ["E-ORDER-2"]


@pytest.mark.parametrize("key", sorted(WHOLE))
def test_an_order_that_names_no_medicine_gets_a_card_where_the_record_is_not_whole(
    service: Running, order: dict[str, Any], key: str
) -> None:
    unnamed(order)["prefetch"][key] = None
    assert rules_of(service, order) == ["E-ORDER-2"]


def test_an_order_with_any_name_of_its_own_is_not_taken_for_infliximab(
    service: Running, order: dict[str, Any]
) -> None:
    named = {"medicationReference": {"reference": "Medication/not-sent", "display": "Aspirin 100 mg"}}
    order["context"]["draftOrders"]["entry"] = [{"resource": {**ORDER, **named}}]
    assert rules_of(service, order) == []
    order["context"]["draftOrders"]["entry"] = [{"resource": {**UNNAMED, "resourceType": "ServiceRequest"}}]
    assert rules_of(service, order) == []


def test_only_a_selected_order_without_a_name_counts(service: Running, order: dict[str, Any]) -> None:
    aspirin = {**ORDER, "id": "a", "medicationCodeableConcept": {"text": "Aspirin"}}
    order["hook"] = "order-select"
    order["context"]["draftOrders"]["entry"] = [{"resource": {**UNNAMED, "id": "b"}}, {"resource": aspirin}]
    order["context"]["selections"] = ["MedicationRequest/a"]
    assert service.client.post(SELECT, json=order).get_json()["cards"] == []
    order["context"]["selections"] = ["MedicationRequest/b"]
    (card,) = service.client.post(SELECT, json=order).get_json()["cards"]
    assert "does not name its medicine" in card["summary"]


def test_a_failure_while_asking_what_an_unnamed_order_may_be_ends_in_a_card(
    service: Running, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr("cds_service.evaluate.holds_unnamed_infliximab", fails)
    assert rules_of(service, unnamed(order)) == ["E-INTERNAL-1"]


def many_drafts(order: dict[str, Any], count: int) -> dict[str, Any]:
    entry = order["context"]["draftOrders"]["entry"][0]
    order["context"]["draftOrders"]["entry"] = [
        {"resource": {**entry["resource"], "id": f"draft-{number}"}} for number in range(count)
    ]
    return order


def test_orders_beyond_any_sensible_number_share_the_card_that_they_were_not_checked(
    run: Callable[..., Running], order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.evaluate._MOST_WORK", 0)
    service = run()
    cards = service.client.post(SIGN, json=many_drafts(order, 20)).get_json()["cards"]
    assert ["not completed" in card["summary"] for card in cards] == [False] * 20
    cards = service.client.post(SIGN, json=many_drafts(order, 23)).get_json()["cards"]
    assert ["not completed" in card["summary"] for card in cards] == [False] * 20 + [True]
    assert cards[-1]["summary"].startswith("Order 21 to 23 of 23: ")


def test_a_hundred_orders_on_a_usual_record_get_a_card_each(service: Running, order: dict[str, Any]) -> None:
    cards = service.client.post(SIGN, json=many_drafts(order, 100)).get_json()["cards"]
    assert ["not completed" in card["summary"] for card in cards] == [False] * 100
