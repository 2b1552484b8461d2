"""Orders that name no medicine: which they are, and when they may be for infliximab."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_mappings.acquired import AcquiredKey, AcquiredResources, KeyState
from fhir_mappings.codes import load_code_sets
from fhir_mappings.unnamed_drafts import may_be_infliximab, unnamed_drafts
from tdm.facts import FactGroup, Indication, Shortfall, TreatmentCourse
from tests.support.course_builder import ati, infusion, level, order
from tests.support.results import context

CODES = load_code_sets()
Json = dict[str, Any]
NOTHING = TreatmentCourse()


def draft(identifier: str = "d", kind: str = "MedicationRequest", **more: Any) -> Json:
    reference = {"medicationReference": {"reference": "Medication/gone"}}
    return {"resourceType": kind, "id": identifier, "status": "draft", **reference, **more}


def unnamed(*drafts: Json, sent: tuple[Json, ...] = (), selections: list[str] | None = None) -> list[str]:
    key = AcquiredKey("medicationRequests", KeyState.PREFETCHED, sent)
    acquired = AcquiredResources({"medicationRequests": key})
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in drafts]}
    return [one["id"] for one in unnamed_drafts(bundle, selections, acquired, context())]


def test_an_order_that_only_refers_to_what_was_not_sent_is_one() -> None:
    assert unnamed(draft("a"), draft("b")) == ["a", "b"]


@pytest.mark.parametrize(
    "one",
    [
        draft(medicationReference={"reference": "Medication/gone", "display": "Aspirin"}),
        draft(medicationCodeableConcept={"text": "Aspirin"}, medicationReference=None),
        draft(medicationCodeableConcept={"text": "Aspirin"}),
        draft(medicationReference=None),
        draft(kind="ServiceRequest"),
        draft(kind="NutritionOrder"),
    ],
)
def test_an_order_with_a_name_or_without_any_medicine_or_of_another_kind_is_none(one: Json) -> None:
    assert unnamed(one) == []


def test_a_medicine_that_was_sent_in_the_record_or_beside_the_order_names_it() -> None:
    medicine = {"resourceType": "Medication", "id": "gone", "code": {"text": "Aspirin"}}
    assert unnamed(draft(), sent=(medicine,)) == []
    assert unnamed(draft(), medicine) == []


def test_only_selected_orders_count() -> None:
    assert unnamed(draft("a"), draft("b"), selections=["MedicationRequest/b"]) == ["b"]


def may(course: TreatmentCourse = NOTHING, **more: Any) -> bool:
    return may_be_infliximab(draft(**more), course, CODES)


def test_a_whole_record_without_a_trace_rules_infliximab_out() -> None:
    assert not may()
    assert not may(reasonCode=[{"text": "Rheumatoid arthritis"}])
    assert not may(reasonCode={"text": "headache"})


@pytest.mark.parametrize("group", list(FactGroup))
def test_a_record_that_is_not_whole_where_it_would_tell_rules_nothing_out(group: FactGroup) -> None:
    telling = {FactGroup.CONDITIONS, FactGroup.ORDERS, FactGroup.ADMINISTRATIONS}
    course = replace(NOTHING, shortfalls=((group, Shortfall.TRUNCATED),))
    assert may(course) is (group in telling)


@pytest.mark.parametrize(
    "fields",
    [
        {"levels": (level(4.0),)},
        {"atis": (ati("negative"),)},
        {"doses": (infusion(),)},
        {"orders": (order(),)},
        {"inflammatory_bowel_disease_recorded": True},
        {"recorded_indications": frozenset({Indication.CROHNS_DISEASE})},
    ],
)
def test_a_trace_of_infliximab_or_of_its_disease_on_record_leaves_it_open(fields: Json) -> None:
    assert may(replace(NOTHING, **fields))
    assert not may(replace(NOTHING, recorded_indications=frozenset({Indication.OTHER_DISEASE})))


@pytest.mark.parametrize(
    "more",
    [
        {"reasonCode": [{"text": "Crohn's disease"}]},
        {"reasonCode": {"text": "Inflammatory bowel disease"}},
        {"reasonCode": [{"text": "headache"}, {"text": "perianal fistula"}]},
        {"note": [{"text": "Remicade as before"}]},
    ],
)
def test_an_order_that_speaks_of_infliximab_or_of_its_disease_may_be_for_it(more: Json) -> None:
    assert may(**more)
