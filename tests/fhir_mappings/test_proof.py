"""Proof of what is emitted: by the full models, once per shape."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings import proof

ORDER: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": {"text": "infliximab"},
    "subject": {"reference": "Patient/p"},
}


@pytest.fixture(autouse=True)
def _nothing_proven() -> None:
    proof._proven.clear()


@pytest.mark.parametrize(
    ("resource", "valid"),
    [
        (ORDER, True),
        (ORDER | {"resourceType": "ServiceRequest"}, False),
        (ORDER | {"resourceType": "Unheard"}, False),
        (ORDER | {"unheard": 1}, False),
        (ORDER | {"subject": "Patient/p"}, False),
        (ORDER | {"dosageInstruction": [{"doseAndRate": {"doseQuantity": {}}}]}, False),
        ({}, False),
    ],
)
def test_the_models_decide_what_is_valid(resource: dict[str, Any], valid: bool) -> None:
    assert proof.is_valid(resource) is valid
    assert proof.proven(resource) is valid


def test_a_shape_is_proven_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(proof, "is_valid", lambda resource: bool(calls.append(resource)) or True)
    assert proof.proven(ORDER)
    assert proof.proven(ORDER | {"status": "active"})
    assert len(calls) == 1
    assert proof.proven(ORDER | {"id": "x"})
    assert len(calls) == 2
    assert proof.stays_valid(ORDER, ORDER)
    assert proof.stays_valid(ORDER, ORDER | {"status": "active"})
    assert len(calls) == 3


def test_an_order_must_not_lose_its_validity_but_need_not_gain_it() -> None:
    broken = ORDER | {"unheard": 1}
    assert proof.stays_valid(ORDER, ORDER | {"id": "x"})
    assert not proof.stays_valid(ORDER, broken)
    assert proof.stays_valid(broken, broken)
    assert proof.stays_valid(broken, ORDER)


def test_a_shape_is_names_and_kinds_not_contents() -> None:
    assert proof.shape_of({"a": [1, 2], "b": "x"}) == proof.shape_of({"b": "y", "a": [3]})
    assert proof.shape_of({"a": 1}) != proof.shape_of({"a": "1"})
    assert proof.shape_of([{"a": 1}, {"b": 1}]) != proof.shape_of([{"a": 1}])


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_MAX_SHAPES", 2)
    monkeypatch.setattr(proof, "is_valid", lambda _: True)
    for name in "abcde":
        proof.proven({name: 1})
    assert 1 <= len(proof._proven) <= 2


def test_warming_up_proves_what_the_models_need() -> None:
    proof.warm_up()
    assert set(proof._models()) == {"MedicationRequest", "ServiceRequest"}
