"""The written contract of a response refuses what the specification lets pass and we do not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cards.not_completed import not_completed_card
from cards.validation import response_faults, response_validator

SUGGESTION = {
    "label": "l",
    "uuid": "00000000-0000-4000-8000-000000000002",
    "actions": [{"type": "create", "description": "d", "resource": {"resourceType": "ServiceRequest"}}],
}


def response() -> dict[str, Any]:
    card = not_completed_card("E-DATA-1", knowledge_version="2026.11.22").to_json()
    card["suggestions"] = [copy.deepcopy(SUGGESTION)]
    card["selectionBehavior"] = "any"
    card["overrideReasons"] = [{"code": "c", "system": "s", "display": "d"}]
    card["links"] = [{"label": "l", "url": "https://cds.example", "type": "absolute"}]
    return {"cards": [card]}


def test_a_full_response_and_an_empty_one_keep_the_contract() -> None:
    assert response_faults(response()) == ()
    assert response_faults({"cards": []}) == ()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda c: c.pop("uuid"), "cards.0: required"),
        (lambda c: c.pop("indicator"), "cards.0: required"),
        (lambda c: c.pop("extension"), "cards.0: required"),
        (lambda c: c.pop("selectionBehavior"), "cards.0: dependentRequired"),
        (lambda c: c.pop("suggestions"), "cards.0: dependentRequired"),
        (lambda c: c.update(selectionBehavior="at-most-one"), "cards.0.selectionBehavior: const"),
        (lambda c: c.update(uuid="1"), "cards.0.uuid: pattern"),
        (lambda c: c.update(summary="x" * 140), "cards.0.summary: maxLength"),
        (lambda c: c.update(summary="a < b"), "cards.0.summary: pattern"),
        (lambda c: c.update(detail=""), "cards.0.detail: minLength"),
        (lambda c: c.update(detail="<b>"), "cards.0.detail: pattern"),
        (lambda c: c.update(detail=None), "cards.0.detail: type"),
        (lambda c: c.update(indicator="hard-stop"), "cards.0.indicator: enum"),
        (lambda c: c.update(suggestions=[]), "cards.0.suggestions: minItems"),
        (lambda c: c.update(overrideReasons=[]), "cards.0.overrideReasons: minItems"),
        (lambda c: c.update(surprise=1), "cards.0: additionalProperties"),
        (lambda c: c["source"].pop("topic"), "cards.0.source: required"),
        (lambda c: c["source"]["topic"].update(code="with-hyphen"), "cards.0.source.topic.code: pattern"),
        (lambda c: c["source"].update(url="javascript:alert(1)"), "cards.0.source.url: pattern"),
        (lambda c: c["overrideReasons"][0].pop("display"), "cards.0.overrideReasons.0: required"),
        (lambda c: c["links"][0].update(type="remote"), "cards.0.links.0.type: enum"),
        (lambda c: c["links"][0].update(appContext="x"), "cards.0.links.0.type: const"),
        (lambda c: c["suggestions"][0].pop("uuid"), "cards.0.suggestions.0: required"),
        (
            lambda c: c["suggestions"][0]["actions"].append(SUGGESTION["actions"][0]),
            "cards.0.suggestions.0.actions: maxItems",
        ),
        (
            lambda c: c["suggestions"][0]["actions"][0].update(type="delete"),
            "cards.0.suggestions.0.actions.0.type: enum",
        ),
        (
            lambda c: c["suggestions"][0]["actions"][0].pop("resource"),
            "cards.0.suggestions.0.actions.0: required",
        ),
        (
            lambda c: c["extension"]["org.infliximab-cds.decision"].update(certainty=None),
            "cards.0.extension.org.infliximab-cds.decision.certainty: enum",
        ),
        (
            lambda c: c["extension"]["org.infliximab-cds.decision"].update(rule="PK-1"),
            "cards.0.extension.org.infliximab-cds.decision.rule: pattern",
        ),
    ],
)
def test_a_breach_is_found_and_named_by_its_place(
    change: Callable[[dict[str, Any]], object], fault: str
) -> None:
    body = response()
    change(body["cards"][0])
    assert fault in response_faults(body)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, "(top): required"),
        ([], "(top): type"),
        ({"cards": [], "systemActions": [1]}, "(top): additionalProperties"),
    ],
)
def test_the_whole_response_is_checked(body: Any, fault: str) -> None:
    assert response_faults(body) == (fault,)


def test_a_link_with_an_app_context_must_be_smart() -> None:
    body = response()
    body["cards"][0]["links"][0].update(type="smart", appContext="x")
    assert response_faults(body) == ()


def test_a_fault_never_repeats_the_value_at_fault() -> None:
    body = response()
    body["cards"][0]["summary"] = "secret < value"
    assert "secret" not in " ".join(response_faults(body))


def test_the_validator_is_compiled_once() -> None:
    assert response_validator() is response_validator()
